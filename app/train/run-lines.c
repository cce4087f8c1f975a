/* run-lines.c - the lines of metrics.jsonl and ledger.jsonl. */
#include "app/train/run.h"
#include "app/config/build.h"
#include "app/train/startup.h"
#include "base/log.h"
#include "math/kernels.h"
#include "math/linear.h"
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- how a run begins, or goes on */

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

hl_status hl_run_note_start(hl_run *r)
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
                                   .activation_budget = j->activation_budget,
                                   .config = hl_config_digest(j->config),
                                   .data = hl_dataset_digest(j->data),
                                   .item_model = j->cache.model,
                                   .item_vectors = j->cache.vectors,
                                   .weights = j->initial_digest};
    HL_TRY_ALL(j->world, hl_record_run(r->record, &facts));
    HL_TRY_ALL(j->world, hl_record_run(r->digests, &facts));
    return HL_OK;
}

/* ---- metrics.jsonl */

/* A line that the disk does not take waits for the next one. */
static hl_status end_line(hl_run *r, hl_record *o)
{
    hl_status s = hl_group_agree(r->job->world, hl_record_end(o));
    if (s != HL_ESTORE) return s;
    if (r->job->world->rank == 0 && !r->is_behind)
        hl_log(HL_WARN, "%s; lines are kept until it does, at the next save", hl_error_text());
    r->is_behind = true;
    return HL_OK;
}

/* {figure: {phase: [least, mean, most, rank of most]}}. */
static void put_startup(hl_record *o, const hl_startup *s, int ranks)
{
    for (int f = 0; f < HL_STARTUP_FIGURES; f++)
        for (int p = 0; p < HL_STARTUPS; p++) {
            const hl_fact *x = &s->phase[f][p];
            hl_record_spread(o, hl_startup_figure_name[f], hl_startup_name[p], x->min, x->sum / ranks, x->max,
                             (int)x->who);
        }
}

hl_status hl_run_note_startup(hl_run *r)
{
    char text[500];
    hl_startup s;
    hl_record *o = r->record;
    const int ranks = r->job->world->size;
    hl_startup_end(&s, r->job->world);
    hl_startup_text(text, sizeof text, &s, ranks);
    hl_log(HL_INFO, "%s", text);
    hl_record_begin(o, "start");
    hl_record_int(o, "step", r->state.step);
    hl_record_number(o, "seconds", s.whole[HL_STARTUP_SECONDS].sum / ranks);
    hl_record_number(o, "waited", s.waited.sum / ranks);
    hl_record_int(o, "files_opened", (int64_t)s.whole[HL_STARTUP_OPENS].sum);
    hl_record_int(o, "bytes_read", (int64_t)s.whole[HL_STARTUP_BYTES].sum);
    put_startup(o, &s, ranks);
    return end_line(r, o);
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
    if (r->job->config->fusion != HL_FUSION_NONE) hl_record_number(o, "label_loss", s->label_loss);
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
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        hl_record_part(o, "messages", hl_mesh_name(i), hl_tally_sum(&s->tally, HL_FACT_MESSAGES + i));
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
        else hl_record_value(o, key, x);
    }
    json_decref(metrics);
    return end_line(r, o);
}

/* ---- ledger.jsonl */

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
