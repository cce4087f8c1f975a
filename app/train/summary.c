/* summary.c - where the time of a training went. */
#include "app/train/summary.h"
#include "base/log.h"
#include <inttypes.h>
#include <string.h>

/* The acts, what is left of the steps, and the whole. */
enum { REST = HL_ACTS, WHOLE, ROWS };

void hl_summary_add(hl_summary *s, const hl_step_report *r)
{
    if (s->steps++ == 0) s->first = r->seconds;
    s->seconds += r->seconds;
    for (int a = 0; a < HL_ACTS; a++) s->own[a] += r->own[a];
    for (int i = 0; i < HL_MESH_GROUPS; i++) s->sent[i] += (double)r->sent[i];
    s->flop += hl_tally_sum(&r->tally, HL_FACT_FLOP);
    s->bytes += hl_tally_sum(&r->tally, HL_FACT_BYTES);
}

/* ---- waiting.  Who comes last into something that several ranks do together does not wait, so what it takes there
 * is what the thing itself takes; the others wait for the rest of their time.  Who receives rows from another stage
 * waits for them. */

/* Seconds of the act that are not waiting, if this rank is the last: the least of those that do it together. */
static void find_least(double least[HL_ACTS], const hl_summary *s, const hl_mesh *mesh)
{
    const hl_group *const groups[HL_SIDES + 1] = {
        [HL_ITEM] = &mesh->side[HL_ITEM].group, [HL_USER] = &mesh->side[HL_USER].group, [HL_SIDES] = &mesh->world};
    hl_fact of[HL_SIDES + 1][HL_ACTS];
    for (int k = 0; k <= HL_SIDES; k++) {
        for (int a = 0; a < HL_ACTS; a++) of[k][a] = hl_fact_of(s->own[a], mesh->world.rank);
        if (hl_group_has_me(groups[k])) hl_facts_agree(of[k], HL_ACTS, groups[k]);
    }
    for (int a = 0; a < HL_ACTS; a++)
        least[a] = of[hl_act_table[a].with == HL_WITH_REPLICAS ? hl_act_table[a].side : HL_SIDES][a].min;
}

static bool is_receiving(int act) { return hl_act_table[act].kind == HL_RECEIVE; }

static double seconds_waited(const hl_summary *s, const hl_mesh *mesh)
{
    double least[HL_ACTS], waited = 0;
    find_least(least, s, mesh);
    for (int a = 0; a < HL_ACTS; a++)
        if (hl_act_is_exchange((hl_act)a)) waited += s->own[a] - (is_receiving(a) ? 0 : least[a]);
    return waited;
}

/* Shares of their time that the ranks of each side waited. */
static void find_idle(double idle[HL_SIDES], const hl_summary *s, const hl_mesh *mesh)
{
    const double waited = seconds_waited(s, mesh);
    double sum[2 * HL_SIDES];
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const double is_mine = hl_group_has_me(&mesh->side[i].group);
        sum[2 * i] = is_mine * waited;
        sum[2 * i + 1] = is_mine * s->seconds;
    }
    hl_group_all_reduce_double(&mesh->world, sum, 2 * HL_SIDES);
    for (hl_side i = 0; i < HL_SIDES; i++) idle[i] = sum[2 * i] / sum[2 * i + 1];
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

static const char *name_of(int row)
{
    return row == REST ? "plan_and_rest" : row == WHOLE ? "step" : hl_act_table[row].name;
}

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

static void print_sent(const double sent[HL_MESH_GROUPS], int64_t steps, const double idle[HL_SIDES])
{
    hl_log(HL_INFO, "%-16s %10s %10s", "MB sent in", "a step", "all");
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        if (sent[i] > 0)
            hl_log(HL_INFO, "%-16s %10.4g %10.4g", hl_mesh_name(i), sent[i] / (double)steps / 1e6, sent[i] / 1e6);
    hl_log(HL_INFO, "waiting for others: item ranks %.1f %% of their time, user ranks %.1f %%", 100 * idle[HL_ITEM],
           100 * idle[HL_USER]);
}

/* The bubble of pipelines: what stages wait for one another, as a share of a step, from the seconds of the acts. */
static double bubble(const double *seconds, double step)
{
    double receiving = 0;
    for (int a = 0; a < HL_ACTS; a++) receiving += is_receiving(a) ? seconds[a] : 0;
    return step > 0 ? receiving / step : 0;
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

/* What a calibration learns from: seconds of a step without the first one.  Of an assumed machine it is no promise, and
 * on record alone. */
static void tell_promise(const hl_summary *s, double mean_seconds, double forecast, hl_record *record)
{
    if (s->steps < 2 || forecast <= 0) return;
    const double actual = (mean_seconds - s->first) / (double)(s->steps - 1);
    if (s->learned > 0)
        hl_log(HL_INFO, "a step was promised to take %.4g s and took %.4g s (%.3g times as long)", forecast, actual,
               actual / forecast);
    hl_record_part(record, "promise", "promised", forecast);
    hl_record_part(record, "promise", "actual", actual);
    hl_record_part(record, "promise", "learned", s->learned);
}

hl_status hl_summary_tell(const hl_summary *s, const double *forecast, const hl_mesh *mesh, hl_record *record)
{
    const hl_group *world = &mesh->world;
    hl_fact row[ROWS];
    double exchange = 0, sent[HL_MESH_GROUPS], idle[HL_SIDES];
    if (s->steps == 0) return HL_OK;
    memcpy(sent, s->sent, sizeof sent);
    hl_group_all_reduce_double(world, sent, HL_MESH_GROUPS);
    find_idle(idle, s, mesh);
    gather(row, s, world);
    for (hl_act a = 0; a < HL_ACTS; a++) exchange += hl_act_is_exchange(a) ? row[a].sum : 0;
    print(row, s, forecast, world->size, exchange / row[WHOLE].sum);
    print_sent(sent, s->steps, idle);
    hl_record_begin(record, "summary");
    hl_record_int(record, "steps", s->steps);
    hl_record_number(record, "seconds", row[WHOLE].sum / world->size);
    hl_record_number(record, "flop", s->flop);
    hl_record_number(record, "bytes", s->bytes);
    hl_record_number(record, "forecast", (double)s->steps * forecast[HL_ACTS]);
    hl_record_number(record, "exchange_share", exchange / row[WHOLE].sum);
    for (int i = 0; i < HL_MESH_GROUPS; i++) hl_record_part(record, "sent", hl_mesh_name(i), sent[i]);
    for (hl_side i = 0; i < HL_SIDES; i++) hl_record_part(record, "idle", hl_side_name[i], idle[i]);
    tell_bubble(row, forecast, record);
    tell_promise(s, row[WHOLE].sum / world->size, forecast[HL_ACTS], record);
    for (int a = 0; a < HL_ACTS; a++)
        hl_record_phase(record, hl_act_table[a].name, row[a].min, row[a].sum / world->size, row[a].max,
                        (int)row[a].who);
    HL_TRY_ALL(world, hl_record_end(record));
    return HL_OK;
}
