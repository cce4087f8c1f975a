/* cmd-import.c - hllm import: the weights of other programs as a checkpoint. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/export/model-import.h"
#include "base/alloc.h"
#include <stdlib.h>

static hl_status check(const hl_config *c, const char *to)
{
    if (!to) return HL_FAIL(HL_EUSAGE, "say where to, by --to DIR");
    if (hl_model_facts_of[c->model].no_steps)
        return HL_FAIL(HL_EUSAGE, "model %s has no weights to import; import HLLM", hl_model_facts_of[c->model].name);
    return HL_OK;
}

static void begin_with(hl_config *c, const char *from)
{
    if (!from) return;
    free(c->load_pretrain);
    c->load_pretrain = hl_alloc_text(from);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    hl_job job = {0};
    const char *from = NULL, *to = NULL;
    HL_TRY(hl_arguments_take(&from, "from", &argc, argv));
    HL_TRY(hl_arguments_take(&to, "to", &argc, argv));
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) begin_with(&c, from);
    if (s == HL_OK) s = check(&c, to);
    if (s == HL_OK) s = hl_job_open(&job, world, &c, false);
    if (s == HL_OK) s = hl_model_import(&job, to);
    hl_job_close(&job);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_import = {
    .name = "import",
    .arguments = "CONFIG... --to DIR [--from PATH]",
    .help = "weights of other programs to a checkpoint: Hugging Face folders, the public HLLM code",
    .more =
        "  --to DIR           DIR/step-0 is the checkpoint, for hllm eval, embed and export, and for load_pretrain;\n"
        "                     DIR has no other\n"
        "  --from PATH        a state dict of the public HLLM code, as load_pretrain takes it; else the weights are\n"
        "                     those of item_pretrain_dir, user_pretrain_dir and item_emb_pretrain\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
