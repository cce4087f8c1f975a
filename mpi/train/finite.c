/* finite.c - numbers that are not finite: which tensor, item or user has the first of them, said the same on every
 * rank. */
#include "mpi/train/finite.h"
#include "base/minmax.h"
#include "math/rows.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A number is named by its tensor, in the order of both sides, and its place in the whole tensor. */
enum { PLACE_BITS = 40 };

static int64_t name_of(const hl_engine *e, const hl_sharding *h, const hl_param *p, int64_t place)
{
    const int64_t tensor = hl_params_find(&h->whole, p->name) - h->whole.at;
    return (tensor + (h == &e->sharding[HL_USER] ? e->sharding[HL_ITEM].whole.n : 0)) << PLACE_BITS | place;
}

/* Numbers of a side's array. */
typedef struct {
    const hl_sharding *h;
    const float *x;
} numbers;

/* The numbers from `at` on, and how many of them lie side by side before `end`; NULL: none of them is there. */
static const float *side_by_side(size_t *n, const numbers *a, size_t at, size_t end)
{
    if (a->x == a->h->g) {
        const hl_gradients x = hl_sharding_gradients(a->h, at, end);
        *n = x.n;
        return x.g;
    }
    *n = end - at;
    return a->x + at;
}

static void search_tensor(hl_first *f, const hl_engine *e, const numbers *a, const hl_param *p)
{
    const hl_span mine = hl_sharding_mine(a->h, p->offset);
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        const hl_stretch s = hl_param_stretch(p, i);
        const size_t at = p->offset + s.local, from = hl_max(at, mine.begin), end = hl_min(at + s.n, mine.end);
        for (size_t k = from, n; k < end; k += n) {
            const float *x = side_by_side(&n, a, k, end);
            if (!x || hl_rows_are_finite(x, n)) continue;
            for (size_t j = 0; j < n; j++)
                if (!isfinite(x[j]))
                    hl_first_note(f, name_of(e, a->h, p, s.global + (int64_t)(k + j - at)), (double)x[j]);
        }
    }
}

static void search(hl_first *f, const hl_engine *e, const numbers *a, bool frozen_too)
{
    for (int i = 0; a->x && i < a->h->table->n; i++)
        if (frozen_too || !a->h->frozen[i]) search_tensor(f, e, a, &a->h->table->at[i]);
}

/* Of what I update: other moments are not kept. */
static void search_side(hl_first *f, const hl_engine *e, const hl_sharding *h, hl_finite_array array)
{
    if (array == HL_FINITE_WEIGHTS) search(f, e, &(numbers){h, h->w}, true);
    if (array == HL_FINITE_GRADIENTS) search(f, e, &(numbers){h, h->g}, false);
    if (array == HL_FINITE_MOMENTS) search(f, e, &(numbers){h, h->m}, true);
    if (array == HL_FINITE_MOMENTS) search(f, e, &(numbers){h, h->v}, true);
}

/* "[3, 7]". */
static void place_text(char out[64], const hl_param *p, int64_t place)
{
    int64_t at[HL_PARAM_DIMS];
    size_t n = 1;
    for (int d = p->ndim - 1; d >= 0; d--) {
        at[d] = place % p->shape[d];
        place /= p->shape[d];
    }
    snprintf(out, 64, "[");
    for (int d = 0; d < p->ndim; d++) n += (size_t)snprintf(out + n, 64 - n, "%s%lld", d ? ", " : "", (long long)at[d]);
    snprintf(out + n, 64 - n, "]");
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), m = strlen(end);
    return n >= m && strcmp(name + n - m, end) == 0;
}

/* A row of the token table is the vector of a token: whose text has it? */
static void token_text(char out[160], const hl_engine *e, const hl_param *p, int64_t place)
{
    char item[HL_CALLED];
    out[0] = 0;
    if ((!ends_with(p->name, "embed_tokens.weight") && !ends_with(p->name, "word_embeddings.weight")) || p->ndim != 2)
        return;
    int32_t token = (int32_t)(place / p->shape[1]);
    int64_t first = hl_corpus_item_with(e->corpus, token);
    if (first >= 0) hl_corpus_call_item(item, e->corpus, first);
    if (first >= 0) snprintf(out, 160, ", the vector of token %d, which %s is the first to have", token, item);
    else snprintf(out, 160, ", the vector of token %d, which no item has", token);
}

/* What it is called, and what helps. */
static const struct {
    const char *of, *advice;
} words[] = {
    [HL_FINITE_WEIGHTS] = {"", "a file is damaged, or a conversion to 16 bits overflowed: fetch or convert the weights "
                               "again"},
    [HL_FINITE_MOMENTS] = {"AdamW's moment of ", "take an older checkpoint, and lower optim_args.learning_rate or set "
                                                 "clip_grad_norm"},
    [HL_FINITE_GRADIENTS] = {"the gradient of ",
                             "lower optim_args.learning_rate or set clip_grad_norm, and continue from "
                             "the last checkpoint"},
};

static hl_status tell(const hl_engine *e, hl_finite_array array, const char *where, const hl_first *f)
{
    const int64_t tensor = f->number >> PLACE_BITS, place = f->number & (((int64_t)1 << PLACE_BITS) - 1);
    const int64_t of_items = e->sharding[HL_ITEM].whole.n;
    const hl_param *p =
        tensor < of_items ? &e->sharding[HL_ITEM].whole.at[tensor] : &e->sharding[HL_USER].whole.at[tensor - of_items];
    char at[64], token[160];
    place_text(at, p, place);
    token_text(token, e, p, place);
    return HL_FAIL(HL_ENUMERIC, "%s: %s%s %s is %g%s (on rank %d; of all ranks' numbers %lld are not finite); %s",
                   where, words[array].of, p->name, at, f->value, token, f->rank, (long long)f->count,
                   words[array].advice);
}

hl_status hl_finite_check(const hl_engine *e, hl_finite_array array, const char *where)
{
    hl_first f = hl_first_none(e->mesh->world.rank);
    for (hl_side i = 0; i < HL_SIDES; i++) search_side(&f, e, &e->sharding[i], array);
    return hl_first_agree(&f, &e->mesh->world) ? tell(e, array, where, &f) : HL_OK;
}

void hl_finite_why(char why[HL_WHY], const hl_engine *e)
{
    hl_status s = hl_finite_check(e, HL_FINITE_WEIGHTS, "the weights");
    snprintf(why, HL_WHY, "%s",
             s != HL_OK ? hl_error_text()
                        : "all weights are finite, but what they give is too large for single precision; take an "
                          "earlier "
                          "checkpoint, and train with a lower optim_args.learning_rate or clip_grad_norm");
}

hl_status hl_finite_tell_item(const hl_engine *e, const hl_first *f, int texts)
{
    char name[HL_CALLED], why[HL_WHY];
    hl_finite_why(why, e);
    hl_corpus_call_item(name, e->corpus, hl_corpus_item_of(e->corpus, f->number));
    return HL_FAIL(HL_ENUMERIC,
                   "the vector of %s is not finite (rank %d has it; %lld of %d texts have such vectors): %s", name,
                   f->rank, (long long)f->count, texts, why);
}

hl_status hl_finite_tell_user(const hl_engine *e, const hl_first *f, const char *user)
{
    char why[HL_WHY];
    hl_finite_why(why, e);
    return HL_FAIL(HL_ENUMERIC, "the vector of %s is not finite (rank %d has it; %lld such in all): %s", user, f->rank,
                   (long long)f->count, why);
}
