/* cmd-export.c - hllm export: the weights of a checkpoint in the forms of other programs. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/export/model-export.h"
#include <stdlib.h>
#include <string.h>

/* A word of a table; HL_EUSAGE that lists them. */
typedef struct {
    const char *word, *name;
    int number;
} choice;

static const choice dtypes[] = {{"float32", "F32", 0}, {"bfloat16", "BF16", 0}, {0}};
static const choice forms[] = {
    {"both", "", HL_EXPORT_HF | HL_EXPORT_HLLM}, {"hf", "", HL_EXPORT_HF}, {"hllm", "", HL_EXPORT_HLLM}, {0}};

static hl_status choose(const choice **out, const choice *of, const char *option, const char *word)
{
    char list[100] = "";
    *out = of;
    for (; word && (*out)->word && strcmp((*out)->word, word) != 0; ++*out) continue;
    if ((*out)->word) return HL_OK;
    for (; of->word; of++) {
        strncat(list, *list ? ", " : "", sizeof list - strlen(list) - 1);
        strncat(list, of->word, sizeof list - strlen(list) - 1);
    }
    return HL_FAIL(HL_EUSAGE, "--%s %.40s is none of %s", option, word, list);
}

/* "5GB", "200MB", "1000". */
static hl_status bytes_of(int64_t *out, const char *text)
{
    static const struct {
        const char *unit;
        double bytes;
    } units[] = {{"", 1}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}};
    char *end;
    const double x = strtod(text, &end);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (end != text && strcmp(end, units[i].unit) == 0 && x * units[i].bytes >= 1 && x * units[i].bytes <= 1e18) {
            *out = (int64_t)(x * units[i].bytes);
            return HL_OK;
        }
    return HL_FAIL(HL_EUSAGE, "--max-shard-size %.40s is not a number of bytes, as 5GB or 200MB", text);
}

static hl_status take(hl_model_export_orders *o, int *argc, char **argv)
{
    const char *dtype = NULL, *form = NULL, *size = NULL;
    const choice *c;
    HL_TRY(hl_arguments_take(&o->checkpoint, "checkpoint", argc, argv));
    HL_TRY(hl_arguments_take(&o->to, "to", argc, argv));
    HL_TRY(hl_arguments_take(&dtype, "dtype", argc, argv));
    HL_TRY(hl_arguments_take(&form, "form", argc, argv));
    HL_TRY(hl_arguments_take(&size, "max-shard-size", argc, argv));
    HL_TRY(choose(&c, dtypes, "dtype", dtype));
    o->dtype = c->name;
    HL_TRY(choose(&c, forms, "form", form));
    o->forms = c->number;
    HL_TRY(bytes_of(&o->shard_bytes, size ? size : "5GB"));
    return o->to ? HL_OK : HL_FAIL(HL_EUSAGE, "say where to, by --to DIR");
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    hl_model_export_orders o = {0};
    HL_TRY(take(&o, &argc, argv));
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) s = hl_model_export(world, &c, &o);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_export = {
    .name = "export",
    .arguments = "CONFIG... --to DIR [--checkpoint DIR] [--dtype T]",
    .help = "write the weights of a checkpoint for other programs: Hugging Face folders, the public HLLM code",
    .more =
        "  --to DIR           DIR/item and DIR/user, Hugging Face folders, and DIR/hllm.safetensors, a state dict of\n"
        "                     the public HLLM code; of SASRec, HSTU and LLMIDRec the latter alone.  DIR is there\n"
        "                     whole or not at all; an earlier export is replaced\n"
        "  --checkpoint DIR   a run folder, whose best is taken, or its latest (RUN/latest), or a folder step-N;\n"
        "                     without it the run in checkpoint_dir\n"
        "  --form FORM        both (the default), hf or hllm\n"
        "  --dtype T          float32 (the default) or bfloat16, rounded to the nearest\n"
        "  --max-shard-size N of a file of a Hugging Face folder: 5GB\n",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
