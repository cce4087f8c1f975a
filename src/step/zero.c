/* zero.c - what replicas shard, and the numbers of weights, gradients and moments that a rank holds so. */
#include "step/zero.h"
#include "base/minmax.h"
#include <math.h>
#include <stdlib.h>

/* What one replica has.  The blocks of all others are not looked for: a job asks of each of its ranks. */
typedef struct {
    size_t numbers;                      /* of all parts */
    size_t layered, layers, most_beside; /* all layers; its numbers of them; the most of a layer that it has not */
} shard;

static shard shard_of(const hl_params *t, bool by_layers, int replicas, int replica)
{
    int parts;
    size_t *part = hl_shards_parts(&parts, t, by_layers);
    shard s = {0};
    for (int k = 0; k < parts; k++) {
        const size_t lo = part[k], hi = part[k + 1], begin = hl_params_cut(t, lo, hi, replicas, replica),
                     has = hl_params_cut(t, lo, hi, replicas, replica + 1) - begin;
        s.numbers += has;
        if (k == 0 || k == parts - 1) continue;
        s.layered += hi - lo;
        s.layers += has;
        s.most_beside = hl_max(s.most_beside, hi - lo - has);
    }
    free(part);
    return s;
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
    hl_zero_state s = {.all = t->count,
                       .weights = t->count,
                       .gradients = t->count - unread,
                       .moments = t->count,
                       .waiting = (t->count - unread) * (size_t)waiting};
    const shard its =
        hl_zero_shards_moments(zero) ? shard_of(t, hl_zero_shards_gradients(zero), replicas, replica) : (shard){0};
    if (hl_zero_shards_moments(zero)) s.moments = its.numbers;
    if (hl_zero_shards_gradients(zero)) {
        const size_t held = t->count - its.layered + its.layers;
        s.gradients = held - unread;
        if (hl_zero_shards_weights(zero)) s.weights = held;
        s.layer = its.most_beside * (size_t)(!frozen + hl_zero_shards_weights(zero));
    }
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
