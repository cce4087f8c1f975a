/* cmd-embed.c - hllm embed: the vectors of items, in a file for other programs. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/embed/embed.h"
#include "app/train/recommender.h"
#include "app/train/weights.h"

static hl_status embed(hl_job *job, const char *checkpoint, const hl_embed_orders *o)
{
    if (checkpoint) HL_TRY(hl_weights_read(job, checkpoint, HL_WEIGHTS_AS_TRAINED));
    return hl_embed(job, o);
}

static hl_status check(const hl_config *c, const hl_embed_orders *o)
{
    if (!o->to) return HL_FAIL(HL_EUSAGE, "say where to, by --to FILE");
    if (hl_model_facts_of[c->model].no_steps)
        return HL_FAIL(HL_EUSAGE, "model %s has no vectors of items; embed by HLLM", hl_model_facts_of[c->model].name);
    return HL_OK;
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    hl_job job = {0};
    hl_embed_orders o = {0};
    const char *checkpoint = NULL;
    HL_TRY(hl_arguments_take(&checkpoint, "checkpoint", &argc, argv));
    HL_TRY(hl_arguments_take(&o.texts, "texts", &argc, argv));
    HL_TRY(hl_arguments_take(&o.to, "to", &argc, argv));
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
    .arguments = "CONFIG... --to FILE [--checkpoint DIR]",
    .help = "write the vectors of the items, or of new items, as safetensors with their ids",
    .more =
        "  --to FILE          a safetensors file, there whole or not at all; where a job was ended, the same command\n"
        "                     goes on.  Texts that a file of the same weights at FILE has are not encoded again\n"
        "  --texts FILE       a table of new items: item_id and the columns of text_keys; else the catalogue\n"
        "  --checkpoint DIR   a run folder, whose best is taken, or its latest (RUN/latest), or a folder step-N;\n"
        "                     without it the initial weights\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
