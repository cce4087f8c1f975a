/* cmd-eval.c - hllm eval: rank every user's held-out item with the weights of a checkpoint, or the initial ones. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/job.h"
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

static hl_status evaluate(hl_job *job, const char *checkpoint, hl_phase phase, bool json)
{
    hl_evaluation v;
    json_t *table = NULL;
    HL_TRY(hl_table_check(job));
    HL_TRY(hl_recommenders[job->config->model]->evaluate(&v, job, checkpoint, phase));
    HL_TRY(hl_table_make(job, &v, json ? &table : NULL));
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
    hl_phase phase;
    const char *checkpoint = NULL, *phase_name = NULL;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY(hl_arguments_take(&checkpoint, "checkpoint", &argc, argv));
    HL_TRY(hl_arguments_take(&phase_name, "phase", &argc, argv));
    HL_TRY(phase_of(&phase, phase_name));
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) checkpoint = begin_with_dict(&c, world, checkpoint);
    if (s == HL_OK) s = hl_recommenders[c.model]->check(world, &c, checkpoint);
    if (s == HL_OK) s = hl_job_open(&job, world, &c, false);
    if (s == HL_OK) s = evaluate(&job, checkpoint, phase, json);
    hl_job_close(&job);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_eval = {
    .name = "eval",
    .arguments = "CONFIG... [--checkpoint DIR] [--phase valid|test] [--key value]... [--json]",
    .help = "rank every user's held-out item among the whole catalogue",
    .more = "  --checkpoint DIR   a run folder, whose best is taken, or its latest (RUN/latest), a folder step-N, or\n"
            "                     a state dict of the public HLLM code (pytorch_model.bin, hllm.safetensors);\n"
            "                     without it the initial weights are evaluated.  Texts, tokens or models other than\n"
            "                     those of its training are refused, unless with --force\n"
            "  --phase PHASE      valid or test (the default)\n"
            "  --json             one JSON object on standard output\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
