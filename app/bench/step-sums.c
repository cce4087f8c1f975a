/* step-sums.c - what ranks add up over the steps of a measurement. */
#include "app/bench/step-sums.h"
#include "app/bench/pop.h"
#include "base/arena.h"
#include "base/usage.h"
#include <stdlib.h>

void hl_step_sums_open(hl_step_sums *s, const hl_group *world)
{
    hl_group node;
    *s = (hl_step_sums){0};
    hl_group_split_node(&node, world);
    s->reads_energy = node.rank == 0;
    hl_group_close(&node);
    if (s->reads_energy) hl_energy_open(&s->energy, HL_ENERGY_ROOT);
}

void hl_step_sums_clear(hl_step_sums *s)
{
    const hl_step_sums kept = *s;
    *s = (hl_step_sums){.reads_energy = kept.reads_energy, .energy = kept.energy};
}

void hl_step_sums_add(hl_step_sums *s, const hl_step_report *r, const double *own, double useful, double took)
{
    s->steps++;
    for (int a = 0; a <= HL_ACTS; a++) s->own[a] += own[a];
    for (int g = 0; g < HL_MESH_GROUPS; g++) s->sent[g] += (double)r->sent[g];
    for (int g = 0; g < HL_MESH_GROUPS; g++) s->messages[g] += (double)r->messages[g];
    s->useful += useful;
    s->took += took;
}

/* ---- at the end */

enum {
    OWN,
    SENT = OWN + HL_ACTS + 1,
    MESSAGES = SENT + HL_MESH_GROUPS,
    USEFUL = MESSAGES + HL_MESH_GROUPS,
    MEMORY,
    FACTS
};

static void agree(hl_fact f[FACTS], const hl_step_sums *s, const hl_group *world)
{
    double x[FACTS];
    for (int a = 0; a <= HL_ACTS; a++) x[OWN + a] = s->own[a] / s->steps;
    for (int g = 0; g < HL_MESH_GROUPS; g++) x[SENT + g] = s->sent[g] / s->steps;
    for (int g = 0; g < HL_MESH_GROUPS; g++) x[MESSAGES + g] = s->messages[g] / s->steps;
    x[USEFUL] = s->useful / s->steps;
    x[MEMORY] = (double)hl_usage_peak_bytes();
    for (int i = 0; i < FACTS; i++) f[i] = hl_fact_of(x[i], world->rank);
    hl_facts_agree(f, FACTS, world);
}

/* Groups in which something was sent. */
static json_t *groups(const hl_fact *sent, const hl_fact *messages, int ranks)
{
    json_t *rows = json_array();
    for (int g = 0; g < HL_MESH_GROUPS; g++) {
        if (sent[g].max == 0) continue;
        json_t *row = json_pack("{ss sf sf sf si sf}", "group", hl_mesh_name(g), "bytes", sent[g].sum, "bytes_mean",
                                sent[g].sum / ranks, "bytes_most", sent[g].max, "rank", (int)sent[g].who, "messages",
                                messages[g].sum);
        HL_CHECK(row != NULL);
        json_array_append_new(rows, row);
    }
    return rows;
}

/* A replica computes as its ranks do on average: those of a stage are alike, and stages are balanced by the layout. */
static void tell_replicas(json_t *result, const double *own, const hl_job *j, int steps)
{
    const int n = hl_layout_replicas(&j->mesh.layout, HL_ITEM), width = hl_layout_width(&j->mesh.layout, HL_ITEM);
    double *x = hl_alloc_zero((size_t)n, sizeof *x), sum = 0;
    int least = 0, most = 0;
    if (hl_group_has_me(&j->mesh.side[HL_ITEM].dp))
        x[j->mesh.side[HL_ITEM].dp.rank] =
            (own[HL_ITEM_FORWARD] + own[HL_ITEM_RECOMPUTE] + own[HL_ITEM_BACKWARD]) / width / steps;
    hl_group_all_reduce_double(j->world, x, (size_t)n);
    for (int i = 0; i < n; i++) {
        sum += x[i];
        if (x[i] < x[least]) least = i;
        if (x[i] > x[most]) most = i;
    }
    json_object_set_new(result, "item_replicas", json_integer(n));
    json_object_set_new(result, "item_replica_least_seconds", json_real(x[least]));
    json_object_set_new(result, "item_replica_mean_seconds", json_real(sum / n));
    json_object_set_new(result, "item_replica_most_seconds", json_real(x[most]));
    json_object_set_new(result, "item_replica_most", json_integer(most));
    json_object_set_new(result, "item_replica_balance", json_real(sum / n / x[most]));
    free(x);
}

/* Energy of a part of the machines would look like little: all or none. */
static void tell_energy(json_t *result, const hl_step_sums *s, const hl_group *world)
{
    const bool knows = s->reads_energy && hl_energy_is_known(&s->energy);
    double x[] = {s->reads_energy, knows, knows ? s->joules / s->steps : 0};
    char reason[sizeof s->energy.reason + 60];
    hl_group_all_reduce_double(world, x, 3);
    if (x[1] == x[0]) json_object_set_new(result, "joules", json_real(x[2]));
    else {
        if (world->rank == 0 && !knows) snprintf(reason, sizeof reason, "not readable: %s", s->energy.reason);
        else snprintf(reason, sizeof reason, "not readable on %g of %g machines", x[0] - x[1], x[0]);
        json_object_set_new(result, "energy", json_string(reason));
    }
}

void hl_step_sums_tell(json_t *result, hl_fact *own, hl_step_sums *s, const hl_job *j)
{
    hl_fact f[FACTS];
    const int ranks = j->world->size;
    agree(f, s, j->world);
    for (int a = 0; a <= HL_ACTS; a++) own[a] = f[OWN + a];
    hl_pop_tell(result, &f[USEFUL], s->took / s->steps, ranks);
    json_object_set_new(result, "useful_seconds", json_real(f[USEFUL].sum));
    tell_replicas(result, s->own, j, s->steps);
    json_object_set_new(result, "sent", groups(&f[SENT], &f[MESSAGES], ranks));
    json_object_set_new(result, "peak_bytes", json_integer((json_int_t)f[MEMORY].max));
    json_object_set_new(result, "peak_bytes_mean", json_integer((json_int_t)(f[MEMORY].sum / ranks)));
    json_object_set_new(result, "peak_bytes_rank", json_integer((json_int_t)f[MEMORY].who));
    tell_energy(result, s, j->world);
}
