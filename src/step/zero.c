/* zero.c - what replicas shard, and the numbers of weights, gradients and moments that a rank holds so. */
#include "step/zero.h"
#include "base/minmax.h"
#include <math.h>
#include <stdlib.h>

int hl_zero_layers(size_t *begin, const hl_params *t)
{
    int layers = 0;
    begin[0] = 0;
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        if (p->layer < 0) continue;
        if (k == 0 || t->at[k - 1].layer != p->layer) begin[layers++] = p->offset;
        begin[layers] = p->offset + p->count;
    }
    return layers;
}

/* Numbers [begin, end) of an array. */
typedef struct {
    size_t begin, end;
} span;

static size_t in_common(span a, span b)
{
    const size_t begin = hl_max(a.begin, b.begin), end = hl_min(a.end, b.end);
    return begin < end ? end - begin : 0;
}

/* The most numbers of a layer that are not of the block. */
static size_t most_beside(span block, const size_t *layer, int layers)
{
    size_t most = 0;
    for (int i = 0; i < layers; i++) {
        const size_t n = layer[i + 1] - layer[i] - in_common(block, (span){layer[i], layer[i + 1]});
        if (n > most) most = n;
    }
    return most;
}

size_t hl_zero_unread(const hl_params *t, int texts)
{
    size_t unread = 0;
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        const double rows = (double)(p->mine.end - p->mine.begin), all = (double)p->shape[0];
        if (p->row_sparse && rows > 0)
            unread += (size_t)(rows - ceil(hl_min(rows, texts * rows / all))) * (size_t)p->shape[1];
    }
    return unread;
}

hl_zero_state hl_zero_state_of(const hl_params *t, int zero, int replicas, int replica, int waiting, int texts,
                               bool frozen)
{
    const size_t unread = hl_zero_unread(t, texts);
    const span block = {hl_params_block_begin(t, replicas, replica), hl_params_block_begin(t, replicas, replica + 1)};
    size_t *layer = hl_alloc((size_t)(t->n + 1) * sizeof *layer);
    const int layers = hl_zero_layers(layer, t),
              at_hand = (!frozen && hl_zero_shards_gradients(zero)) + hl_zero_shards_weights(zero);
    const span layered = {layer[0], layer[layers]};
    const size_t held = t->count - (layered.end - layered.begin) + in_common(block, layered);
    hl_zero_state s = {.all = t->count,
                       .weights = hl_zero_shards_weights(zero) ? held : t->count,
                       .gradients = hl_zero_shards_gradients(zero) ? held - unread : t->count - unread,
                       .moments = hl_zero_shards_moments(zero) ? block.end - block.begin : t->count,
                       .layer = (size_t)at_hand * most_beside(block, layer, layers),
                       .waiting = (t->count - unread) * (size_t)waiting};
    free(layer);
    if (frozen) s.gradients = s.moments = s.waiting = 0;
    return s;
}

double hl_zero_bytes(const hl_zero_state state[HL_SIDES])
{
    size_t numbers = 0, layer = 0;
    for (hl_side i = 0; i < HL_SIDES; i++) {
        const hl_zero_state *s = &state[i];
        numbers += s->weights + s->gradients + 2 * s->moments + s->waiting;
        if (s->layer > layer) layer = s->layer;
    }
    return sizeof(float) * (double)(numbers + layer);
}
