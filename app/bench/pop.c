/* pop.c - parallel efficiency, as the POP project multiplies it. */
#include "app/bench/pop.h"

void hl_pop_tell(json_t *result, const hl_fact *useful, double took, int ranks)
{
    const double mean = useful->sum / ranks, most = useful->max;
    json_object_set_new(result, "load_balance", json_real(mean / most));
    json_object_set_new(result, "communication_efficiency", json_real(most / took));
    json_object_set_new(result, "parallel_efficiency", json_real(mean / took));
    json_object_set_new(result, "useful_most_rank", json_integer((json_int_t)useful->who));
}
