/* begun.c - an evaluation as a checkpoint keeps it. */
#include "app/train/begun.h"
#include "data/metric.h"
#include <string.h>

static json_t *numbers(const double *x, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++) json_array_append_new(list, json_real(x[i]));
    return list;
}

static bool read_numbers(double *x, int n, const json_t *list)
{
    if (!json_is_array(list) || (int)json_array_size(list) != n) return false;
    for (int i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, (size_t)i);
        if (!json_is_number(one)) return false;
        x[i] = json_number_value(one);
    }
    return true;
}

static json_t *gains_json(const hl_gains *g, int cuts)
{
    return json_pack("{so so so sf}", "recall", numbers(g->recall, cuts), "ndcg", numbers(g->ndcg, cuts), "mrr_at",
                     numbers(g->mrr_at, cuts), "mrr", g->mrr);
}

static bool read_gains(hl_gains *g, int cuts, const json_t *x)
{
    const json_t *mrr = json_object_get(x, "mrr");
    g->mrr = json_number_value(mrr);
    return json_is_number(mrr) && read_numbers(g->recall, cuts, json_object_get(x, "recall"))
           && read_numbers(g->ndcg, cuts, json_object_get(x, "ndcg"))
           && read_numbers(g->mrr_at, cuts, json_object_get(x, "mrr_at"));
}

/* {"itemcoverage": [...], ...}; null where there are none. */
static json_t *lists_json(const hl_score *s)
{
    if (!s->has_lists) return json_null();
    json_t *o = json_object();
    for (int m = 0; m < hl_metric_table_n; m++)
        if (hl_metric_table[m].of_lists) json_object_set_new(o, hl_metric_table[m].name, numbers(s->list[m], s->cuts));
    return o;
}

/* Those of another version, which has others, are none. */
static void read_lists(hl_score *s, const json_t *x)
{
    s->has_lists = json_is_object(x);
    for (int m = 0; m < hl_metric_table_n && s->has_lists; m++)
        if (hl_metric_table[m].of_lists)
            s->has_lists = read_numbers(s->list[m], s->cuts, json_object_get(x, hl_metric_table[m].name));
}

json_t *hl_begun_json(const hl_begun *b)
{
    const hl_score *s = &b->score;
    if (!b->is_there) return json_null();
    json_t *cuts = json_array(), *gains = json_array();
    for (int k = 0; k < s->cuts; k++) json_array_append_new(cuts, json_integer(s->cut[k]));
    for (int t = 0; t < HL_TIES; t++) json_array_append_new(gains, gains_json(&s->gains[t], s->cuts));
    return json_pack("{ss so sI sI sI sf so sb so}", "phase", hl_phase_name[b->phase], "cuts", cuts, "users",
                     (json_int_t)s->users, "repeated", (json_int_t)s->repeated, "tied", (json_int_t)s->tied, "ties",
                     s->ties, "gains", gains, "is_whole", b->is_whole, "lists", lists_json(s));
}

static bool read_cuts(hl_score *s, const json_t *list)
{
    s->cuts = (int)json_array_size(list);
    if (!json_is_array(list) || s->cuts > HL_CUTS) return false;
    for (int k = 0; k < s->cuts; k++) s->cut[k] = (int)json_integer_value(json_array_get(list, (size_t)k));
    return true;
}

static bool read_counts(hl_begun *b, const json_t *x)
{
    const char *phase;
    json_int_t users, repeated, tied;
    hl_score *s = &b->score;
    if (json_unpack((json_t *)(uintptr_t)x, "{ss sI sI sI sF}", "phase", &phase, "users", &users, "repeated", &repeated,
                    "tied", &tied, "ties", &s->ties)
        != 0)
        return false;
    s->users = users, s->repeated = repeated, s->tied = tied;
    b->phase = strcmp(phase, hl_phase_name[HL_VALID]) == 0 ? HL_VALID : HL_TEST;
    b->is_whole = json_is_true(json_object_get(x, "is_whole"));
    return users >= 0 && strcmp(phase, hl_phase_name[b->phase]) == 0;
}

bool hl_begun_read(hl_begun *b, const json_t *x)
{
    *b = (hl_begun){0};
    bool fits = json_is_object(x) && read_counts(b, x) && read_cuts(&b->score, json_object_get(x, "cuts"));
    const json_t *gains = json_object_get(x, "gains");
    for (int t = 0; t < HL_TIES && fits; t++)
        fits = read_gains(&b->score.gains[t], b->score.cuts, json_array_get(gains, (size_t)t));
    if (fits) read_lists(&b->score, json_object_get(x, "lists"));
    if (!fits) *b = (hl_begun){0};
    b->is_there = fits;
    return fits;
}

const hl_score *hl_begun_for(const hl_begun *b, hl_phase phase, const int *cut, int cuts)
{
    const hl_score *s = &b->score;
    bool fits =
        b->is_there && b->phase == phase && s->cuts == cuts && memcmp(s->cut, cut, (size_t)cuts * sizeof *cut) == 0;
    return fits ? s : NULL;
}
