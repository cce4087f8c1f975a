/* run.c - the folder of a run: used.yaml, checkpoints, metrics.jsonl, ledger.jsonl. */
#include "app/train/run.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/path.h"
#include "app/train/origin.h"
#include "app/train/resume.h"
#include "app/train/startup.h"
#include "app/train/weights.h"
#include "io/files/atomic.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/place.h"
#include "io/files/regular.h"
#include "io/checkpoint/steps.h"
#include "mpi/train/copies.h"
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool is_first(const hl_run *r) { return r->job->world->rank == 0; }

static void in_folder(char path[PATH_MAX], const hl_job *j, const char *name)
{
    hl_path(path, "%s/%s", j->config->checkpoint_dir, name);
}

/* ---- one job at a time */

/* val_only makes no folder: where there is none, there is no checkpoint either, which is said later. */
static hl_status take_lock(hl_lock **lock, const hl_config *c)
{
    enum { PATIENCE = 5 };
    HL_TRY(hl_path_check(c->checkpoint_dir));
    if (c->val_only && access(c->checkpoint_dir, F_OK) != 0) return HL_OK;
    return hl_lock_take(lock, c->checkpoint_dir, PATIENCE);
}

hl_status hl_run_lock(hl_lock **lock, const hl_group *world, const hl_config *c)
{
    *lock = NULL;
    HL_TRY_ALL(world, world->rank == 0 ? take_lock(lock, c) : HL_OK);
    return HL_OK;
}

/* ---- tensors and state */

static int64_t best_step(const hl_run *r) { return r->state.best >= 0 ? r->state.best_step : -1; }

/* Lines come before the checkpoint that knows of them. */
hl_status hl_run_sync(hl_run *r)
{
    HL_TRY_ALL(r->job->world, hl_place_sign(hl_record_sync(r->record), r->job->world->rank));
    HL_TRY_ALL(r->job->world, hl_place_sign(hl_record_sync(r->digests), r->job->world->rank));
    r->is_behind = false;
    r->state.metrics = hl_record_marked(r->record);
    r->state.ledger = hl_record_marked(r->digests);
    return HL_OK;
}

/* A copy that has gone its own way is not saved as if it were the run's. */
static hl_status check_copies(hl_run *r)
{
    char where[60], advice[300];
    snprintf(where, sizeof where, "step %" PRId64, r->state.step);
    snprintf(advice, sizeof advice,
             "they were equal at step %" PRId64 ", and since then memory or a processor of a machine failed, or the "
             "program; nothing is saved: test these machines, "
             "and start again without the one to blame; the run goes on from the last checkpoint",
             r->agreed);
    HL_TRY(hl_copies_check(r->job->world, &r->job->engine, true, where, advice));
    r->agreed = r->state.step;
    return HL_OK;
}

hl_status hl_run_save(hl_run *r)
{
    hl_checkpoint_part part[2];
    HL_TRY(check_copies(r));
    hl_weights_parts(part, &r->job->engine);
    HL_TRY(hl_run_sync(r));
    char *state = hl_state_text(&r->state, hl_origin_json(r->job));
    hl_status s =
        hl_checkpoint_write(r->job->world, r->job->config->checkpoint_dir, r->state.step,
                            &(hl_checkpoint_content){part, 2, true, NULL}, state, r->job->config->keep, best_step(r));
    free(state);
    if (s == HL_OK) r->saved = r->state.step;
    return s;
}

hl_status hl_run_save_state(hl_run *r)
{
    const hl_config *c = r->job->config;
    HL_CHECK(r->saved == r->state.step);
    HL_TRY(hl_run_sync(r));
    char *state = hl_state_text(&r->state, hl_origin_json(r->job));
    hl_status s = hl_checkpoint_restate(r->job->world, c->checkpoint_dir, r->state.step, state, c->keep, best_step(r));
    free(state);
    return s;
}

hl_status hl_run_take_best(hl_run *r)
{
    char path[PATH_MAX];
    hl_checkpoint *c = NULL;
    bool is_at_hand = r->state.best < 0 || r->state.best_step == r->state.step;
    if (is_at_hand) return HL_OK;
    hl_step_path(path, r->job->config->checkpoint_dir, r->state.best_step, "");
    hl_log(HL_INFO, "testing %s", path);
    hl_status s = hl_checkpoint_open(&c, r->job->world, path, false);
    if (s == HL_OK) s = hl_weights_take(r->job, c, false);
    hl_checkpoint_close(c);
    return s;
}

/* ---- starting */

/* A file that is as it should be is not written: the disk may be full. */
static bool has_text(const char *path, const char *text, size_t n)
{
    char *has = NULL;
    size_t length;
    const bool is_same = access(path, F_OK) == 0 && hl_regular_read(path, n, &has, &length) == HL_OK && length == n
                         && memcmp(has, text, n) == 0;
    free(has);
    return is_same;
}

static hl_status write_used(const hl_run *r)
{
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    in_folder(path, r->job, "used.yaml");
    FILE *out = hl_alloc_stream(&text, &n);
    hl_config_write_yaml(r->job->config, out);
    fclose(out);
    hl_status s = has_text(path, text, n) ? HL_OK : hl_atomic_write(path, text, n);
    free(text);
    return s;
}

static hl_status open_record(hl_run *r)
{
    char path[PATH_MAX];
    in_folder(path, r->job, "metrics.jsonl");
    HL_TRY(hl_record_open(&r->record, path, r->state.step, r->state.due ? "eval" : NULL));
    if (!hl_record_tell_missing(r->record, r->state.step)) hl_record_tell_changed(r->record, r->state.metrics);
    return HL_OK;
}

/* Without `ledger` too: lines of steps that will be made again must not be taken for those of the second time. */
static hl_status open_digests(hl_run *r)
{
    char path[PATH_MAX];
    bool on = r->job->config->ledger;
    in_folder(path, r->job, "ledger.jsonl");
    if (!on && access(path, F_OK) != 0) return HL_OK;
    hl_status s = hl_record_open(&r->digests, path, r->state.step, NULL);
    if (s == HL_OK) hl_record_tell_changed(r->digests, r->state.ledger);
    if (on) return s;
    hl_record_close(r->digests);
    r->digests = NULL;
    return s;
}

hl_status hl_run_open(hl_run *r, hl_job *j)
{
    *r = (hl_run){.job = j,
                  .saved = -1,
                  .state = {.best = -1, .data = hl_dataset_digest(j->data), .config = hl_config_digest(j->config)}};
    hl_startup_enter(HL_STARTUP_RESUME);
    HL_TRY(hl_resume(r));
    HL_TRY_ALL(j->world, is_first(r) ? write_used(r) : HL_OK);
    return HL_OK;
}

hl_status hl_run_begin(hl_run *r)
{
    hl_job *j = r->job;
    HL_TRY_ALL(j->world, is_first(r) ? open_record(r) : HL_OK);
    HL_TRY_ALL(j->world, is_first(r) ? open_digests(r) : HL_OK);
    if (j->config->ledger) hl_ledger_open(&r->ledger, &j->engine);
    HL_TRY(hl_run_note_start(r));
    return hl_run_note_startup(r);
}

void hl_run_close(hl_run *r)
{
    hl_ledger_close(&r->ledger);
    hl_record_close(r->digests);
    hl_record_close(r->record);
    r->record = r->digests = NULL;
}
