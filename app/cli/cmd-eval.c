/* cmd-eval.c - hllm eval: rank every user's held-out item with the weights of a checkpoint, or the initial ones. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/details.h"
#include "app/train/job.h"
#include "app/train/ranks-file.h"
#include "app/train/recommender.h"
#include "app/train/table.h"
#include "base/alloc.h"
#include "io/weights/hllm-dict.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hl_status phase_of(hl_phase *phase, const char *name)
{
    *phase = HL_TEST;
    if (!name || strcmp(name, "test") == 0) return HL_OK;
    *phase = HL_VALID;
    if (strcmp(name, "valid") == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--phase %s is neither valid nor test", name);
}

typedef struct {
    const char *checkpoint, *ranks; /* NULL: none */
    hl_phase phase;
    bool json;
} orders;

static hl_status evaluate(hl_job *job, const orders *o)
{
    hl_evaluation v;
    json_t *table = NULL;
    const hl_phase phase = o->phase;
    HL_TRY(hl_table_check(job));
    hl_details_prepare(job, phase);
    if (o->ranks && !job->ranks[phase].rank)
        hl_user_ranks_open(&job->ranks[phase], hl_dataset_corpus(job->data)->users);
    HL_TRY(hl_recommenders[job->config->model]->evaluate(&v, job, o->checkpoint, phase));
    hl_details_make(job, phase);
    if (o->ranks) HL_TRY(hl_ranks_file_write(job, &v, o->checkpoint, o->ranks));
    HL_TRY(hl_table_make(job, &v, o->json ? &table : NULL));
    if (!o->json && job->world->rank == 0) hl_details_print(job);
    if (!table) return HL_OK;
    json_t *out = hl_evaluation_json(job, &v);
    json_object_set_new(out, "phase", json_string(hl_phase_name[phase]));
    json_object_set_new(out, "table", table);
    json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(out);
    return HL_OK;
}

/* A state dict is no checkpoint of ours: the job begins with its weights. */
static const char *begin_with_dict(hl_config *c, const hl_group *world, const char *checkpoint)
{
    char where[PATH_MAX];
    bool is_dict = checkpoint && world->rank == 0 && hl_hllm_dict_find(where, checkpoint);
    if (!hl_group_any(world, is_dict)) return checkpoint;
    free(c->load_pretrain);
    c->load_pretrain = hl_alloc_text(checkpoint);
    return NULL;
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    hl_job job = {0};
    orders o = {0};
    const char *phase_name = NULL;
    o.json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY(hl_arguments_take(&o.checkpoint, "checkpoint", &argc, argv));
    HL_TRY(hl_arguments_take(&o.ranks, "ranks", &argc, argv));
    HL_TRY(hl_arguments_take(&phase_name, "phase", &argc, argv));
    HL_TRY(phase_of(&o.phase, phase_name));
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) o.checkpoint = begin_with_dict(&c, world, o.checkpoint);
    if (s == HL_OK) s = hl_recommenders[c.model]->check(world, &c, o.checkpoint);
    if (s == HL_OK) s = hl_job_open(&job, world, &c, false);
    if (s == HL_OK) s = evaluate(&job, &o);
    hl_job_close(&job);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_eval = {
    .name = "eval",
    .arguments = "CONFIG... [--checkpoint DIR] [--phase valid|test] [--ranks FILE] [--key value]... [--json]",
    .help = "rank every user's held-out item among the whole catalogue",
    .more = "  --checkpoint DIR   a run folder, whose best is taken, or its latest (RUN/latest), a folder step-N, or\n"
            "                     a state dict of the public HLLM code (pytorch_model.bin, hllm.safetensors);\n"
            "                     without it the initial weights are evaluated.  Texts, tokens or models other than\n"
            "                     those of its training are refused, unless with --force\n"
            "  --phase PHASE      valid or test (the default)\n"
            "  --ranks FILE       HDF5: where each user's target was ranked, for hllm compare and other programs\n"
            "  --json             one JSON object on standard output\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
