/* plan.c - what a step computes: from a batch to unique texts, micro-batches, rows and who reads what. */
#include "step/plan.h"
#include "base/error.h"
#include "base/hash-table.h"
#include "base/minmax.h"
#include "base/part.h"
#include "data/prefix.h"
#include <string.h>

/* The text of this item; -1: there is none yet. */
static int find_text(const hl_plan *p, const hl_hash_table *by_item, int32_t item)
{
    for (hl_hash_walk w = hl_hash_table_walk(by_item, hl_hash_of((uint32_t)item)); hl_hash_table_next(by_item, &w);)
        if (p->item[w.number] == item) return (int)w.number;
    return -1;
}

/* The text of an item, a new one where it has none yet. */
static int text_of(hl_plan *p, hl_hash_table *by_item, const hl_corpus *corpus, const hl_plan_rules *rules,
                   int32_t item)
{
    const int32_t first = rules->dedup ? (int32_t)corpus->first_equal(corpus, item) : item;
    const int text = rules->dedup ? find_text(p, by_item, first) : -1;
    if (text >= 0) return text;
    if (rules->dedup) hl_hash_table_add(by_item, hl_hash_of((uint32_t)first), (uint32_t)p->texts);
    p->item[p->texts] = first;
    p->multiplicity[p->texts] = 0;
    return p->texts++;
}

/* Item i of a sample is read by row i and is the target of row i - 1.  Where a target is read too, it is the
 * same occurrence, hence the same text. */
static void number_texts(hl_plan *p, const hl_batch *b, const hl_corpus *corpus, const hl_plan_rules *rules,
                         hl_hash_table *by_item)
{
    for (int s = 0; s < b->samples; s++) {
        int n = b->begin[s + 1] - b->begin[s], row = p->row_begin[s];
        for (int i = 0; i < n - 1; i++)
            p->input[row + i] = text_of(p, by_item, corpus, rules, b->item[b->begin[s] + i]);
        for (int i = 0; i < n - 2; i++) p->target[row + i] = p->input[row + i + 1];
    }
    if (rules->fusion != HL_FUSION_EARLY) p->read = p->texts;
    for (int s = 0; s < b->samples; s++)
        p->target[p->row_begin[s + 1] - 1] = text_of(p, by_item, corpus, rules, b->item[b->begin[s + 1] - 1]);
    if (rules->fusion == HL_FUSION_EARLY) p->read = p->texts;
    for (int k = 0; k < b->negatives; k++) {
        const int text = text_of(p, by_item, corpus, rules, b->negative[k]);
        p->multiplicity[text]++;
        if (p->each) p->own[k] = text;
    }
}

static void number_readings(hl_plan *p, hl_arena *arena)
{
    p->readings = hl_plan_reading_begin(p, p->samples);
    p->reading = p->fusion == HL_FUSION_NONE ? p->input : HL_TAKE(arena, int, p->readings);
    for (int s = 0; s < p->samples && p->fusion != HL_FUSION_NONE; s++) {
        const int begin = p->row_begin[s], n = p->row_begin[s + 1] - begin;
        int *its = p->reading + hl_plan_reading_begin(p, s);
        memcpy(its, p->input + begin, (size_t)n * sizeof *its);
        its[n] = p->fusion == HL_FUSION_EARLY ? p->target[begin + n - 1] : -1;
    }
}

/* The loss of labels is a mean over samples, as that of rows is over rows. */
static void weigh_labels(hl_plan *p, const hl_plan_rules *rules, hl_arena *arena)
{
    const int blocks = rules->mean_over_ranks ? rules->mean_over_ranks : 1, used = hl_min(blocks, p->samples);
    if (p->fusion == HL_FUSION_NONE) return;
    p->label_weight = HL_TAKE(arena, float, p->samples);
    for (int k = 0; k < blocks; k++) {
        const int begin = (int)hl_part_begin(p->samples, blocks, k),
                  end = (int)hl_part_begin(p->samples, blocks, k + 1);
        for (int s = begin; s < end; s++) p->label_weight[s] = 1.0f / (float)((double)used * (end - begin));
    }
    for (int r = 0; r < p->rows; r++) p->weight[r] *= (float)rules->fusion_lambda;
}

static void weigh_rows(hl_plan *p, const hl_plan_rules *rules)
{
    int blocks = rules->mean_over_ranks ? rules->mean_over_ranks : 1, used = 0;
    for (int k = 0; k < blocks; k++)
        used +=
            p->row_begin[hl_part_begin(p->samples, blocks, k + 1)] > p->row_begin[hl_part_begin(p->samples, blocks, k)];
    for (int k = 0; k < blocks; k++) {
        int begin = p->row_begin[hl_part_begin(p->samples, blocks, k)],
            end = p->row_begin[hl_part_begin(p->samples, blocks, k + 1)];
        for (int r = begin; r < end; r++) p->weight[r] = 1.0f / (float)((double)used * (end - begin));
    }
}

static int length_of(const hl_corpus *corpus, const hl_plan_rules *rules, int32_t item)
{
    int n;
    corpus->tokens(corpus, item, &n);
    return n + rules->item_tokens;
}

static double cost_of_length(int L, int width) { return (double)L * (1 + (double)L / (6.0 * width)); }

static void open_micro_batch(hl_plan *p, int text)
{
    p->micro_batch_begin[p->micro_batches] = text;
    p->micro_batch_tokens[p->micro_batches] = 0;
    p->micro_batch_cost[p->micro_batches++] = 0;
}

/* Cut texts [begin, end): a micro-batch is closed when it is full, and where there are to be equal parts when its part
 * of the cost is reached.  A text belongs to the part in which its middle lies. */
static void cut_micro_batches(hl_plan *p, int begin, int end, const hl_corpus *corpus, const hl_plan_rules *rules,
                              int width)
{
    int64_t tokens = 0;
    double all = 0, before = 0;
    for (int t = begin; t < end; t++) {
        const int L = length_of(corpus, rules, p->item[t]);
        tokens += L;
        all += cost_of_length(L, width);
    }
    const int64_t round = (int64_t)rules->parts * rules->chunk_tokens; /* tokens of as many full micro-batches */
    const double parts =
        rules->parts > 1 && !rules->groups && round ? (double)(rules->parts * ((tokens + round - 1) / round)) : 1;
    for (int t = begin, part = 0; t < end; t++) {
        const int L = length_of(corpus, rules, p->item[t]);
        const double cost = cost_of_length(L, width);
        const int its = (int)(parts * ((before + cost / 2) / all));
        if (t == begin || its > part || p->micro_batch_tokens[p->micro_batches - 1] + L > rules->chunk_tokens)
            open_micro_batch(p, t);
        part = its;
        before += cost;
        p->micro_batch_tokens[p->micro_batches - 1] += L;
        p->micro_batch_cost[p->micro_batches - 1] += cost;
    }
    p->tokens += tokens;
}

/* Tokens that all texts of a micro-batch begin with count once. */
static void take_off_prefixes(hl_plan *p, const hl_corpus *corpus)
{
    for (int c = 0; c < p->micro_batches; c++) {
        int n = p->micro_batch_begin[c + 1] - p->micro_batch_begin[c];
        p->tokens -= (int64_t)(n - 1) * hl_prefix_of(corpus, p->item + p->micro_batch_begin[c], n);
    }
}

static void cut_user_micro_batches(hl_plan *p, const hl_plan_rules *rules, int width)
{
    int rows = 0;
    for (int s = 0; s < p->samples; s++) {
        int n = hl_plan_reading_begin(p, s + 1) - hl_plan_reading_begin(p, s);
        if (s == 0 || rows + n > rules->user_micro_batch_rows) {
            p->user_micro_batch_begin[p->user_micro_batches] = s;
            p->user_micro_batch_cost[p->user_micro_batches++] = 0;
            rows = 0;
        }
        rows += n;
        p->user_micro_batch_cost[p->user_micro_batches - 1] +=
            (rules->user_cost > 0 ? rules->user_cost : 1) * cost_of_length(n, width);
    }
    p->user_micro_batch_begin[p->user_micro_batches] = p->samples;
}

/* Neighbours go together: by where the middle of a micro-batch lies in the work of all. */
static void put_into_groups(int *group, const double *cost, int n, int groups)
{
    double all = 0, before = 0;
    for (int c = 0; c < n; c++) all += cost[c];
    for (int c = 0; c < n; before += cost[c++]) group[c] = (int)(groups * ((before + cost[c] / 2) / all));
}

/* The public code encodes S + 1 slots a sample (padding is random items, counted here at the mean length)
 * and every negative. */
static void count_public_work(hl_plan *p, const hl_batch *b, const hl_corpus *corpus, const hl_plan_rules *rules)
{
    int64_t drawn = b->begin[b->samples] + b->negatives, tokens = 0;
    for (int i = 0; i < b->begin[b->samples]; i++) tokens += length_of(corpus, rules, b->item[i]);
    for (int k = 0; k < b->negatives; k++) tokens += length_of(corpus, rules, b->negative[k]);
    p->public_items = (int64_t)b->samples * (b->S + 1) + b->negatives;
    p->public_tokens = tokens * p->public_items / drawn;
}

void hl_plan_make(hl_plan *p, const hl_batch *b, const hl_corpus *corpus, const hl_plan_rules *rules, int width,
                  hl_arena *arena)
{
    int items = b->begin[b->samples], most = items + b->negatives, rows = items - b->samples;
    *p = (hl_plan){.samples = b->samples,
                   .rows = rows,
                   .S = b->S,
                   .items_frozen = rules->items_frozen,
                   .groups = rules->groups,
                   .fusion = rules->fusion,
                   .negatives = b->negatives};
    p->row_begin = HL_TAKE(arena, int, b->samples + 1);
    p->input = HL_TAKE(arena, int, rows);
    p->target = HL_TAKE(arena, int, rows);
    p->weight = HL_TAKE(arena, float, rows);
    p->each = b->each;
    p->own = HL_TAKE(arena, int, (size_t)rows *(size_t)b->each);
    HL_CHECK(b->each == 0 || b->negatives == rows * b->each);
    p->item = HL_TAKE(arena, int32_t, most);
    p->multiplicity = HL_TAKE(arena, float, most);
    p->micro_batch_begin = HL_TAKE(arena, int, most + 1);
    p->micro_batch_tokens = HL_TAKE(arena, int, most);
    p->micro_batch_cost = HL_TAKE(arena, double, most);
    p->user_micro_batch_begin = HL_TAKE(arena, int, b->samples + 1);
    p->user_micro_batch_cost = HL_TAKE(arena, double, b->samples);
    p->group = HL_TAKE(arena, int, most);
    p->user_group = HL_TAKE(arena, int, b->samples);
    hl_hash_table by_item = hl_hash_table_in(arena, (size_t)most);
    for (int s = 0; s <= b->samples; s++) p->row_begin[s] = b->begin[s] - s;
    number_texts(p, b, corpus, rules, &by_item);
    number_readings(p, arena);
    weigh_rows(p, rules);
    weigh_labels(p, rules, arena);
    cut_micro_batches(p, 0, p->read, corpus, rules, width);
    p->early_micro_batches = p->micro_batches;
    cut_micro_batches(p, p->read, p->texts, corpus, rules, width);
    p->micro_batch_begin[p->micro_batches] = p->texts;
    if (rules->serial || rules->groups) p->early_micro_batches = p->micro_batches;
    if (rules->share_prefix && rules->item_tokens) take_off_prefixes(p, corpus);
    cut_user_micro_batches(p, rules, width);
    put_into_groups(p->group, p->micro_batch_cost, p->micro_batches, rules->groups);
    put_into_groups(p->user_group, p->user_micro_batch_cost, p->user_micro_batches, rules->groups);
    count_public_work(p, b, corpus, rules);
}

int hl_plan_micro_batch_of(const hl_plan *p, int text)
{
    int low = 0, high = p->micro_batches;
    while (high - low > 1) {
        int middle = (low + high) / 2;
        if (p->micro_batch_begin[middle] <= text) low = middle;
        else high = middle;
    }
    return low;
}
