/* embed.c - the vectors of items, in a file for other programs. */
#include "app/embed/embed.h"
#include "app/embed/embed-file.h"
#include "app/embed/embed-texts.h"
#include "base/acts.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/minmax.h"
#include "math/rows.h"
#include "mpi/eval/catalogue.h"
#include <stdlib.h>

enum { ROUND = 4096 }; /* texts */

/* A round's texts as a corpus; item i + 1 is text list[i]. */
typedef struct {
    const hl_embed_texts *texts;
    const int32_t *list; /* (n) rows */
} round_texts;

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const round_texts *r = c->self;
    return hl_embed_texts_tokens(r->texts, item > 0 ? r->list[item - 1] : -1, n);
}

static int64_t first_of(const hl_corpus *c, int64_t item)
{
    (void)c;
    return item;
}

static uint64_t digest_of_side(const hl_job *j, const hl_sharding *h)
{
    int64_t sum = (int64_t)hl_sharding_digest(h);
    hl_group_all_reduce_int(j->world, &sum, 1);
    return (uint64_t)sum;
}

static uint64_t digest_of(const hl_job *j)
{
    return hl_digest_join(digest_of_side(j, &j->engine.sharding[HL_ITEM]),
                          digest_of_side(j, &j->engine.sharding[HL_USER]));
}

/* A vector to all rows with the text. */
static hl_status put_all(const hl_embed_file *f, const hl_embed_texts *t, int32_t row, const float *vector)
{
    for (; row >= 0; row = t->next[row]) HL_TRY(hl_embed_file_put(f, row, vector));
    return HL_OK;
}

static hl_status put_mine(const hl_embed_file *f, const hl_embed_texts *t, const hl_catalogue *c, const int32_t *list)
{
    for (int i = 0; i < c->mine; i++) {
        const float *vector = c->vector + (size_t)i * (size_t)f->D;
        const int32_t row = list[c->item[c->begin + i] - 1];
        if (hl_rows_find_odd(vector, 0, 1, f->D) == 0) {
            int n;
            const char *id = hl_embed_texts_id(t, row, &n);
            return HL_FAIL(HL_ENUMERIC, "the vector of item \"%.*s\" is not finite; take an earlier checkpoint",
                           hl_min(n, 60), id);
        }
        HL_TRY(put_all(f, t, row, vector));
    }
    return HL_OK;
}

/* The n texts of the list are encoded and written. */
static hl_status encode_round(hl_job *j, const hl_embed_file *f, const hl_embed_texts *t, const int32_t *list, int n)
{
    hl_catalogue c;
    const hl_corpus *all = j->engine.corpus;
    const round_texts self = {t, list};
    const hl_corpus part = {.items = n + 1, .self = &self, .tokens = tokens_of, .first_equal = first_of};
    j->engine.corpus = &part;
    hl_catalogue_open(&c, &j->engine);
    j->engine.corpus = all;
    const bool stopped = hl_group_any(j->world, c.given_up);
    hl_status s = stopped ? HL_OK : put_mine(f, t, &c, list);
    hl_catalogue_close(&c);
    if (stopped)
        return HL_FAIL(HL_ESTOP, "stopped by a signal after %lld of %lld texts; the same command goes on",
                       (long long)f->done, (long long)t->texts);
    HL_TRY_ALL(j->world, s);
    return HL_OK;
}

/* What an earlier file has of texts [from, end) is copied, by one rank each; list: the others, how many. */
static hl_status take_earlier(const hl_job *j, const hl_embed_file *f, const hl_embed_texts *t, int64_t from,
                              int64_t end, int32_t *list, int *n)
{
    float *vector = hl_alloc((size_t)f->D * sizeof *vector);
    hl_status s = HL_OK;
    *n = 0;
    for (int64_t i = from; s == HL_OK && i < end; i++) {
        const int64_t row = hl_embed_file_find(f, t->digest[t->first[i]]);
        if (row < 0) list[(*n)++] = t->first[i];
        else if (i % j->world->size == j->world->rank) {
            s = hl_state_dict_read_part(f->earlier_vectors, vector, (size_t)row * (size_t)f->D, (size_t)f->D);
            if (s == HL_OK) s = put_all(f, t, t->first[i], vector);
        }
    }
    free(vector);
    HL_TRY_ALL(j->world, s);
    return HL_OK;
}

static hl_status embed_all(hl_job *j, hl_embed_file *f, const hl_embed_texts *t)
{
    int32_t list[ROUND];
    int64_t encoded = 0, begun = f->done;
    const double began = hl_seconds();
    for (int64_t from = f->done; from < t->texts; from += ROUND) {
        const int64_t end = hl_min(from + ROUND, t->texts);
        int n;
        HL_TRY(take_earlier(j, f, t, from, end, list, &n));
        if (n > 0) HL_TRY(encode_round(j, f, t, list, n));
        encoded += n;
        HL_TRY(hl_embed_file_advance(f, j->world, end));
        hl_log_transient("embedding: %lld of %lld texts", (long long)end, (long long)t->texts);
    }
    const double seconds = hl_seconds() - began;
    hl_log(HL_INFO, "%s: %lld items, %lld texts, of which %lld were encoded in %.1f s (%.0f a second)", f->path,
           (long long)t->rows, (long long)(t->texts - begun), (long long)encoded, seconds,
           seconds > 0 ? (double)encoded / seconds : 0);
    return hl_embed_file_finish(f, j->world);
}

hl_status hl_embed(hl_job *j, const hl_embed_orders *o)
{
    hl_embed_texts t;
    hl_embed_file f = {.fd = -1};
    hl_act_begin("embedding texts", -1);
    hl_status s = hl_embed_texts_open(&t, j, o->texts);
    if (s == HL_OK) s = hl_embed_file_open(&f, j->world, o->to, &t, hl_engine_width(&j->engine), digest_of(j));
    if (s == HL_OK) s = embed_all(j, &f, &t);
    hl_embed_file_close(&f);
    hl_embed_texts_close(&t);
    return s;
}
