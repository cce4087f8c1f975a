/* summary.c - where the time of a training went. */
#include "experiments/summary.h"
#include "base/log.h"
#include <inttypes.h>
#include <string.h>

/* The acts, what is left of the steps, and the whole. */
enum { REST = HL_ACTS, WHOLE, ROWS };

void hl_summary_add(hl_summary *s, const hl_step_report *r)
{
    s->steps++;
    s->seconds += r->seconds;
    for (int a = 0; a < HL_ACTS; a++) s->own[a] += r->own[a];
    for (int i = 0; i < HL_MESH_GROUPS; i++) s->sent[i] += (double)r->sent[i];
    s->flop += hl_tally_sum(&r->tally, HL_FACT_FLOP);
    s->bytes += hl_tally_sum(&r->tally, HL_FACT_BYTES);
}

bool hl_summary_is_exchange(int act)
{
    return (act >= HL_ITEM_TAKE && act <= HL_USER_PASS_BACK) || (act >= HL_GIVE_INPUTS && act <= HL_TALLY)
           || act == HL_SUM_ITEM || act == HL_SUM_USER;
}

/* ---- waiting.  Who comes last into something that several ranks do together does not wait, so what it takes there
 * is what the thing itself takes; the others wait for the rest of their time.  Who takes rows from another stage
 * waits for them. */

/* Seconds of the act that are not waiting, if this rank is the last: the least of those that do it together. */
static void find_least(double least[HL_ACTS], const hl_summary *s, const hl_mesh *mesh)
{
    hl_fact of[3][HL_ACTS];
    const hl_group *const groups[3] = {&mesh->world, &mesh->side[HL_ITEM].group, &mesh->side[HL_USER].group};
    for (int k = 0; k < 3; k++) {
        for (int a = 0; a < HL_ACTS; a++) of[k][a] = hl_fact_of(s->own[a], mesh->world.rank);
        if (hl_group_has_me(groups[k])) hl_facts_agree(of[k], HL_ACTS, groups[k]);
    }
    for (int a = 0; a < HL_ACTS; a++) least[a] = of[a == HL_SUM_ITEM ? 1 : a == HL_SUM_USER ? 2 : 0][a].min;
}

static bool is_taking(int act)
{
    return act == HL_ITEM_TAKE || act == HL_ITEM_TAKE_BACK || act == HL_USER_TAKE || act == HL_USER_TAKE_BACK;
}

static double seconds_waited(const hl_summary *s, const hl_mesh *mesh)
{
    double least[HL_ACTS], waited = 0;
    find_least(least, s, mesh);
    for (int a = 0; a < HL_ACTS; a++)
        if (hl_summary_is_exchange(a)) waited += s->own[a] - (is_taking(a) ? 0 : least[a]);
    return waited;
}

/* Shares of their time that the ranks of each side waited. */
static void find_idle(double *item, double *user, const hl_summary *s, const hl_mesh *mesh)
{
    const double waited = seconds_waited(s, mesh), is_item = hl_group_has_me(&mesh->side[HL_ITEM].group),
                 is_user = hl_group_has_me(&mesh->side[HL_USER].group);
    double sum[4] = {is_item * waited, is_item * s->seconds, is_user * waited, is_user * s->seconds};
    hl_group_all_reduce_double(&mesh->world, sum, 4);
    *item = sum[0] / sum[1];
    *user = sum[2] / sum[3];
}

/* ---- the table */

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

static const char *name_of(int row) { return row == REST ? "plan_and_rest" : row == WHOLE ? "step" : hl_act_name[row]; }

/* The forecast has acts and the whole step; of the rest it knows nothing. */
static double forecast_of(const double *forecast, int row)
{
    return row == REST ? 0 : forecast[row == WHOLE ? HL_ACTS : row];
}

static void print(const hl_fact row[ROWS], const hl_summary *s, const double *forecast, int ranks, double idle)
{
    hl_log(HL_INFO, "%-16s %10s %10s %10s %6s %7s %10s", "seconds", "least", "mean", "most", "rank", "share",
           "forecast");
    for (int i = 0; i < ROWS; i++) {
        if (row[i].max == 0) continue;
        hl_log(HL_INFO, "%-16s %10.3f %10.3f %10.3f %6d %5.1f %% %10.3f", name_of(i), row[i].min, row[i].sum / ranks,
               row[i].max, (int)row[i].who, 100 * row[i].sum / row[WHOLE].sum,
               (double)s->steps * forecast_of(forecast, i));
    }
    hl_log(HL_INFO,
           "%" PRId64 " steps, %.1f GFLOP/s of all ranks, %.3g MB of item vectors between ranks a step, %.1f %% of the "
           "time in exchanges and sums",
           s->steps, s->flop / (row[WHOLE].sum / ranks) / 1e9, s->bytes / (double)s->steps / 1e6, 100 * idle);
}

static void print_sent(const double sent[HL_MESH_GROUPS], int64_t steps, double idle_item, double idle_user)
{
    hl_log(HL_INFO, "%-16s %10s %10s", "MB sent in", "a step", "all");
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        if (sent[i] > 0)
            hl_log(HL_INFO, "%-16s %10.4g %10.4g", hl_mesh_name(i), sent[i] / (double)steps / 1e6, sent[i] / 1e6);
    hl_log(HL_INFO, "waiting for others: item ranks %.1f %% of their time, user ranks %.1f %%", 100 * idle_item,
           100 * idle_user);
}

/* The bubble of pipelines: what stages wait for one another, as a share of a step, from the seconds of the acts. */
static double bubble(const double *seconds, double step)
{
    double taking = 0;
    for (int a = 0; a < HL_ACTS; a++) taking += is_taking(a) ? seconds[a] : 0;
    return step > 0 ? taking / step : 0;
}

static void tell_bubble(const hl_fact row[ROWS], const double *forecast, hl_record *record)
{
    double sum[HL_ACTS];
    for (int a = 0; a < HL_ACTS; a++) sum[a] = row[a].sum;
    const double measured = bubble(sum, row[WHOLE].sum), expected = bubble(forecast, forecast[HL_ACTS]);
    if (measured == 0) return;
    hl_log(HL_INFO,
           "stages of pipelines waited for one another %.1f %% of the time (the bubble), %.1f %% were forecast",
           100 * measured, 100 * expected);
    hl_record_part(record, "bubble", "measured", measured);
    hl_record_part(record, "bubble", "forecast", expected);
}

hl_status hl_summary_tell(const hl_summary *s, const double *forecast, const hl_mesh *mesh, hl_record *record)
{
    const hl_group *world = &mesh->world;
    hl_fact row[ROWS];
    double exchange = 0, sent[HL_MESH_GROUPS], idle_item, idle_user;
    if (s->steps == 0) return HL_OK;
    memcpy(sent, s->sent, sizeof sent);
    hl_group_all_reduce_double(world, sent, HL_MESH_GROUPS);
    find_idle(&idle_item, &idle_user, s, mesh);
    gather(row, s, world);
    for (int a = 0; a < HL_ACTS; a++) exchange += hl_summary_is_exchange(a) ? row[a].sum : 0;
    print(row, s, forecast, world->size, exchange / row[WHOLE].sum);
    print_sent(sent, s->steps, idle_item, idle_user);
    hl_record_begin(record, "summary");
    hl_record_int(record, "steps", s->steps);
    hl_record_number(record, "seconds", row[WHOLE].sum / world->size);
    hl_record_number(record, "flop", s->flop);
    hl_record_number(record, "bytes", s->bytes);
    hl_record_number(record, "forecast", (double)s->steps * forecast[HL_ACTS]);
    hl_record_number(record, "exchange_share", exchange / row[WHOLE].sum);
    for (int i = 0; i < HL_MESH_GROUPS; i++) hl_record_part(record, "sent", hl_mesh_name(i), sent[i]);
    hl_record_part(record, "idle", "item", idle_item);
    hl_record_part(record, "idle", "user", idle_user);
    tell_bubble(row, forecast, record);
    for (int a = 0; a < HL_ACTS; a++)
        hl_record_phase(record, hl_act_name[a], row[a].min, row[a].sum / world->size, row[a].max, (int)row[a].who);
    HL_TRY_ALL(world, hl_record_end(record));
    return HL_OK;
}
