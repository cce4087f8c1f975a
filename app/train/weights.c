/* weights.c - the checkpoint whose weights a job takes. */
#include "app/train/weights.h"
#include "base/log.h"
#include "base/path.h"
#include "app/train/origin.h"
#include "app/train/state.h"
#include "io/checkpoint/steps.h"
#include "mpi/train/copies.h"
#include "mpi/train/finite.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- which */

/* The step that is the best by the newest checkpoint that says so, -1 where none does.  Rank 0; *newest is its step. */
static int64_t best_of(const char *run, int64_t *newest)
{
    int64_t *steps, best = -1;
    int n = hl_steps_list(run, &steps);
    bool known = false;
    *newest = n ? steps[0] : -1;
    for (int i = 0; i < n && !known; i++) {
        char *text, path[PATH_MAX];
        hl_state state;
        hl_step_path(path, run, steps[i], "");
        if (hl_checkpoint_peek(&text, path) != HL_OK) continue;
        known = hl_state_read(&state, text, path) == HL_OK;
        if (known) *newest = steps[i], best = state.best >= 0 ? state.best_step : -1;
        free(text);
    }
    return best;
}

/* Rank 0: what a run calls its best. */
static hl_status find_best(char folder[PATH_MAX], const char *run, bool or_latest)
{
    int64_t newest, best = best_of(run, &newest), named = hl_step_named(run, "best");
    if (best < 0 && named < 0 && or_latest && newest >= 0) {
        hl_log(HL_INFO, "%s: no validation has chosen a best checkpoint yet, so this is the newest", run);
        hl_step_path(folder, run, newest, "");
        return HL_OK;
    }
    if (best < 0) best = named;
    if (best < 0)
        return HL_FAIL(HL_EFORMAT, "%s: has no checkpoint called best; name a run that has, or a folder step-N", run);
    if (named != best)
        hl_log(HL_WARN, "%s/best does not name step-%lld, which step-%lld says is the best; that is taken", run,
               (long long)best, (long long)newest);
    hl_step_path(folder, run, best, "");
    return HL_OK;
}

/* A run folder, rather than a checkpoint or what is not there. */
static bool is_run(const char *path)
{
    int64_t *steps;
    int n = hl_path_is_there(path, "manifest.json") ? 0 : hl_steps_list(path, &steps);
    if (n) free(steps);
    return n > 0;
}

static hl_status find(char folder[PATH_MAX], const char *path)
{
    char run[PATH_MAX], name[8] = "";
    HL_TRY(hl_path_check(path));
    hl_path(folder, "%s", path);
    for (size_t n = strlen(folder); n > 1 && folder[n - 1] == '/'; n--) folder[n - 1] = 0;
    if (is_run(folder)) {
        snprintf(run, sizeof run, "%s", folder);
        return find_best(folder, run, true);
    }
    const char *slash = strrchr(folder, '/');
    snprintf(name, sizeof name, "%s", slash ? slash + 1 : folder);
    snprintf(run, sizeof run, "%.*s", slash ? (int)(slash - folder) : 1, slash ? folder : ".");
    if (strcmp(name, "best") == 0) return find_best(folder, run, false);
    if (strcmp(name, "latest") != 0) return HL_OK;
    int64_t latest = hl_step_named(run, "latest");
    if (latest < 0)
        return HL_FAIL(HL_EFORMAT, "%s: has no checkpoint called latest; name a run that has, or a folder step-N", run);
    hl_step_path(folder, run, latest, "");
    return HL_OK;
}

hl_status hl_weights_find(char folder[PATH_MAX], const hl_group *world, const char *path)
{
    HL_TRY_ALL(world, world->rank == 0 ? find(folder, path) : HL_OK);
    hl_group_broadcast(world, folder, PATH_MAX, 0);
    return HL_OK;
}

/* ---- whether */

static hl_status check(const hl_config *c, const char *folder)
{
    char *state;
    HL_TRY(hl_checkpoint_peek(&state, folder));
    hl_status s = hl_origin_check_options(c, state, folder);
    free(state);
    return s;
}

hl_status hl_weights_check(const hl_group *world, const hl_config *c, const char *path)
{
    char folder[PATH_MAX];
    HL_TRY(hl_weights_find(folder, world, path));
    HL_TRY_ALL(world, world->rank == 0 ? check(c, folder) : HL_OK);
    return HL_OK;
}

/* ---- reading */

/* One side of the engine as a checkpoint sees it. */
static hl_checkpoint_part part_of(hl_sharding *h)
{
    const hl_shards *moments = h->w && h->zero > 0 ? &h->shards : NULL, *weights = h->zero >= 3 ? moments : NULL;
    return (hl_checkpoint_part){h->table, &h->whole, h->dp, h->w, h->m, h->v, moments, weights};
}

void hl_weights_parts(hl_checkpoint_part part[2], hl_engine *e)
{
    for (hl_side i = 0; i < HL_SIDES; i++) part[i] = part_of(&e->sharding[i]);
}

hl_status hl_weights_take(hl_job *j, const hl_checkpoint *c, bool moments)
{
    hl_checkpoint_part part[2];
    hl_weights_parts(part, &j->engine);
    const char *leaves = *j->config->item_cache ? "item_" : NULL; /* an Item LLM is of no use */
    HL_TRY(hl_checkpoint_read(c, j->world, &(hl_checkpoint_content){part, 2, moments, leaves}));
    HL_TRY(hl_finite_check(&j->engine, HL_FINITE_WEIGHTS, hl_checkpoint_path(c)));
    if (moments) HL_TRY(hl_finite_check(&j->engine, HL_FINITE_MOMENTS, hl_checkpoint_path(c)));
    for (hl_side i = 0; i < HL_SIDES; i++) {
        hl_sharding *h = &j->engine.sharding[i];
        if (h->w) hl_sharding_gather_weights(h);
    }
    return hl_copies_check(j->world, &j->engine, moments, hl_checkpoint_path(c),
                           "look whether both machines have the same file of this path, and sound memory");
}

hl_status hl_weights_read(hl_job *j, const char *path, hl_weights_use use)
{
    char folder[PATH_MAX];
    hl_checkpoint *c = NULL;
    bool with_texts = use == HL_WEIGHTS_AS_TRAINED;
    HL_TRY(hl_weights_find(folder, j->world, path));
    hl_status s = hl_checkpoint_open(&c, j->world, folder, false);
    if (s == HL_OK)
        s = hl_group_agree(j->world, j->world->rank == 0
                                         ? hl_origin_check_models(j, with_texts, hl_checkpoint_state(c), folder)
                                         : HL_OK);
    if (s == HL_OK) hl_log(HL_INFO, "weights of %s", folder);
    if (s == HL_OK) s = hl_weights_take(j, c, false);
    hl_checkpoint_close(c);
    return s;
}
