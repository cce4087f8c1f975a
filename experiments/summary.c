/* summary.c - where the time of a training went. */
#include "experiments/summary.h"
#include "base/log.h"
#include <inttypes.h>

/* The acts, what is left of the steps, and the whole. */
enum { REST = HL_ACTS, WHOLE, ROWS };

void hl_summary_add(hl_summary *s, const hl_step_report *r)
{
    s->steps++;
    s->seconds += r->seconds;
    for (int a = 0; a < HL_ACTS; a++) s->own[a] += r->own[a];
    s->flop += hl_tally_sum(&r->tally, HL_FACT_FLOP);
    s->bytes += hl_tally_sum(&r->tally, HL_FACT_BYTES);
}

bool hl_act_is_exchange(int act)
{
    return (act >= HL_ITEM_TAKE && act <= HL_USER_PASS_BACK) || (act >= HL_GIVE_INPUTS && act <= HL_TALLY) || act == HL_SUM_ITEM || act == HL_SUM_USER;
}

static void gather(hl_fact row[ROWS], const hl_summary *s, const hl_group *world)
{
    double rest = s->seconds;
    for (int a = 0; a < HL_ACTS; a++) {
        row[a] = hl_fact_of(s->own[a], world->rank);
        rest -= s->own[a];
    }
    row[REST] = hl_fact_of(rest, world->rank);
    row[WHOLE] = hl_fact_of(s->seconds, world->rank);
    hl_facts_agree(row, ROWS, world);
}

static const char *name_of(int row)
{
    return row == REST ? "plan_and_rest" : row == WHOLE ? "step" : hl_act_name[row];
}

/* Nothing is foretold of what is not an act. */
static double forecast_of(const double *forecast, int row)
{
    return row == REST ? 0 : forecast[row == WHOLE ? HL_ACTS : row];
}

static void print(const hl_fact row[ROWS], const hl_summary *s, const double *forecast, int ranks, double idle)
{
    hl_log(HL_INFO, "%-16s %10s %10s %10s %6s %7s %10s", "seconds", "least", "mean", "most", "rank", "share", "forecast");
    for (int i = 0; i < ROWS; i++) {
        if (row[i].max == 0) continue;
        hl_log(HL_INFO, "%-16s %10.3f %10.3f %10.3f %6d %5.1f %% %10.3f", name_of(i), row[i].min, row[i].sum / ranks, row[i].max, (int)row[i].who,
               100 * row[i].sum / row[WHOLE].sum, (double)s->steps * forecast_of(forecast, i));
    }
    hl_log(HL_INFO, "%" PRId64 " steps, %.1f GFLOP/s of all ranks, %.3g MB of item vectors between ranks a step, %.1f %% of the time in exchanges and sums", s->steps,
           s->flop / (row[WHOLE].sum / ranks) / 1e9, s->bytes / (double)s->steps / 1e6, 100 * idle);
}

hl_status hl_summary_tell(const hl_summary *s, const double *forecast, const hl_group *world, hl_record *record)
{
    hl_fact row[ROWS];
    double exchange = 0;
    if (s->steps == 0) return HL_OK;
    gather(row, s, world);
    for (int a = 0; a < HL_ACTS; a++) exchange += hl_act_is_exchange(a) ? row[a].sum : 0;
    print(row, s, forecast, world->size, exchange / row[WHOLE].sum);
    hl_record_begin(record, "summary");
    hl_record_int(record, "steps", s->steps);
    hl_record_number(record, "seconds", row[WHOLE].sum / world->size);
    hl_record_number(record, "flop", s->flop);
    hl_record_number(record, "bytes", s->bytes);
    hl_record_number(record, "forecast", (double)s->steps * forecast[HL_ACTS]);
    hl_record_number(record, "exchange_share", exchange / row[WHOLE].sum);
    for (int a = 0; a < HL_ACTS; a++) hl_record_phase(record, hl_act_name[a], row[a].min, row[a].sum / world->size, row[a].max, (int)row[a].who);
    HL_TRY_ALL(world, hl_record_end(record));
    return HL_OK;
}
