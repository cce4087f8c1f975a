/* embed-users.c - users: the vectors of their next items, after all of their history or up to a held-out target.
 *
 * A vector is what an evaluation ranks the catalogue by: the User LLM's last row, 1 long, over the newest items of the
 * history.  Its digest is that of the texts which these items have, and of times and items where the user model reads
 * them, so a file that is there serves as long as neither history nor texts change.  The catalogue is encoded before
 * the first user who is not known, in every job anew. */
#include "app/embed/embed-source.h"
#include "app/train/evaluation.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/part.h"
#include "mpi/eval/users.h"
#include "mpi/train/finite.h"
#include <stdlib.h>
#include <string.h>

typedef struct {
    hl_targets targets; /* row i is target i */
    int history;        /* items that the User LLM reads */
    hl_catalogue catalogue;
    bool has_catalogue;
    hl_arena arena;
} users;

static bool is_it(const hl_embed_orders *o) { return o->users; }

/* ---- what a user has read */

/* The digest of each item's text (items). */
static uint64_t *find_texts(const hl_embed_source *s)
{
    const hl_group *g = s->job->world;
    const hl_corpus *c = s->job->corpus;
    uint64_t *text = hl_alloc_zero((size_t)c->items, sizeof *text);
    const int64_t begin = hl_part_begin(c->items, g->size, g->rank),
                  end = hl_part_begin(c->items, g->size, g->rank + 1);
    for (int64_t i = begin; i < end; i++) {
        int n;
        const int32_t *tokens = c->tokens(c, i, &n);
        text[i] = hl_digest(tokens, (size_t)n * sizeof *tokens);
    }
    hl_group_all_reduce_int(g, (int64_t *)text, (size_t)c->items);
    return text;
}

/* What the user model reads of the item at place k of a history beside its text. */
static uint64_t join_inputs(uint64_t digest, const hl_embed_source *s, int64_t user, const int32_t *history, int k)
{
    const hl_model *m = &s->job->engine.model[HL_USER];
    const hl_corpus *c = s->job->corpus;
    if (m->reads_times) digest = hl_digest_join(digest, (uint64_t)c->times(c, user)[k]);
    if (m->reads_items) digest = hl_digest_join(digest, (uint64_t)history[k]);
    return digest;
}

/* Equal histories are not looked for: each user is encoded. */
static void find_digests(hl_embed_source *s, const users *u)
{
    uint64_t *text = find_texts(s), *key = hl_alloc((size_t)(s->rows + 1) * sizeof *key);
    for (int64_t row = hl_embed_source_begin(s); row < hl_embed_source_end(s); row++) {
        const int32_t *history;
        int n;
        hl_targets_at(&u->targets, row, &history, &n);
        const int64_t user = hl_targets_user(&u->targets, row);
        for (int k = hl_max(n - u->history, 0); k < n; k++)
            s->digest[row] = join_inputs(hl_digest_join(s->digest[row], text[history[k]]), s, user, history, k);
    }
    hl_embed_source_share(s, s->digest);
    for (int64_t row = 0; row < s->rows; row++) key[row] = (uint64_t)row;
    hl_embed_source_join(s, key);
    free(key);
    free(text);
}

static hl_status open_targets(users *u, const hl_embed_source *s)
{
    const hl_corpus *c = s->job->corpus;
    if (s->orders->whole) hl_targets_open_whole(&u->targets, c);
    else hl_targets_open(&u->targets, c, s->orders->phase);
    const char *phase = hl_phase_name[s->orders->phase];
    if (u->targets.n == 0)
        return HL_FAIL(HL_EUSAGE, "no user has a target in the %s part; leave --phase out for vectors of all", phase);
    if (u->targets.n < c->users)
        hl_log(HL_WARN, "%lld of %lld users have no target in the %s part and get no vector; without --phase all do",
               (long long)(c->users - u->targets.n), (long long)c->users, phase);
    return HL_OK;
}

static hl_status open_users(hl_embed_source *s)
{
    users *u = s->self = hl_alloc_zero(1, sizeof *u);
    const hl_eval_orders orders = hl_evaluation_orders(s->job->config, s->orders->phase);
    u->history = orders.history;
    u->arena = hl_arena_growing("a round of users");
    HL_TRY(open_targets(u, s)); /* the same on all ranks */
    hl_embed_source_rows(s, u->targets.n);
    s->round = orders.users;
    find_digests(s, u);
    return HL_OK;
}

static void close_users(hl_embed_source *s)
{
    users *u = s->self;
    if (!u) return;
    if (u->has_catalogue) hl_catalogue_close(&u->catalogue);
    hl_targets_close(&u->targets);
    hl_arena_free(&u->arena);
    free(u);
}

static const char *id(const hl_embed_source *s, int64_t row, int *n)
{
    const users *u = s->self;
    return hl_dataset_user_id(s->job->data, hl_targets_user(&u->targets, row), n);
}

/* ---- a round */

static hl_status open_catalogue(hl_embed_source *s, users *u)
{
    int64_t zeros;
    if (u->has_catalogue) return HL_OK;
    hl_log_transient("encoding the catalogue");
    hl_catalogue_open(&u->catalogue, &s->job->engine);
    u->has_catalogue = true;
    if (hl_group_any(s->job->world, u->catalogue.given_up)) return HL_ESTOP;
    return hl_catalogue_check(&u->catalogue, &s->job->engine, &zeros);
}

/* All ranks with item vectors have those of all users; each takes a part. */
static void take(hl_embed_part *out, const float *vector, const int32_t *list, int n, const hl_embed_source *s)
{
    const hl_group *g = &s->job->engine.mesh->vectors;
    const int D = hl_engine_width(&s->job->engine);
    if (!hl_group_has_me(g)) return;
    const int begin = (int)hl_part_begin(n, g->size, g->rank);
    out->n = (int)hl_part_count(n, g->size, g->rank);
    out->vector = hl_alloc((size_t)out->n * (size_t)D * sizeof *vector);
    out->row = hl_alloc((size_t)out->n * sizeof *list);
    if (!out->n) return;
    memcpy(out->vector, vector + (size_t)begin * (size_t)D, (size_t)out->n * (size_t)D * sizeof *vector);
    memcpy(out->row, list + begin, (size_t)out->n * sizeof *list);
}

static hl_status judge(hl_embed_source *s, hl_first *odd, const hl_targets *round)
{
    char user[HL_CALLED];
    if (!hl_first_agree(odd, s->job->world)) return HL_OK;
    hl_corpus_call_user(user, round->corpus, hl_targets_user(round, odd->number / 2));
    return hl_finite_tell_user(&s->job->engine, odd, user);
}

static hl_status encode(hl_embed_source *s, const int32_t *list, int n, hl_embed_part *out)
{
    users *u = s->self;
    HL_TRY(open_catalogue(s, u));
    hl_targets round = u->targets;
    round.n = n;
    round.user = HL_TAKE(&u->arena, int32_t, n);
    for (int i = 0; i < n; i++) round.user[i] = (int32_t)hl_targets_user(&u->targets, list[i]);
    hl_round r = {.targets = &round,
                  .users = n,
                  .history = u->history,
                  .end = n,
                  .arena = &u->arena,
                  .odd = hl_first_none(s->job->world->rank)};
    const float *vector = hl_users_encode(&s->job->engine, &u->catalogue, &r);
    take(out, vector, list, n, s);
    const hl_status status = judge(s, &r.odd, &round);
    hl_arena_back(&u->arena, 0);
    return status;
}

const hl_embed_kind hl_embed_users = {.kind = "users",
                                      .digest_name = "history_digest",
                                      .noun = "users",
                                      .is_it = is_it,
                                      .open = open_users,
                                      .close = close_users,
                                      .id = id,
                                      .encode = encode};
