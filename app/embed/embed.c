/* embed.c - the vectors of items or users, in a file for other programs. */
#include "app/embed/embed.h"
#include "app/embed/embed-file.h"
#include "app/embed/embed-source.h"
#include "app/train/origin.h"
#include "base/acts.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/stop.h"
#include "math/rows.h"
#include <stdlib.h>
#include <string.h>

static const hl_embed_kind *const kinds[] = {&hl_embed_catalogue, &hl_embed_table, &hl_embed_users};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* ---- the model, as a number */

static uint64_t digest_of_side(const hl_job *j, const hl_sharding *h)
{
    int64_t sum = (int64_t)hl_sharding_digest(h);
    hl_group_all_reduce_int(j->world, &sum, 1);
    return (uint64_t)sum;
}

/* What is computed with the weights: shapes, and options that no shape has. */
static uint64_t digest_of_shapes(const hl_job *j)
{
    const hl_config *c = j->config;
    json_t *origin = hl_origin_json(j);
    json_t *o = json_pack("{sO sO si si si si}", "item", json_object_get(origin, "item"), "user",
                          json_object_get(origin, "user"), "pooling", (int)j->item_shape.pooling, "item_tokens",
                          c->item_emb_token_n, "positions", (int)c->item_positions, "precision", (int)c->precision);
    char *text = json_dumps(o, JSON_SORT_KEYS | JSON_COMPACT);
    const uint64_t digest = hl_digest(text, strlen(text));
    free(text);
    json_decref(o);
    json_decref(origin);
    return digest;
}

static uint64_t digest_of(const hl_job *j)
{
    const uint64_t weights = hl_digest_join(digest_of_side(j, &j->engine.sharding[HL_ITEM]),
                                            digest_of_side(j, &j->engine.sharding[HL_USER]));
    return hl_digest_join(weights, digest_of_shapes(j));
}

/* ---- a round */

/* A vector to all equal rows. */
static hl_status put_all(const hl_embed_file *f, const hl_embed_source *s, int32_t row, const float *vector)
{
    for (; row >= 0; row = s->next[row]) HL_TRY(hl_embed_file_put(f, row, vector));
    return HL_OK;
}

static hl_status put_part(const hl_embed_file *f, const hl_embed_source *s, const hl_embed_part *part)
{
    for (int i = 0; i < part->n; i++) {
        const float *vector = part->vector + (size_t)i * (size_t)f->D;
        if (hl_rows_find_odd(vector, 0, 1, f->D) == 0) {
            int n;
            const char *id = s->kind->id(s, part->row[i], &n);
            return HL_FAIL(HL_ENUMERIC, "the vector of \"%.*s\" (%s) is not finite; take an earlier checkpoint",
                           hl_min(n, 60), id, s->kind->kind);
        }
        HL_TRY(put_all(f, s, part->row[i], vector));
    }
    return HL_OK;
}

static hl_status encode_round(hl_embed_source *s, const hl_embed_file *f, const int32_t *list, int n)
{
    hl_embed_part part = {0};
    hl_status status = n > 0 ? s->kind->encode(s, list, n, &part) : HL_OK;
    if (status == HL_OK) status = hl_group_agree(s->job->world, put_part(f, s, &part));
    free(part.vector);
    free(part.row);
    return status;
}

/* What an earlier file has of the different rows [from, end) is copied, by one rank each; list: the others. */
static hl_status take_earlier(const hl_embed_source *s, const hl_embed_file *f, int64_t from, int64_t end,
                              int32_t *list, int *n)
{
    const hl_group *g = s->job->world;
    float *vector = hl_alloc((size_t)f->D * sizeof *vector);
    hl_status status = HL_OK;
    *n = 0;
    for (int64_t i = from; i < end; i++) {
        const int64_t row = hl_embed_file_find(f, s->digest[s->first[i]]);
        if (row < 0) list[(*n)++] = s->first[i];
        else if (status == HL_OK && i % g->size == g->rank) {
            hl_embed_file_get(f, row, vector);
            status = put_all(f, s, s->first[i], vector);
        }
    }
    free(vector);
    HL_TRY_ALL(g, status);
    return HL_OK;
}

static hl_status embed_round(hl_embed_source *s, hl_embed_file *f, int64_t end, int64_t *encoded)
{
    int32_t *list = hl_alloc((size_t)s->round * sizeof *list);
    int n;
    hl_status status = hl_group_any(s->job->world, hl_stop_is_asked()) ? HL_ESTOP : HL_OK;
    if (status == HL_OK) status = take_earlier(s, f, f->done, end, list, &n);
    if (status == HL_OK) status = encode_round(s, f, list, n);
    free(list);
    if (status == HL_ESTOP)
        return HL_FAIL(HL_ESTOP, "stopped by a signal after %lld of %lld %s; the same command goes on",
                       (long long)f->done, (long long)s->distinct, s->kind->noun);
    HL_TRY(status);
    *encoded += n;
    return hl_embed_file_advance(f, s->job->world, end);
}

/* ---- all of them */

static hl_status embed_all(hl_embed_source *s, hl_embed_file *f)
{
    int64_t encoded = 0, begun = f->done;
    const double began = hl_seconds();
    while (f->done < s->distinct) {
        HL_TRY(embed_round(s, f, hl_min(f->done + s->round, s->distinct), &encoded));
        hl_log_transient("embedding: %lld of %lld %s", (long long)f->done, (long long)s->distinct, s->kind->noun);
    }
    const double seconds = hl_seconds() - began;
    hl_log(HL_INFO, "%s: %lld %s, %lld %s, of which %lld were encoded in %.1f s (%.0f a second)", f->path,
           (long long)s->rows, s->kind->kind, (long long)(s->distinct - begun), s->kind->noun, (long long)encoded,
           seconds, seconds > 0 ? (double)encoded / seconds : 0);
    return hl_embed_file_finish(f, s->job->world);
}

static const hl_embed_kind *kind_of(const hl_embed_orders *o)
{
    for (int i = 0; i < KINDS; i++)
        if (kinds[i]->is_it(o)) return kinds[i];
    HL_CHECK(false && "orders for which there is no source");
}

hl_status hl_embed(hl_job *j, const hl_embed_orders *o)
{
    hl_embed_source s = {.kind = kind_of(o), .job = j, .orders = o};
    hl_embed_file f = {.fd = -1};
    hl_act_begin("embedding", -1);
    hl_status status = s.kind->open(&s);
    if (status == HL_OK) status = hl_embed_file_open(&f, &s, hl_engine_width(&j->engine), digest_of(j));
    if (status == HL_OK) status = embed_all(&s, &f);
    hl_embed_file_close(&f);
    s.kind->close(&s);
    free(s.digest);
    free(s.first);
    free(s.next);
    return status;
}
