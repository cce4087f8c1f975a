/* run.c - the folder of a run: used.yaml, checkpoints, metrics.jsonl, ledger.jsonl. */
#include "app/train/run.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/path.h"
#include "app/config/build.h"
#include "app/train/origin.h"
#include "app/train/resume.h"
#include "app/train/weights.h"
#include "io/files/atomic.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/place.h"
#include "io/files/regular.h"
#include "io/checkpoint/steps.h"
#include "math/kernels.h"
#include "math/linear.h"
#include "mpi/train/copies.h"
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
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
                            &(hl_checkpoint_content){part, 2, true}, state, r->job->config->keep, best_step(r));
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

/* ---- the run line */

static int processors_bound(void)
{
    cpu_set_t mine;
    CPU_ZERO(&mine);
    sched_getaffinity(0, sizeof mine, &mine);
    return CPU_COUNT(&mine);
}

static int count_nodes(const hl_group *world)
{
    hl_group node;
    hl_group_split_node(&node, world);
    int64_t firsts = node.rank == 0;
    hl_group_all_reduce_int(world, &firsts, 1);
    hl_group_close(&node);
    return (int)firsts;
}

static hl_status note_run(hl_run *r)
{
    hl_job *j = r->job;
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, bound = processors_bound();
    MPI_Get_library_version(mpi, &length);
    const hl_record_facts facts = {.step = r->state.step,
                                   .version = hl_build_version(),
                                   .commit = hl_build_commit(),
                                   .compiler = hl_build_compiler(),
                                   .flags = hl_build_flags(),
                                   .math = hl_math_library(),
                                   .kernels = hl_kernels_name(),
                                   .mpi = mpi,
                                   .nodes = count_nodes(j->world),
                                   .ranks = j->world->size,
                                   .threads = j->threads,
                                   .cores = (int)sysconf(_SC_NPROCESSORS_ONLN),
                                   .cores_least = -(int)hl_group_max(j->world, -bound),
                                   .cores_most = (int)hl_group_max(j->world, bound),
                                   .layout = j->layout,
                                   .config = hl_config_digest(j->config),
                                   .data = hl_dataset_digest(j->data),
                                   .weights = j->initial_digest};
    HL_TRY_ALL(j->world, hl_record_run(r->record, &facts));
    HL_TRY_ALL(j->world, hl_record_run(r->digests, &facts));
    return HL_OK;
}

hl_status hl_run_open(hl_run *r, hl_job *j)
{
    *r = (hl_run){.job = j,
                  .saved = -1,
                  .state = {.best = -1, .data = hl_dataset_digest(j->data), .config = hl_config_digest(j->config)}};
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
    return note_run(r);
}

void hl_run_close(hl_run *r)
{
    hl_ledger_close(&r->ledger);
    hl_record_close(r->digests);
    hl_record_close(r->record);
    r->record = r->digests = NULL;
}

/* ---- lines of metrics.jsonl */

/* A line that the disk does not take waits for the next one. */
static hl_status end_line(hl_run *r, hl_record *o)
{
    hl_status s = hl_group_agree(r->job->world, hl_record_end(o));
    if (s != HL_ESTORE) return s;
    if (is_first(r) && !r->is_behind)
        hl_log(HL_WARN, "%s; lines are kept until it does, at the next save", hl_error_text());
    r->is_behind = true;
    return HL_OK;
}

static void put_phases(hl_record *r, const hl_tally *t, int ranks)
{
    for (int a = 0; a < HL_ACTS; a++) {
        const hl_fact *f = &t->fact[HL_FACT_PHASES + a];
        hl_record_phase(r, hl_act_table[a].name, f->min, f->sum / ranks, f->max, (int)f->who);
    }
}

hl_status hl_run_note_step(hl_run *r, const hl_step_report *s, double learning_rate, int64_t epoch)
{
    hl_record *o = r->record;
    hl_record_begin(o, "step");
    hl_record_int(o, "step", r->state.step);
    hl_record_int(o, "epoch", epoch);
    hl_record_number(o, "loss", s->loss);
    hl_record_number(o, "lr", learning_rate);
    hl_record_number(o, "grad_norm", s->grad_norm);
    hl_record_number(o, "nce_samples", s->nce_samples);
    for (int k = 0; k < HL_TOPS; k++) {
        char key[32];
        snprintf(key, sizeof key, "nce_top%d_acc", hl_top[k]);
        hl_record_number(o, key, s->top_acc[k]);
    }
    hl_record_number(o, "masked_share", s->masked_share);
    hl_record_number(o, "seconds", s->seconds);
    hl_record_int(o, "rows", s->rows);
    hl_record_int(o, "items", s->public_items);
    hl_record_int(o, "unique_items", s->texts);
    hl_record_int(o, "item_tokens", s->tokens);
    hl_record_int(o, "public_item_tokens", s->public_tokens);
    hl_record_number(o, "flop", hl_tally_sum(&s->tally, HL_FACT_FLOP));
    hl_record_number(o, "bytes", hl_tally_sum(&s->tally, HL_FACT_BYTES));
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        hl_record_part(o, "sent", hl_mesh_name(i), hl_tally_sum(&s->tally, HL_FACT_SENT + i));
    if (o) put_phases(o, &s->tally, r->job->world->size);
    return end_line(r, o);
}

hl_status hl_run_note_unsaved(hl_run *r, int tries, double at_stake, const char *why)
{
    hl_record *o = r->record;
    hl_record_begin(o, "unsaved");
    hl_record_int(o, "step", r->state.step);
    hl_record_int(o, "tries", tries);
    hl_record_number(o, "at_stake_seconds", at_stake);
    hl_record_text(o, "why", why);
    return end_line(r, o);
}

hl_status hl_run_note_epoch(hl_run *r, int64_t epoch)
{
    hl_record *o = r->record;
    hl_record_begin(o, "epoch");
    hl_record_int(o, "step", r->state.step);
    hl_record_int(o, "epoch", epoch);
    hl_record_number(o, "loss", r->state.epoch_loss / (double)r->state.epoch_steps);
    hl_record_int(o, "steps", r->state.epoch_steps);
    return end_line(r, o);
}

/* {"recall@10": 0.1, ...}. */
static void note_band(hl_record *o, const char *what, json_t *metrics)
{
    const char *key;
    json_t *x;
    json_object_foreach(metrics, key, x) hl_record_part(o, what, key, json_real_value(x));
}

hl_status hl_run_note_evaluation(hl_run *r, const hl_evaluation *v, int64_t epoch)
{
    hl_record *o = r->record;
    json_t *metrics = hl_evaluation_json(r->job, v), *x;
    const char *key;
    hl_record_begin(o, "eval");
    hl_record_text(o, "phase", hl_phase_name[v->phase]);
    hl_record_int(o, "step", v->phase == HL_TEST && r->state.best >= 0 ? r->state.best_step : r->state.step);
    hl_record_int(o, "epoch", epoch);
    json_object_foreach(metrics, key, x)
    {
        if (json_is_integer(x)) hl_record_int(o, key, json_integer_value(x));
        else if (json_is_real(x)) hl_record_number(o, key, json_real_value(x));
        else if (json_is_object(x)) note_band(o, key, x);
    }
    json_decref(metrics);
    return end_line(r, o);
}

/* ---- lines of ledger.jsonl */

static uint64_t bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Those of the tensors know their names, so their sum is the digest of all. */
static uint64_t digest_of_all(const hl_sketch_sums *s, int n)
{
    uint64_t sum = 0;
    for (int k = 0; k < n; k++) sum += (uint64_t)s[k].digest;
    return sum;
}

static void put_tensors(hl_record *o, const hl_ledger *l)
{
    for (int k = 0; k < l->n; k++) {
        hl_sketch gradient = hl_sketch_of(&l->gradient[k]), weight = hl_sketch_of(&l->weight[k]);
        hl_record_sketch(o, l->name[k], "gradient", &gradient);
        hl_record_sketch(o, l->name[k], "weight", &weight);
    }
}

hl_status hl_run_note_ledger(hl_run *r, int64_t step, double loss)
{
    hl_record *o = r->digests;
    if (!r->job->config->ledger) return HL_OK;
    hl_ledger_note(&r->ledger, &r->job->engine);
    hl_record_begin(o, "ledger");
    hl_record_int(o, "step", step);
    hl_record_number(o, "loss", loss);
    hl_record_digest(o, "loss_bits", bits_of(loss));
    hl_record_digest(o, "gradients", digest_of_all(r->ledger.gradient, r->ledger.n));
    hl_record_digest(o, "weights", digest_of_all(r->ledger.weight, r->ledger.n));
    if (o) put_tensors(o, &r->ledger);
    return end_line(r, o);
}
