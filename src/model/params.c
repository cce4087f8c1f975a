/* params.c - the table of named parameters. */
#include "model/params.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/rng.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

hl_param *hl_params_add(hl_params *t, const char *name, const char *stack, int layer, int layers, int ndim, const int64_t *shape)
{
    HL_CHECK(ndim <= HL_PARAM_DIMS && strlen(name) < sizeof t->at->name && strlen(stack) < sizeof t->at->stack);
    t->at = hl_realloc(t->at, (size_t)(t->n + 1) * sizeof *t->at);
    hl_param *p = &t->at[t->n++];
    *p = (hl_param){.layer = layer, .layers = layers, .ndim = ndim, .split_axis = -1, .offset = t->count, .count = 1, .init = HL_INIT_VALUE};
    snprintf(p->name, sizeof p->name, "%s", name);
    snprintf(p->stack, sizeof p->stack, "%s", stack);
    for (int i = 0; i < ndim; i++) {
        p->shape[i] = shape[i];
        p->count *= (size_t)shape[i];
    }
    t->count += p->count;
    return p;
}

void hl_params_free(hl_params *t)
{
    free(t->at);
    *t = (hl_params){0};
}

const hl_param *hl_params_find(const hl_params *t, const char *name)
{
    for (int i = 0; i < t->n; i++)
        if (strcmp(t->at[i].name, name) == 0) return &t->at[i];
    return NULL;
}

/* A block of 4096 numbers has a stream of its own, so a share of a tensor can be filled without the rest. */
enum { INIT_BLOCK = 4096 };

static void fill_normal(float *w, const hl_param *p, uint64_t seed)
{
    uint64_t name = hl_digest(p->name, strlen(p->name));
    for (size_t begin = 0; begin < p->count; begin += INIT_BLOCK) {
        hl_rng r = hl_rng_at(seed, HL_FOR_WEIGHTS, name, (uint32_t)(begin / INIT_BLOCK));
        for (size_t i = begin; i < begin + INIT_BLOCK && i < p->count; i++) w[i] = p->std * (float)hl_rng_normal(&r);
    }
}

void hl_params_init(const hl_params *t, float *w, uint64_t seed)
{
    for (int k = 0; k < t->n; k++) {
        const hl_param *p = &t->at[k];
        float *x = w + p->offset;
        if (p->init == HL_INIT_NORMAL) fill_normal(x, p, seed);
        else
            for (size_t i = 0; i < p->count; i++) x[i] = p->init == HL_INIT_ONES ? 1 : p->value;
    }
}

uint64_t hl_params_digest(const hl_params *t, const float *w)
{
    uint64_t d = 0;
    for (int k = 0; k < t->n; k++) {
        d = hl_digest_join(d, hl_digest(t->at[k].name, strlen(t->at[k].name)));
        d = hl_digest_join(d, hl_digest(w + t->at[k].offset, t->at[k].count * sizeof(float)));
    }
    return d;
}
