/* rehearse-show.c - how hllm rehearse shows what was simulated. */
#include "app/cli/rehearse-show.h"
#include "base/error.h"
#include <jansson.h>
#include <stdio.h>

static const char *act_name(int act) { return act == HL_ACTS ? "plan" : hl_act_table[act].name; }

static double samples_a_second(const hl_rehearse_row *r) { return r->answer.samples / r->answer.step; }

/* Samples a second and rank, beside those of the first row. */
static double efficiency(const hl_rehearse_view *v, int i)
{
    return samples_a_second(&v->row[i]) / v->row[i].ranks * v->row[0].ranks / samples_a_second(&v->row[0]);
}

/* Load balance and communication efficiency as in hllm trace. */
static double balance(const hl_question_answer *a) { return a->useful_mean / a->useful_most; }
static double communication(const hl_question_answer *a) { return a->useful_most / a->step; }

static const char *network(const hl_rehearse_view *v)
{
    return v->ask->is_plain ? "latency and bytes / bandwidth alone" : "SimGrid's fit to TCP on Ethernet";
}

/* ---- for people */

static void show_phases(const hl_rehearse_row *r)
{
    const hl_question_answer *a = &r->answer;
    printf("\n%-16s %10s %10s %10s %7s %10s %10s\n", "simulated", "least", "mean", "most", "rank", "waited", "plan's");
    for (int i = 0; i <= HL_ACTS; i++) {
        const hl_question_phase *p = &a->phase[i];
        if (p->most > 0 || p->forecast > 0)
            printf("%-16s %10.4g %10.4g %10.4g %7d %10.4g %10.4g\n", act_name(i), p->least, p->mean, p->most, p->rank,
                   p->waited, p->forecast);
    }
    printf("\nbytes sent in all:");
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        if (a->sent[i] > 0) printf(" %s %.4g", hl_mesh_name(i), a->sent[i]);
    putchar('\n');
}

void hl_rehearse_show(const hl_rehearse_view *v)
{
    printf("simulated on %s by SimGrid; messages take %s; a machine %s%s%s%s\n", v->ask->platform, network(v),
           *v->calibration ? "measured: " : "assumed", v->calibration, v->sums ? "; sums by " : "",
           v->sums ? v->sums : "");
    printf("%7s %10s %10s %10s %10s %8s %8s %8s %8s %8s %8s  %s\n", "ranks", "seconds", "samples/s", "efficiency",
           "hllm plan", "ratio", "balance", "comm.", "POP", "took s", "took GB", "layout");
    for (int i = 0; i < v->rows; i++) {
        const hl_rehearse_row *r = &v->row[i];
        const hl_question_answer *a = &r->answer;
        printf("%7d %10.4g %10.4g %8.1f %% %10.4g %8.3f %8.3f %8.3f %8.3f %8.3g %8.3g  %s\n", r->ranks, a->step,
               samples_a_second(r), 100 * efficiency(v, i), a->forecast, a->step / a->forecast, balance(a),
               communication(a), a->useful_mean / a->step, a->took, a->took_bytes / 1e9, a->layout);
    }
    if (v->rows == 1) show_phases(&v->row[0]);
}

/* ---- for machines */

static json_t *phases(const hl_question_answer *a)
{
    json_t *list = json_array();
    for (int i = 0; i <= HL_ACTS; i++) {
        const hl_question_phase *p = &a->phase[i];
        if (p->most > 0 || p->forecast > 0)
            json_array_append_new(list, json_pack("{ss sf sf sf si sf sf}", "phase", act_name(i), "least", p->least,
                                                  "mean", p->mean, "most", p->most, "rank", p->rank, "waited",
                                                  p->waited, "forecast", p->forecast));
    }
    return list;
}

static json_t *sent(const hl_question_answer *a)
{
    json_t *o = json_object();
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        if (a->sent[i] > 0) json_object_set_new(o, hl_mesh_name(i), json_integer((json_int_t)a->sent[i]));
    return o;
}

static json_t *rehearsal(const hl_rehearse_view *v, int i)
{
    const hl_rehearse_row *r = &v->row[i];
    const hl_question_answer *a = &r->answer;
    json_t *o =
        json_pack("{sb si ss sf sf sf sf}", "simulated", 1, "ranks", r->ranks, "layout", a->layout, "seconds", a->step,
                  "samples_per_second", samples_a_second(r), "efficiency", efficiency(v, i), "forecast", a->forecast);
    HL_CHECK(o != NULL);
    json_object_set_new(o, "load_balance", json_real(balance(a)));
    json_object_set_new(o, "communication_efficiency", json_real(communication(a)));
    json_object_set_new(o, "parallel_efficiency", json_real(a->useful_mean / a->step));
    json_object_set_new(o, "forecast_waiting", json_real(a->waiting));
    json_object_set_new(o, "memory_bytes", json_real(a->memory));
    json_object_set_new(o, "batch",
                        json_pack("{si si si si}", "samples", a->samples, "rows", a->rows, "texts", a->texts, "chunks",
                                  a->micro_batches));
    json_object_set_new(o, "overlaps", json_boolean(a->overlaps));
    json_object_set_new(o, "sent_bytes", sent(a));
    json_object_set_new(o, "phases", phases(a));
    json_object_set_new(o, "took", json_pack("{sf sf}", "seconds", a->took, "bytes", a->took_bytes));
    return o;
}

void hl_rehearse_show_json(const hl_rehearse_view *v)
{
    json_t *list = json_array();
    for (int i = 0; i < v->rows; i++) json_array_append_new(list, rehearsal(v, i));
    json_t *o = json_pack("{si sb ss ss ss ss si so}", "schema", 1, "simulated", 1, "platform", v->ask->platform,
                          "network", v->ask->is_plain ? "plain" : "smpi", "calibration", v->calibration, "sums",
                          v->sums ? v->sums : "", "piece_mb", v->piece, "rehearsals", list);
    HL_CHECK(o != NULL);
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(o);
}
