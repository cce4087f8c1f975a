/* prepare.c - CSV files into a dataset folder.
 *
 * Texts are compared by digests of their token ids, one number an item on every rank.  Two different texts among n
 * get the same digest with a probability of about n^2 / 2^65 (ten million texts: 3 in a million); opening the
 * dataset compares the ids themselves, so that such a chance is seen. */
#include "io/dataset/prepare.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/usage.h"
#include "io/dataset/cuts.h"
#include "io/dataset/dataset-write.h"
#include "io/dataset/duplicates.h"
#include "io/files/folder.h"
#include "io/dataset/interactions.h"
#include "io/files/probe.h"
#include "io/files/source.h"
#include "io/files/staging.h"
#include "io/dataset/texts.h"
#include "mpi/comm/agreement.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static const char *const files_of_a_dataset[] = {"manifest.json*", "items-*.h5*", "users-*.h5*"};

/* What a preparation holds on one rank. */
typedef struct {
    const hl_group *g;
    const hl_prepare_settings *s;
    char sources[HL_SOURCES][PATH_MAX];
    hl_tokenizer *tokenizer;
    hl_staging staging;  /* made by rank 0 */
    char path[PATH_MAX]; /* where everyone writes */
    hl_interactions x;
    hl_texts t;
    int32_t *first_equal; /* (items) */
    uint64_t *digest;     /* (items) of token ids */
    hl_manifest manifest; /* borrows the recipe from the settings */
} work;

/* Everyone gets every item's digest: each has one owner, the others add zero. */
static void compare_texts(work *w)
{
    const hl_deal *d = &w->t.deal;
    w->first_equal = hl_alloc((size_t)d->rows * sizeof *w->first_equal);
    w->digest = hl_alloc_zero((size_t)d->rows, sizeof *w->digest);
    for (int64_t slot = 0; slot < hl_deal_slots(d); slot++) {
        int n;
        const int32_t *ids = hl_texts_tokens(&w->t, slot, &n);
        w->digest[hl_deal_row(d, slot)] = hl_digest(ids, (size_t)n * sizeof *ids);
    }
    hl_group_all_reduce_int(w->g, (int64_t *)w->digest, (size_t)d->rows);
    hl_duplicates_find(w->first_equal, w->digest, d->rows);
}

static void lay_out_manifest(work *w)
{
    hl_manifest *m = &w->manifest;
    m->dataset = (char *)(uintptr_t)w->s->dataset;
    m->recipe = hl_prepare_recipe(w->s, w->tokenizer);
    m->sources[HL_INTERACTIONS] = w->x.facts;
    m->sources[HL_TEXTS] = w->t.facts;
    m->rows[HL_ITEMS] = w->t.deal.rows;
    m->rows[HL_USERS] = w->x.deal.rows;
    for (int t = 0; t < HL_TABLES; t++)
        m->shards[t] = hl_alloc_zero((size_t)hl_manifest_shards(m, (hl_table)t), sizeof *m->shards[t]);
}

static void share_shard_facts(work *w)
{
    _Static_assert(sizeof(hl_shard_facts) == 2 * sizeof(int64_t), "facts travel as two integers");
    for (int t = 0; t < HL_TABLES; t++)
        hl_group_all_reduce_int(w->g, (int64_t *)w->manifest.shards[t],
                                2 * (size_t)hl_manifest_shards(&w->manifest, (hl_table)t));
}

/* Items with a row of text whose token ids an earlier one has.  Rank 0. */
static int64_t count_equal_texts(const work *w)
{
    int64_t equal = 0;
    bool *met = hl_alloc_zero((size_t)w->t.deal.rows, sizeof *met);
    for (int64_t i = 1; i < w->t.deal.rows; i++) {
        if (!hl_idmatch_has_row(w->t.ids, i - 1)) continue;
        equal += met[w->first_equal[i]];
        met[w->first_equal[i]] = true;
    }
    free(met);
    return equal;
}

/* Each text has one owner, the others add zero. */
static void join_examples(work *w)
{
    hl_prepare_examples *e = &w->manifest.examples;
    _Static_assert(sizeof *e % sizeof(int64_t) == 0, "examples travel as integers");
    if (w->g->rank == 0 && hl_prepare_has_texts(w->s))
        hl_idmatch_unmatched(w->t.ids, e->of[HL_EXAMPLE_WITHOUT_TEXT], e->of[HL_EXAMPLE_UNUSED]);
    memcpy(e->of[HL_EXAMPLE_TIMES], w->x.times_apart, sizeof w->x.times_apart);
    memcpy(e->of[HL_EXAMPLE_MISSING], w->x.ids_missing, sizeof w->x.ids_missing);
    for (int f = 0; f < HL_FORMS; f++) {
        double first = (double)w->t.forms.first[f], least = -hl_group_max(w->g, -first);
        if (w->t.forms.count[f] > 0 && first == least)
            memcpy(e->of[HL_EXAMPLE_BLANKS + f], w->t.forms.pair[f], sizeof w->t.forms.pair[f]);
    }
    hl_group_all_reduce_int(w->g, (int64_t *)e, sizeof *e / sizeof(int64_t));
}

static void join_reports(work *w)
{
    hl_prepare_report *r = &w->manifest.report;
    const int64_t *x = (const int64_t *)&w->x.report, *t = (const int64_t *)&w->t.report;
    int64_t *sum = (int64_t *)r;
    for (int i = 0; i < HL_REPORT_COUNTS; i++) sum[i] = x[i] + t[i];
    for (int64_t i = 1; i < w->t.deal.rows && w->g->rank == 0 && hl_prepare_has_texts(w->s); i++)
        r->items_equal += w->first_equal[i] != i;
    if (w->g->rank == 0) r->texts_equal = count_equal_texts(w);
    hl_report_join(w->g, r);
    join_examples(w);
}

static hl_status check_sources(work *w)
{
    for (int i = 0; i < hl_prepare_sources(w->s); i++) {
        hl_source file;
        HL_TRY(hl_prepare_find_source(w->sources[i], w->s, i));
        hl_status s = hl_source_open(&file, w->sources[i]);
        hl_source_close(&file);
        HL_TRY(s);
    }
    return HL_OK;
}

/* The staging folder is written beside the dataset, by all ranks. */
static hl_status check_place(const work *w)
{
    char place[PATH_MAX], above[PATH_MAX];
    HL_TRY(hl_prepare_folder(place, w->s));
    for (size_t n = strlen(place); n > 1 && place[n - 1] == '/'; n--) place[n - 1] = 0;
    hl_folder_above(above, place);
    return hl_probe_folder(w->g, above, "dataset_dir");
}

static hl_status begin_staging(work *w)
{
    char folder[PATH_MAX];
    hl_folder_state state;
    hl_manifest there;
    HL_TRY(hl_prepare_folder(folder, w->s));
    hl_status s = hl_manifest_look(&there, folder, &state);
    hl_manifest_free(&there);
    HL_TRY(s);
    return hl_staging_begin(&w->staging, folder, files_of_a_dataset,
                            sizeof files_of_a_dataset / sizeof files_of_a_dataset[0]);
}

static hl_status read_interactions(work *w, hl_progress *p)
{
    hl_recipe r = hl_prepare_recipe(w->s, w->tokenizer);
    return hl_interactions_read(&w->x, w->g, w->sources[HL_INTERACTIONS], w->s->field_limit, r.shard_rows[HL_USERS],
                                &w->s->labels, p);
}

static hl_status find_split(work *w)
{
    hl_manifest *m = &w->manifest;
    return hl_cuts_find(&m->split, &m->split_report, &w->s->split, w->g, &w->x, w->sources[HL_INTERACTIONS]);
}

static hl_status read_texts(work *w, hl_progress *p)
{
    hl_recipe r = hl_prepare_recipe(w->s, w->tokenizer);
    const char *path = hl_prepare_has_texts(w->s) ? w->sources[HL_TEXTS] : NULL;
    hl_texts_how how = {
        path,        w->s->field_limit, w->s->item_prompt, w->s->text_keys, w->s->n_text_keys, w->s->max_text_length,
        w->tokenizer};
    return hl_texts_read(&w->t, &how, w->x.items, r.shard_rows[HL_ITEMS], w->g->rank, w->g->size, p);
}

/* Copies of a file on several machines may differ; rank 0's is the one that counts. */
static hl_status check_same_sources(const work *w, const hl_source_facts *first)
{
    for (int i = 0; i < hl_prepare_sources(w->s); i++)
        if (first[i].digest != w->manifest.sources[i].digest)
            return HL_FAIL(HL_EFORMAT,
                           "%s: is not the same file on all machines of the job; copy it, or use a shared folder",
                           w->sources[i]);
    return HL_OK;
}

static hl_status check_same_tokenizer(const work *w)
{
    hl_settings s = {0};
    char digest[17];
    hl_digest_text(digest, hl_tokenizer_digest(w->tokenizer));
    hl_settings_add(&s, w->s->tokenizer, digest);
    hl_status status = hl_settings_agree(
        w->g, &s, HL_EFORMAT,
        "these are digests of the tokenizer; copy it to all machines again, or name one in a folder that they share");
    hl_settings_free(&s);
    return status;
}

static hl_status finish(work *w)
{
    HL_TRY(hl_manifest_write(&w->manifest, w->path));
    if (hl_fault("dataset-rename", w->g->rank))
        return HL_FAIL(HL_ESTORE, "%s: cannot move a finished file to this name: %s; see what the disk says",
                       w->staging.place, strerror(EIO));
    return hl_staging_place(&w->staging);
}

static hl_status prepare(work *w)
{
    const hl_group *g = w->g;
    hl_source_facts first[HL_SOURCES];
    hl_progress progress = {w->s->progress, w->s->progress_self, 0};
    HL_TRY_ALL(g, hl_prepare_check(w->s));
    HL_TRY_ALL(g, hl_tokenizer_open(&w->tokenizer, w->s->tokenizer));
    HL_TRY(check_same_tokenizer(w));
    HL_TRY_ALL(g, check_sources(w));
    HL_TRY(check_place(w));
    HL_TRY_ALL(g, g->rank == 0 ? begin_staging(w) : HL_OK);
    memcpy(w->path, w->staging.path, sizeof w->path);
    hl_group_broadcast(g, w->path, sizeof w->path, 0);
    HL_TRY(read_interactions(w, &progress));
    HL_TRY(find_split(w));
    HL_TRY_ALL(g, read_texts(w, &progress));
    compare_texts(w);
    lay_out_manifest(w);
    memcpy(first, w->manifest.sources, sizeof first);
    hl_group_broadcast(g, first, sizeof first, 0);
    HL_TRY_ALL(g, check_same_sources(w, first));
    join_reports(w);
    HL_TRY(hl_prepare_check_report(w->s, &w->manifest.report, &w->manifest.examples)); /* all know the same */
    HL_TRY_ALL(g, hl_dataset_write(&(hl_dataset_parts){w->path, &w->x, &w->t, w->first_equal, w->digest, &w->manifest,
                                                       g->rank, g->size}));
    share_shard_facts(w);
    HL_TRY_ALL(g, g->rank == 0 ? finish(w) : HL_OK);
    return HL_OK;
}

/* All ranks have stopped writing when they come here: every way out of prepare is agreed. */
static void work_close(work *w)
{
    if (w->g->rank == 0) hl_staging_close(&w->staging);
    for (int t = 0; t < HL_TABLES; t++) free(w->manifest.shards[t]);
    free(w->first_equal);
    free(w->digest);
    hl_texts_close(&w->t);
    hl_interactions_close(&w->x);
    hl_tokenizer_close(w->tokenizer);
}

static void tell(const work *w, double seconds, double cpu)
{
    const hl_prepare_report *r = &w->manifest.report;
    double most = hl_group_max(w->g, (double)hl_usage_peak_bytes());
    hl_group_all_reduce_double(w->g, &cpu, 1);
    hl_log(HL_INFO,
           "%s: prepared %lld users, %lld items, %lld tokens in %.2f s (%.2f CPU seconds, at most %.0f MB a rank)",
           w->s->dataset, (long long)r->users_kept, (long long)r->items, (long long)r->tokens, seconds, cpu,
           most / 1e6);
}

/* *taken: it has failed since another run is making it. */
static hl_status make(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r, bool *taken)
{
    work *w = hl_alloc_zero(1, sizeof *w);
    double begin = hl_seconds(), cpu = hl_usage_cpu_seconds();
    w->g = g;
    w->s = s;
    w->staging.lock = -1;
    hl_status status = prepare(w);
    *r = w->manifest.report;
    *taken = w->staging.is_taken;
    hl_group_broadcast(g, taken, sizeof *taken, 0);
    if (status == HL_OK) tell(w, hl_seconds() - begin, hl_usage_cpu_seconds() - cpu);
    work_close(w);
    free(w);
    return status;
}

hl_status hl_prepare(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r)
{
    bool taken;
    return make(g, s, r, &taken);
}

static hl_status wait_for_other(const hl_prepare_settings *s)
{
    char folder[PATH_MAX];
    HL_TRY(hl_prepare_folder(folder, s));
    return hl_staging_wait(folder);
}

hl_status hl_prepare_when_needed(const hl_group *g, const hl_prepare_settings *s, hl_prepare_report *r, bool *did)
{
    for (;;) {
        bool is_current, taken = false;
        HL_TRY(hl_prepare_is_current(g, s, &is_current, r));
        *did = !is_current;
        hl_status status = is_current ? HL_OK : make(g, s, r, &taken);
        if (!taken) return status;
        HL_TRY_ALL(g, g->rank == 0 ? wait_for_other(s) : HL_OK);
    }
}
