/* run.c - the folder of a run: used.yaml, checkpoints, metrics.jsonl, ledger.jsonl. */
#include "experiments/run.h"
#include "base/log.h"
#include "base/process.h"
#include "experiments/build.h"
#include "io/aside.h"
#include "io/atomic.h"
#include "io/checkpoint.h"
#include "io/steps.h"
#include "math/linear.h"
#include "mpi/finite.h"
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { USED_MOST = 1 << 20 };

static bool is_first(const hl_run *r)
{
    return r->job->world->rank == 0;
}

static void in_folder(char path[PATH_MAX], const hl_job *j, const char *name)
{
    snprintf(path, PATH_MAX, "%s/%s", j->config->checkpoint_dir, name);
}

/* ---- one job at a time */

/* val_only makes no folder: where there is none, there is no checkpoint either, which is said later. */
static hl_status take_lock(hl_lock **lock, const hl_config *c)
{
    enum { PATIENCE = 5 };
    HL_TRY(hl_path_check(c->checkpoint_dir));
    if (c->val_only && access(c->checkpoint_dir, F_OK) != 0) return HL_OK;
    HL_TRY(hl_folder_make(c->checkpoint_dir));
    return hl_lock_take(lock, c->checkpoint_dir, PATIENCE);
}

hl_status hl_run_lock(hl_lock **lock, const hl_group *world, const hl_config *c)
{
    *lock = NULL;
    HL_TRY_ALL(world, world->rank == 0 ? take_lock(lock, c) : HL_OK);
    return HL_OK;
}

/* ---- tensors and state */

/* One side of the engine as a checkpoint sees it. */
static hl_checkpoint_part part_of(hl_holding *h)
{
    float *w = h->w && h->zero >= 3 ? h->w + h->begin : h->w;
    return (hl_checkpoint_part){h->table, &h->whole, h->copies, w, h->m, h->v, h->zero > 0, h->zero >= 3};
}

static void parts_of(hl_checkpoint_part part[2], hl_engine *e)
{
    part[0] = part_of(&e->item);
    part[1] = part_of(&e->user);
}

/* Rank 0's is the one that counts. */
static void note_job(hl_state *s)
{
    hl_process me;
    hl_process_find(&me);
    snprintf(s->job, sizeof s->job, "%s", me.job);
}

static int64_t best_step(const hl_run *r)
{
    return r->state.best >= 0 ? r->state.best_step : -1;
}

/* Lines come before the checkpoint that knows of them. */
static hl_status sync_records(hl_run *r)
{
    HL_TRY_ALL(r->job->world, hl_record_sync(r->record));
    HL_TRY_ALL(r->job->world, hl_record_sync(r->digests));
    return HL_OK;
}

hl_status hl_run_save(hl_run *r)
{
    hl_checkpoint_part part[2];
    parts_of(part, &r->job->engine);
    HL_TRY(sync_records(r));
    char *state = hl_state_text(&r->state);
    hl_status s = hl_checkpoint_write(r->job->world, r->job->config->checkpoint_dir, r->state.step, &(hl_checkpoint_content){part, 2, true}, state,
                                      r->job->config->keep, best_step(r));
    free(state);
    if (s == HL_OK) r->saved = r->state.step;
    return s;
}

hl_status hl_run_save_state(hl_run *r)
{
    const hl_config *c = r->job->config;
    HL_CHECK(r->saved == r->state.step);
    HL_TRY(sync_records(r));
    char *state = hl_state_text(&r->state);
    hl_status s = hl_checkpoint_restate(r->job->world, c->checkpoint_dir, r->state.step, state, c->keep, best_step(r));
    free(state);
    return s;
}

static hl_status read_opened(hl_job *j, const hl_checkpoint *c, bool moments)
{
    hl_checkpoint_part part[2];
    parts_of(part, &j->engine);
    HL_TRY(hl_checkpoint_read(c, j->world, &(hl_checkpoint_content){part, 2, moments}));
    HL_TRY(hl_finite_check(&j->engine, HL_IN_WEIGHTS, hl_checkpoint_path(c)));
    if (moments) HL_TRY(hl_finite_check(&j->engine, HL_IN_MOMENTS, hl_checkpoint_path(c)));
    if (j->engine.item.w) hl_holding_share(&j->engine.item);
    if (j->engine.user.w) hl_holding_share(&j->engine.user);
    return HL_OK;
}

/* <run>/best and <run>/latest are files that name a folder. */
static hl_status find_folder(char folder[PATH_MAX], const hl_job *j, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool is_name = strcmp(name, "best") == 0 || strcmp(name, "latest") == 0;
    snprintf(folder, PATH_MAX, "%s", path);
    if (!is_name) return HL_OK;
    char run[PATH_MAX];
    snprintf(run, sizeof run, "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
    return hl_checkpoint_find(folder, j->world, run, name);
}

hl_status hl_run_read_weights(hl_job *j, const char *path)
{
    char folder[PATH_MAX];
    hl_checkpoint *c = NULL;
    HL_TRY(find_folder(folder, j, path));
    hl_status s = hl_checkpoint_open(&c, j->world, folder, false);
    if (s == HL_OK) s = read_opened(j, c, false);
    hl_checkpoint_close(c);
    return s;
}

hl_status hl_run_take_best(hl_run *r)
{
    char path[PATH_MAX];
    bool is_at_hand = r->state.best < 0 || r->state.best_step == r->state.step;
    if (is_at_hand) return HL_OK;
    HL_TRY(hl_checkpoint_find(path, r->job->world, r->job->config->checkpoint_dir, "best"));
    hl_log(HL_INFO, "testing %s", path);
    return hl_run_read_weights(r->job, path);
}

/* ---- starting, and going on */

static hl_status write_used(const hl_run *r)
{
    char path[PATH_MAX], *text = NULL;
    size_t n = 0;
    in_folder(path, r->job, "used.yaml");
    FILE *out = open_memstream(&text, &n);
    HL_CHECK(out != NULL);
    hl_config_write_yaml(r->job->config, out);
    fclose(out);
    hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}

/* Rank 0: may the configuration go on with what is in the folder? */
static hl_status compare_used(const hl_run *r)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    in_folder(path, r->job, "used.yaml");
    hl_status s = hl_file_read(path, USED_MOST, &text, &n);
    if (s == HL_OK) s = hl_config_may_resume(r->job->config, text, n, path);
    free(text);
    return s;
}

static hl_status go_on(hl_run *r, const hl_checkpoint *c)
{
    const char *path = hl_checkpoint_path(c);
    HL_TRY_ALL(r->job->world, is_first(r) ? compare_used(r) : HL_OK);
    HL_TRY_ALL(r->job->world, hl_state_read(&r->state, hl_checkpoint_state(c), path));
    note_job(&r->state);
    if (r->state.data != hl_dataset_digest(r->job->data))
        return HL_FAIL(HL_EUSAGE, "%s was trained on other data than %s holds now; restore the data or choose another checkpoint_dir",
                       path, r->job->config->dataset);
    HL_TRY(read_opened(r->job, c, true));
    r->job->engine.updates = (long)r->state.updates;
    r->resumed = true;
    r->saved = r->state.step;
    hl_log(HL_INFO, "continuing from %s", path);
    return HL_OK;
}

static const char *const records[] = {"metrics.jsonl", "ledger.jsonl", "used.yaml"};

/* Without `resume`: what an earlier run has left must neither be lost nor be taken for this one's after a kill. */
static hl_status set_aside(const hl_config *c)
{
    char old[PATH_MAX];
    HL_TRY(hl_aside_move(old, c->checkpoint_dir, records, sizeof records / sizeof records[0]));
    if (*old) hl_log(HL_INFO, "the run that was in %s is now in %s", c->checkpoint_dir, old);
    return HL_OK;
}

/* What kills have left, before anything is read. */
static hl_status tidy(const hl_config *c)
{
    if (access(c->checkpoint_dir, F_OK) != 0) return HL_OK;
    if (hl_aside_is_unfinished(c->checkpoint_dir)) HL_TRY(set_aside(c));
    hl_steps_clean(c->checkpoint_dir);
    hl_steps_tell_others(c->checkpoint_dir);
    return HL_OK;
}

/* Rank 0: was this checkpoint (NULL: there is none) written by the batch job that we are, before it was started again? */
static bool is_own(const hl_checkpoint *found)
{
    hl_process me;
    hl_state was = {0};
    hl_process_find(&me);
    if (!found) return me.restarts > 0;
    if (hl_state_read(&was, hl_checkpoint_state(found), hl_checkpoint_path(found)) != HL_OK) return false;
    bool is_same = *was.job && strcmp(was.job, me.job) == 0, is_unknown = !*was.job && me.restarts > 0;
    return is_same || is_unknown;
}

/* resume is false, and *found is what the folder has; s: how opening it went. */
static hl_status begin_anew(hl_run *r, hl_checkpoint **found, hl_status s)
{
    const hl_config *c = r->job->config;
    bool own = is_first(r) && is_own(*found);
    hl_group_share(r->job->world, &own, sizeof own, 0);
    if (own && *found) hl_log(HL_INFO, "resume is false, but %s is of this very job, which was started again: it goes on", hl_checkpoint_path(*found));
    if (own) return s;
    hl_checkpoint_close(*found);
    *found = NULL;
    HL_TRY_ALL(r->job->world, is_first(r) ? set_aside(c) : HL_OK);
    return HL_OK;
}

static hl_status start_or_go_on(hl_run *r)
{
    const hl_config *c = r->job->config;
    bool anew = !c->resume && !c->val_only;
    hl_checkpoint *found = NULL;
    HL_TRY_ALL(r->job->world, is_first(r) ? tidy(c) : HL_OK);
    hl_status s = hl_checkpoint_open_newest(&found, r->job->world, c->checkpoint_dir, true);
    bool are_damaged = s == HL_ESTORE; /* all of them; they go aside too */
    if (anew && (s == HL_OK || are_damaged)) s = begin_anew(r, &found, s);
    if (s == HL_OK && found) s = go_on(r, found);
    hl_checkpoint_close(found);
    if (s == HL_OK && c->val_only && !r->resumed)
        return HL_FAIL(HL_EUSAGE, "%s: has no checkpoint, and val_only trains none; leave val_only out, or name the checkpoint_dir of a training", c->checkpoint_dir);
    return s;
}

static hl_status open_record(hl_run *r)
{
    char path[PATH_MAX];
    in_folder(path, r->job, "metrics.jsonl");
    return hl_record_open(&r->record, path, r->state.step, r->state.due ? "eval" : NULL);
}

/* Without `ledger` too: lines of steps that will be made again must not be taken for those of the second time. */
static hl_status open_digests(hl_run *r)
{
    char path[PATH_MAX];
    bool on = r->job->config->ledger;
    in_folder(path, r->job, "ledger.jsonl");
    if (!on && access(path, F_OK) != 0) return HL_OK;
    hl_status s = hl_record_open(&r->digests, path, r->state.step, NULL);
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
    hl_group_node(&node, world);
    int64_t firsts = node.rank == 0;
    hl_group_sum_int(world, &firsts, 1);
    hl_group_close(&node);
    return (int)firsts;
}

static hl_status note_run(hl_run *r)
{
    hl_job *j = r->job;
    char mpi[MPI_MAX_LIBRARY_VERSION_STRING];
    int length, bound = processors_bound();
    MPI_Get_library_version(mpi, &length);
    const hl_record_facts facts = {
        .step = r->state.step, .version = hl_build_version(), .commit = hl_build_commit(), .compiler = hl_build_compiler(), .flags = hl_build_flags(),
        .math = hl_math_library(), .mpi = mpi, .nodes = count_nodes(j->world), .ranks = j->world->size, .threads = j->threads,
        .cores = (int)sysconf(_SC_NPROCESSORS_ONLN), .cores_least = -(int)hl_group_max(j->world, -bound), .cores_most = (int)hl_group_max(j->world, bound),
        .layout = j->layout, .config = hl_config_digest(j->config), .data = hl_dataset_digest(j->data), .weights = j->initial_digest};
    HL_TRY_ALL(j->world, hl_record_run(r->record, &facts));
    HL_TRY_ALL(j->world, hl_record_run(r->digests, &facts));
    return HL_OK;
}

hl_status hl_run_open(hl_run *r, hl_job *j)
{
    *r = (hl_run){.job = j, .saved = -1, .state = {.best = -1, .data = hl_dataset_digest(j->data), .config = hl_config_digest(j->config)}};
    note_job(&r->state);
    HL_TRY(start_or_go_on(r));
    HL_TRY_ALL(j->world, is_first(r) ? write_used(r) : HL_OK);
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

static void put_phases(hl_record *r, const hl_tally *t, int ranks)
{
    for (int a = 0; a < HL_ACTS; a++) {
        const hl_fact *f = &t->fact[HL_FACT_PHASES + a];
        hl_record_phase(r, hl_act_name[a], f->min, f->sum / ranks, f->max, (int)f->who);
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
    for (int i = 0; i < HL_MESH_GROUPS; i++) hl_record_part(o, "sent", hl_mesh_name[i], hl_tally_sum(&s->tally, HL_FACT_SENT + i));
    if (o) put_phases(o, &s->tally, r->job->world->size);
    HL_TRY_ALL(r->job->world, hl_record_end(o));
    return HL_OK;
}

hl_status hl_run_note_epoch(hl_run *r, int64_t epoch)
{
    hl_record *o = r->record;
    hl_record_begin(o, "epoch");
    hl_record_int(o, "step", r->state.step);
    hl_record_int(o, "epoch", epoch);
    hl_record_number(o, "loss", r->state.epoch_loss / (double)r->state.epoch_steps);
    hl_record_int(o, "steps", r->state.epoch_steps);
    HL_TRY_ALL(r->job->world, hl_record_end(o));
    return HL_OK;
}

/* {"recall@10": 0.1, ...}. */
static void note_band(hl_record *o, const char *what, json_t *figures)
{
    const char *key;
    json_t *x;
    json_object_foreach(figures, key, x) hl_record_part(o, what, key, json_real_value(x));
}

hl_status hl_run_note_evaluation(hl_run *r, const hl_evaluation *v, int64_t epoch)
{
    hl_record *o = r->record;
    json_t *figures = hl_evaluation_json(r->job, v), *x;
    const char *key;
    hl_record_begin(o, "eval");
    hl_record_text(o, "phase", hl_phase_name[v->phase]);
    hl_record_int(o, "step", v->phase == HL_TEST && r->state.best >= 0 ? r->state.best_step : r->state.step);
    hl_record_int(o, "epoch", epoch);
    json_object_foreach(figures, key, x) {
        if (json_is_integer(x)) hl_record_int(o, key, json_integer_value(x));
        else if (json_is_real(x)) hl_record_number(o, key, json_real_value(x));
        else if (json_is_object(x)) note_band(o, key, x);
    }
    json_decref(figures);
    HL_TRY_ALL(r->job->world, hl_record_end(o));
    return HL_OK;
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
    HL_TRY_ALL(r->job->world, hl_record_end(o));
    return HL_OK;
}
