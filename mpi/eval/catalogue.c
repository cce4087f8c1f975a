/* catalogue.c - every item's vector, each text encoded once, shared out over the item ranks. */
#include "mpi/eval/catalogue.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "base/part.h"
#include "base/stop.h"
#include "math/rows.h"
#include "mpi/train/finite.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The padding is an item without text; its text counts only where an item of the catalogue has it too. */
static void number_texts(hl_catalogue *c, const hl_corpus *corpus)
{
    c->item = hl_alloc((size_t)corpus->items * sizeof *c->item);
    c->weight = hl_alloc_zero((size_t)corpus->items, sizeof *c->weight);
    c->text = hl_alloc((size_t)corpus->items * sizeof *c->text);
    for (int64_t i = 0; i < corpus->items; i++) c->text[i] = -1;
    for (int64_t i = 1; i < corpus->items; i++) {
        int64_t first = corpus->first_equal(corpus, i);
        if (c->text[first] < 0) {
            c->item[c->texts] = (int32_t)first;
            c->text[first] = c->texts++;
        }
        c->weight[c->text[first]]++;
    }
}

/* How many texts from `begin` on make a micro-batch. */
static int micro_batch_from(const hl_catalogue *c, const hl_engine *e, int begin, int end)
{
    int tokens = 0, n = 0;
    while (begin + n < end) {
        int length;
        e->corpus->tokens(e->corpus, c->item[begin + n], &length);
        tokens += length + e->rules.plan.item_tokens;
        if (n > 0 && tokens > e->rules.plan.chunk_tokens) break;
        n++;
    }
    return n;
}

/* After a signal nothing is encoded any more, as in a step (mpi/train/step.c): ranks that share a layer agree, stages
 * pass on what there is. */
static bool gives_up(hl_catalogue *c, hl_engine *e)
{
    if (hl_fault("catalogue-signal", e->mesh->world.rank)) hl_stop_ask();
    c->given_up = hl_group_any(&e->mesh->side[HL_ITEM].tp, c->given_up || hl_stop_is_asked());
    return c->given_up;
}

static void pass_over(hl_engine *e, int from, int n, const hl_catalogue *c)
{
    hl_pack texts;
    const hl_model *m = &e->model[HL_ITEM];
    const int D = m->row_width;
    m->kind->pack(&texts, m, e->corpus, c->item + from, n, &e->plan);
    const size_t size = (size_t)texts.T * (size_t)D;
    if (!m->first) hl_pipe_recv(&e->pipe[HL_ITEM], HL_FORWARD, texts.T, D);
    m->kind->pass_forward(m);
    if (!m->last) {
        memset(hl_pipe_room(&e->pipe[HL_ITEM], HL_FORWARD, size), 0, size * sizeof(float));
        hl_pipe_send(&e->pipe[HL_ITEM], HL_FORWARD, texts.T, D);
    }
    hl_arena_back(&e->plan, 0);
}

/* Texts [from, from + n) of all, of which I keep mine. */
static void encode(hl_catalogue *c, hl_engine *e, int from, int n)
{
    hl_pack texts;
    const hl_model *m = &e->model[HL_ITEM];
    size_t D = (size_t)hl_engine_width(e);
    m->kind->pack(&texts, m, e->corpus, c->item + from, n, &e->plan);
    texts.careful = true;
    void *saved = hl_arena_take(&e->plan, m->kind->saved);
    m->kind->trace(saved, m, &texts, &e->saved);
    float *vector = HL_TAKE(&e->plan, float, (size_t)n *D);
    if (!m->first) hl_pipe_recv(&e->pipe[HL_ITEM], HL_FORWARD, texts.T, m->row_width);
    float *out = m->last ? vector : hl_pipe_room(&e->pipe[HL_ITEM], HL_FORWARD, (size_t)texts.T * (size_t)m->row_width);
    m->kind->forward(out, saved, m, e->sharding[HL_ITEM].w,
                     m->first ? NULL : hl_pipe_received(&e->pipe[HL_ITEM], HL_FORWARD), &texts, &e->scratch);
    if (!m->last) hl_pipe_send(&e->pipe[HL_ITEM], HL_FORWARD, texts.T, m->row_width);
    int first = hl_max(from, c->begin), end = from + n < c->begin + c->mine ? from + n : c->begin + c->mine;
    if (first < end)
        memcpy(c->vector + (size_t)(first - c->begin) * D, vector + (size_t)(first - from) * D,
               (size_t)(end - first) * D * sizeof *vector);
    if (e->mesh->side[HL_ITEM].tp.rank == 0 && m->first) c->tokens += texts.T;
    hl_arena_back(&e->plan, 0);
    hl_arena_back(&e->saved, 0);
}

/* The texts of a replica are [begin, end). */
static void range_of(int *begin, int *end, const hl_catalogue *c, const hl_layout *l, int replica)
{
    *begin = (int)hl_part_begin(c->texts, hl_layout_last_stage_ranks(l, HL_ITEM), replica * l->side[HL_ITEM].tp);
    *end = (int)hl_part_begin(c->texts, hl_layout_last_stage_ranks(l, HL_ITEM), (replica + 1) * l->side[HL_ITEM].tp);
}

/* The most micro-batches of a replica, where all go through as many. */
static int most_micro_batches(const hl_catalogue *c, const hl_engine *e)
{
    const hl_layout *l = &e->mesh->layout;
    int most = 0;
    for (int i = 0; i < hl_layout_replicas(l, HL_ITEM) && e->rules.zero >= 3; i++) {
        int from, end, n = 0;
        for (range_of(&from, &end, c, l, i); from < end; n++) from += micro_batch_from(c, e, from, end);
        if (n > most) most = n;
    }
    return most;
}

/* Everything that my replica has. */
static void encode_replica(hl_catalogue *c, hl_engine *e)
{
    const hl_layout *l = &e->mesh->layout;
    int from, end, left = most_micro_batches(c, e);
    range_of(&from, &end, c, l, (e->mesh->world.rank - l->side[HL_ITEM].begin) / hl_layout_width(l, HL_ITEM));
    for (int n; from < end; from += n, left--) {
        n = micro_batch_from(c, e, from, end);
        if (gives_up(c, e)) pass_over(e, from, n, c);
        else encode(c, e, from, n);
    }
    while (left-- > 0) e->model[HL_ITEM].kind->pass_forward(&e->model[HL_ITEM]);
}

static float scale_of(const float *vector, size_t D)
{
    const float scale = (float)(1 / sqrt(hl_rows_sum_of_squares(vector, D)));
    return isinf(scale) ? 0 : scale;
}

void hl_catalogue_open(hl_catalogue *c, hl_engine *e)
{
    const hl_group *g = &e->mesh->vectors;
    size_t D = (size_t)hl_engine_width(e);
    *c = (hl_catalogue){0};
    number_texts(c, e->corpus);
    if (!hl_group_has_me(&e->mesh->side[HL_ITEM].group)) return;
    c->begin = hl_group_has_me(g) ? (int)hl_part_begin(c->texts, g->size, g->rank) : 0;
    c->mine = hl_group_has_me(g) ? (int)hl_part_count(c->texts, g->size, g->rank) : 0;
    c->vector = hl_alloc((size_t)c->mine * D * sizeof *c->vector);
    c->scale = hl_alloc((size_t)c->mine * sizeof *c->scale);
    encode_replica(c, e);
    if (c->given_up) return;
    for (int i = 0; i < c->mine; i++) c->scale[i] = scale_of(c->vector + (size_t)i * D, D);
}

/* ---- are they fit to be compared? */

static hl_status check_finite(const hl_catalogue *c, const hl_engine *e, int D)
{
    const hl_group *world = &e->mesh->world;
    hl_first f = hl_first_none(world->rank);
    for (int i = 0; (i = hl_rows_find_odd(c->vector, i, c->mine, D)) < c->mine; i++)
        hl_first_note(&f, c->begin + i, NAN);
    if (!hl_first_agree(&f, world)) return HL_OK;
    f.number = c->item[f.number];
    return hl_finite_tell_item(e, &f, c->texts);
}

static void count_zeros(const hl_catalogue *c, const hl_engine *e, int64_t *zeros)
{
    *zeros = 0;
    for (int i = 0; i < c->mine; i++) *zeros += c->scale[i] == 0 ? c->weight[c->begin + i] : 0;
    hl_group_all_reduce_int(&e->mesh->world, zeros, 1);
}

/* Held against the first of all. */
static hl_status check_differ(const hl_catalogue *c, hl_engine *e, int D)
{
    hl_arena *a = &e->scratch;
    size_t mark = hl_arena_mark(a);
    float *first = HL_TAKE_ZERO(a, float, D);
    if (c->mine > 0 && c->begin == 0) memcpy(first, c->vector, (size_t)D * sizeof *first);
    hl_group_broadcast(&e->mesh->world, first, (size_t)D * sizeof *first,
                       hl_layout_last_stage_rank(&e->mesh->layout, HL_ITEM, 0));
    bool differ = false;
    for (int i = 0; i < c->mine && !differ; i++)
        differ = !hl_rows_are_alike(first, c->vector + (size_t)i * (size_t)D, D);
    hl_arena_back(a, mark);
    if (hl_group_any(&e->mesh->world, differ)) return HL_OK;
    if (c->texts == 1)
        return HL_FAIL(HL_ENUMERIC, "all items have the same text, so all have the same vector and nothing can be "
                                    "ranked; look at text_path, "
                                    "text_keys and MAX_TEXT_LENGTH");
    return HL_FAIL(HL_ENUMERIC,
                   "the vectors of all %d texts are equal, so nothing can be ranked; the weights do not look at the "
                   "texts, or training has "
                   "collapsed: evaluate an earlier checkpoint, and train with a lower optim_args.learning_rate",
                   c->texts);
}

hl_status hl_catalogue_check(const hl_catalogue *c, hl_engine *e, int64_t *zeros)
{
    const int D = hl_engine_width(e);
    if (hl_group_any(&e->mesh->world, c->given_up))
        return HL_FAIL(HL_ESTOP, "stopped by a signal while encoding the catalogue; there is nothing to save: the same "
                                 "command starts it again");
    HL_TRY(check_finite(c, e, D));
    count_zeros(c, e, zeros);
    return check_differ(c, e, D);
}

void hl_catalogue_close(hl_catalogue *c)
{
    free(c->item);
    free(c->weight);
    free(c->text);
    free(c->vector);
    free(c->scale);
    *c = (hl_catalogue){0};
}

int hl_catalogue_text(const hl_catalogue *c, const hl_corpus *corpus, int64_t item)
{
    return c->text[corpus->first_equal(corpus, item)];
}
