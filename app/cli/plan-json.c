/* plan-json.c - a forecast as one JSON object. */
#include "app/cli/plan-show.h"
#include "app/plan/calibration.h"
#include <jansson.h>
#include <stdio.h>

static json_t *rank_json(const hl_forecast *f, int r)
{
    json_t *phases = json_object(),
           *o = json_pack("{s:i, s:f, s:f, s:f, s:f, s:f}", "rank", r, "state_bytes", f->state[r], "kept_bytes",
                          f->saved[r], "passing_bytes", f->passing[r], "seconds", f->cost[r].step, "waiting",
                          f->cost[r].waiting);
    for (int a = 0; a < HL_ACTS; a++)
        if (f->cost[r].seconds[a] > 0)
            json_object_set_new(phases, hl_act_table[a].name, json_real(f->cost[r].seconds[a]));
    json_object_set_new(o, "phases", phases);
    return o;
}

static json_t *ranks_json(const hl_forecast *f)
{
    json_t *ranks = json_array();
    for (int r = 0; r < f->layout.ranks; r++) json_array_append_new(ranks, rank_json(f, r));
    return ranks;
}

static json_t *spread_json(const hl_spread *s)
{
    return json_pack("{s:f, s:f, s:f, s:i, s:i}", "least", s->least, "mean", s->mean, "most", s->most, "least_rank",
                     s->least_rank, "most_rank", s->most_rank);
}

static json_t *spreads_json(const hl_outlook *o)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "state_bytes", spread_json(&o->state), "kept_bytes",
                     spread_json(&o->saved), "passing_bytes", spread_json(&o->passing), "memory_bytes",
                     spread_json(&o->memory), "seconds", spread_json(&o->seconds), "waiting", spread_json(&o->waiting));
}

static json_t *machine_json(const hl_plan_view *v)
{
    const hl_machine *m = &v->forecast->job.machine;
    return json_pack("{s:b, s:s, s:f, s:f, s:f, s:f, s:i, s:s?}", "measured", *v->calibration != 0, "calibration",
                     v->calibration, "flops", m->flops, "memory", m->memory, "wire", m->wire, "latency", m->latency,
                     "ranks_per_node", m->ranks_per_node, "guess", hl_calibration_guess(m, v->forecast->layout.ranks));
}

static json_t *batch_json(const hl_plan_view *v)
{
    const hl_plan *p = &v->forecast->plan;
    return json_pack("{s:s, s:i, s:i, s:f, s:i, s:i, s:i}", "whose", v->batch, "samples", p->samples, "texts", p->texts,
                     "tokens", (double)p->tokens, "chunks", p->micro_batches, "early_chunks", p->early_micro_batches,
                     "user_chunks", p->user_micro_batches);
}

static json_t *nodes_json(const hl_plan_view *v)
{
    const hl_outlook *o = v->outlook;
    json_t *x =
        json_pack("{s:i, s:f, s:i}", "nodes", o->nodes, "fullest_bytes", o->node_bytes, "fullest", o->fullest_node);
    if (v->node_memory > 0) {
        json_object_set_new(x, "memory", json_real(v->node_memory));
        json_object_set_new(x, "fits", json_boolean(o->node_bytes <= v->node_memory));
    }
    return x;
}

static json_t *activations_json(const hl_plan_view *v)
{
    const hl_forecast *f = v->forecast;
    return json_pack("{s:b, s:f, s:f, s:i, s:f, s:s}", "auto", v->budget_is_auto, "budget_bytes", (double)f->budget,
                     "least_bytes", f->least, "least_rank", f->least_rank, "room_bytes", v->room, "nearest",
                     v->nearest);
}

static json_t *training_json(const hl_outlook *o)
{
    return o->steps > 0
               ? json_pack("{s:f, s:f, s:f}", "steps", o->steps, "hours", o->hours, "node_hours", o->hours * o->nodes)
               : json_null();
}

static json_t *checkpoint_json(const hl_outlook *o, const hl_outlook_question *q)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:f}", "bytes", o->checkpoint_bytes, "seconds", o->checkpoint_seconds,
                     "every_seconds", o->checkpoint_every, "lost", o->lost, "disk", q->disk, "hours_a_failure",
                     q->hours_a_failure);
}

static json_t *start_json(const hl_start *s, double disk)
{
    return json_pack("{s:f, s:f, s:f, s:f, s:f}", "bytes", s->bytes, "weights_bytes", s->weights, "files_opened",
                     s->opens, "seconds", s->seconds, "disk", disk);
}

static json_t *candidates_json(const hl_plan_view *v)
{
    json_t *list = json_array();
    for (int i = 0; i < v->candidates; i++)
        json_array_append_new(list, json_pack("{s:s, s:f, s:b}", "layout", v->candidate[i].text, "step",
                                              v->candidate[i].step, "taken", i == v->best));
    return list;
}

/* null: nobody has looked how forecasts with these figures turn out. */
static json_t *interval_json(const hl_forecast *f)
{
    return f->interval.high > 0 ? json_pack("[f, f]", f->interval.low, f->interval.high) : json_null();
}

static json_t *layouts_json(const hl_plan_view *v)
{
    json_t *list = json_array();
    for (int i = 0; i < v->layouts; i++) {
        const hl_search_layout *x = &v->layout[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:f, s:f, s:f}", "layout", x->layout, "options", x->keys,
                                              "step", x->step, "memory_bytes", x->memory, "recomputed", x->recomputed));
    }
    return list;
}

/* null: they were not counted. */
static json_t *sent_json(const hl_plan_view *v)
{
    json_t *rows = v->sent ? json_array() : json_null();
    for (int g = 0; v->sent && g < HL_MESH_GROUPS; g++) {
        const hl_plan_sent x = hl_plan_sent_in(v, g);
        if (x.messages > 0)
            json_array_append_new(rows,
                                  json_pack("{s:s, s:f, s:f, s:f, s:i}", "group", hl_mesh_name(g), "bytes", x.bytes,
                                            "messages", x.messages, "bytes_most", x.most, "rank", x.rank));
    }
    return rows;
}

void hl_plan_show_json(const hl_plan_view *v)
{
    const hl_forecast *f = v->forecast;
    char text[120];
    hl_layout_text(text, sizeof text, &f->layout);
    json_t *o = json_pack("{s:i, s:s, s:f, s:f}", "schema", 1, "layout", text, "step", f->step, "waiting",
                          v->outlook->waiting.mean);
    json_object_set_new(o, "interval", interval_json(f));
    json_object_set_new(o, "candidates", candidates_json(v));
    json_object_set_new(o, "best", layouts_json(v));
    json_object_set_new(o, "batch", batch_json(v));
    json_object_set_new(o, "machine", machine_json(v));
    json_object_set_new(o, "node", nodes_json(v));
    json_object_set_new(o, "activations", activations_json(v));
    json_object_set_new(o, "training", training_json(v->outlook));
    json_object_set_new(o, "checkpoint", checkpoint_json(v->outlook, &v->asked));
    json_object_set_new(o, "start", start_json(&v->start, v->disk_read));
    json_object_set_new(o, "summary", spreads_json(v->outlook));
    json_object_set_new(o, "sent", sent_json(v));
    json_object_set_new(o, "ranks", ranks_json(f));
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(o);
}
