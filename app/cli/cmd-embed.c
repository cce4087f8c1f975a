/* cmd-embed.c - hllm embed: the vectors of items or users, in a file for other programs. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/embed/embed.h"
#include "app/train/recommender.h"
#include "app/train/weights.h"
#include <string.h>

static hl_status embed(hl_job *job, const char *checkpoint, const hl_embed_orders *o)
{
    if (checkpoint) HL_TRY(hl_weights_read(job, checkpoint, HL_WEIGHTS_AS_TRAINED));
    return hl_embed(job, o);
}

static hl_status check(const hl_config *c, const hl_embed_orders *o)
{
    if (o->users && o->texts)
        return HL_FAIL(HL_EUSAGE, "--texts names new items, and --users asks for users; do one after the other");
    if (!o->to) return HL_FAIL(HL_EUSAGE, "say where to, by --to FILE");
    if (hl_model_facts_of[c->model].no_steps)
        return HL_FAIL(HL_EUSAGE, "model %s has no vectors; embed by HLLM", hl_model_facts_of[c->model].name);
    if (*c->item_cache && !o->users)
        return HL_FAIL(HL_EUSAGE, "item_cache: %s has the vectors of the items already; leave it out to make others",
                       c->item_cache);
    if (o->texts && hl_model_reads_ids(c->model))
        return HL_FAIL(HL_EUSAGE, "--texts %s: model %s has vectors of the items it was trained on alone; leave it out",
                       o->texts, hl_model_facts_of[c->model].name);
    return HL_OK;
}

/* Users have a part whose targets are yet to come, or none: after all of their history. */
static hl_status take_phase(hl_embed_orders *o, int *argc, char **argv)
{
    const char *name = NULL;
    HL_TRY(hl_arguments_take(&name, "phase", argc, argv));
    o->whole = name == NULL;
    for (o->phase = HL_VALID; name && o->phase <= HL_TEST; o->phase++)
        if (strcmp(name, hl_phase_name[o->phase]) == 0) break;
    if (name && !o->users) return HL_FAIL(HL_EUSAGE, "--phase is for --users; items have no history");
    return o->phase <= HL_TEST ? HL_OK : HL_FAIL(HL_EUSAGE, "--phase %.40s is neither valid nor test", name);
}

static hl_status take(hl_embed_orders *o, int *argc, char **argv)
{
    HL_TRY(hl_arguments_take(&o->texts, "texts", argc, argv));
    HL_TRY(hl_arguments_take(&o->to, "to", argc, argv));
    HL_TRY(hl_arguments_take(&o->form, "form", argc, argv));
    o->users = hl_arguments_take_flag("users", argc, argv);
    return take_phase(o, argc, argv);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    hl_job job = {0};
    hl_embed_orders o = {0};
    const char *checkpoint = NULL;
    HL_TRY(hl_arguments_take(&checkpoint, "checkpoint", &argc, argv));
    HL_TRY(take(&o, &argc, argv));
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) s = check(&c, &o);
    if (s == HL_OK) s = hl_recommenders[c.model]->check(world, &c, checkpoint);
    if (s == HL_OK) s = hl_job_open(&job, world, &c, false);
    if (s == HL_OK) s = embed(&job, checkpoint, &o);
    hl_job_close(&job);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_embed = {
    .name = "embed",
    .arguments = "CONFIG... --to FILE [--users] [--checkpoint DIR]",
    .help = "write the vectors of items or users with their ids, as safetensors, HDF5 or .npy",
    .more =
        "  --to FILE          there whole or not at all; where a job was ended, the same command goes on.  Texts and\n"
        "                     histories that a file of the same model at FILE has are not encoded again\n"
        "  --form FORM        safetensors, hdf5, or npy with a second file NAME.rows.npy; by the ending of FILE (.h5,\n"
        "                     .hdf5, .npy), else safetensors\n"
        "  --texts FILE       a table of new items: item_id and the columns of text_keys; else the catalogue\n"
        "  --users            users instead of items: the vector of the next item, 1 long, after the newest items of\n"
        "                     their whole history\n"
        "  --phase PHASE      of --users: after the history before the target of valid or test, as hllm eval reads it\n"
        "  --checkpoint DIR   a run folder, whose best is taken, or its latest (RUN/latest), or a folder step-N;\n"
        "                     without it the initial weights\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
