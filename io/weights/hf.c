/* hf.c - a model folder in Hugging Face's form: config.json and safetensors. */
#include "io/weights/hf.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/files/hf-folder.h"
#include "io/files/json.h"
#include "io/files/mismatches.h"
#include "io/weights/hf-names.h"
#include "io/weights/state-dict.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file has matrices: q, k, v as (heads * head_dim, in), o as (out, heads * head_dim). */
static int folded_shape(int64_t out[HL_PARAM_DIMS], const hl_param *p)
{
    int n = 0;
    for (int i = 0; i < p->ndim; i++) {
        bool into_last = p->ndim == 3 && i == p->split_axis + 1;
        if (into_last) out[n - 1] *= p->shape[i];
        else out[n++] = p->shape[i];
    }
    return n;
}

/* Has the tensor the shape that is wanted?  A mismatch where not. */
static bool fits(hl_mismatches *c, const hl_hf_place *x, const hl_param *p)
{
    const hl_state_tensor *t = x->tensor;
    int64_t want[HL_PARAM_DIMS];
    int before = c->n, ndim = folded_shape(want, p);
    if (ndim) want[0] *= x->parts;
    hl_mismatches_add_shape(c, t->name, t->shape, t->ndim, want, ndim);
    return c->n == before;
}

/* A parameter's name in the folder; NULL where it is not of this side. */
static const char *name_in_folder(const hl_param *p, const char *side)
{
    size_t n = strlen(side);
    bool of_side = strncmp(p->name, side, n) == 0 && strncmp(p->name + n, "_llm.", 5) == 0;
    return of_side ? p->name + n + 5 : NULL;
}

/* Read my share of a tensor. */
static hl_status read_share(const hl_hf_place *x, const hl_param *p, float *w)
{
    const size_t before = (size_t)x->part * (size_t)hl_param_whole(p);
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        const hl_stretch mine = hl_param_stretch(p, i);
        HL_TRY(hl_state_dict_read_part(x->tensor, w + p->offset + mine.local, before + (size_t)mine.global, mine.n));
    }
    return HL_OK;
}

/* Read what fits and is mine; say what does not fit. */
static hl_status read_side(const hl_state_dict *s, const hl_params *table, const hl_params *whole, const char *side,
                           float *w, hl_mismatches *c, bool *used)
{
    for (int k = 0; k < whole->n; k++) {
        const hl_param *p = &whole->at[k], *mine = hl_params_find(table, p->name);
        const char *name = name_in_folder(p, side);
        if (!name) continue;
        const hl_hf_place x = hl_hf_names_find(s, name);
        if (!x.tensor) hl_mismatches_add(c, "%s is missing", name);
        if (!x.tensor) continue;
        used[x.tensor - hl_state_dict_at(s, 0)] = true;
        HL_TRY(hl_stop_check("reading weights"));
        if (fits(c, &x, p) && mine) HL_TRY(read_share(&x, mine, w));
    }
    return HL_OK;
}

hl_status hl_hf_read_from(const hl_state_dict *s, const char *folder, const hl_params *table, const hl_params *whole,
                          const char *side, float *w)
{
    hl_mismatches c = {0};
    int n = hl_state_dict_count(s);
    bool *used = hl_alloc_zero((size_t)n, sizeof *used);
    hl_status status = read_side(s, table, whole, side, w, &c, used);
    for (int i = 0; i < n; i++) {
        const char *name = hl_state_dict_at(s, i)->name;
        if (!used[i] && !hl_hf_names_is_idle(name)) hl_mismatches_add(&c, "%.80s is unknown", name);
    }
    free(used);
    if (status != HL_OK) return status;
    return hl_mismatches_verdict(&c, folder, "its tensors are not those that config.json describes",
                                 "get the folder again or name another");
}

hl_status hl_hf_read(const char *folder, const hl_params *table, const hl_params *whole, const char *side, float *w)
{
    hl_state_dict *s;
    HL_TRY(hl_hf_folder_check(folder, true));
    hl_status status = hl_state_dict_open(&s, folder);
    if (status == HL_OK) status = hl_hf_read_from(s, folder, table, whole, side, w);
    hl_state_dict_close(s);
    return status;
}
