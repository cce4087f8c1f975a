/* zero.c - what replicas shard, and the numbers of weights, gradients and moments that a rank holds so. */
#include "step/zero.h"
#include "base/minmax.h"
#include <math.h>
#include <stdlib.h>

/* The numbers of all layers that the replica has; the most of a layer that it has not. */
static size_t count_layers(size_t *most_beside, const hl_shards *s, int replica)
{
    size_t mine = 0;
    *most_beside = 0;
    for (int k = 1; k < s->parts - 1; k++) {
        const hl_span block = hl_shards_block(s, replica, s->part[k]);
        const size_t has = block.end - block.begin, beside = s->part[k + 1] - s->part[k] - has;
        mine += has;
        *most_beside = hl_max(*most_beside, beside);
    }
    return mine;
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
    hl_shards shards;
    hl_zero_state s = {.all = t->count,
                       .weights = t->count,
                       .gradients = t->count - unread,
                       .moments = t->count,
                       .waiting = (t->count - unread) * (size_t)waiting};
    hl_zero_shards_open(&shards, t, zero, replicas);
    if (hl_zero_shards_moments(zero)) s.moments = hl_shards_numbers(&shards, replica);
    if (hl_zero_shards_gradients(zero)) {
        size_t beside;
        const size_t layered = shards.part[shards.parts - 1] - shards.part[1],
                     held = t->count - layered + count_layers(&beside, &shards, replica);
        s.gradients = held - unread;
        if (hl_zero_shards_weights(zero)) s.weights = held;
        s.layer = beside * (size_t)(!frozen + hl_zero_shards_weights(zero));
    }
    hl_shards_close(&shards);
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
