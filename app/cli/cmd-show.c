/* cmd-show.c - hllm show: what a dataset, a checkpoint or a file of others holds. */
#include "base/path.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/import/import-show.h"
#include "io/checkpoint/checkpoint.h"
#include "io/dataset/dataset.h"
#include "io/files/json.h"
#include "io/files/regular.h"
#include "io/vectors/vectors.h"
#include "io/weights/state-dict-show.h"
#include <stdio.h>
#include <unistd.h>

static hl_status show_dataset(const hl_group *world, const char *path, bool json)
{
    return hl_group_agree(world, world->rank == 0 ? hl_dataset_show(path, stdout, json) : HL_OK);
}

static hl_status show_checkpoint(const hl_group *world, const char *path, bool json)
{
    return hl_checkpoint_show(world, path, stdout, json);
}

static hl_status show_run(const hl_group *world, const char *path, bool json)
{
    char newest[PATH_MAX];
    HL_TRY(hl_checkpoint_find(newest, world, path, "latest"));
    return hl_checkpoint_show(world, newest, stdout, json);
}

static hl_status show_file(const hl_group *world, const char *path, bool json)
{
    return hl_group_agree(world, world->rank == 0 ? hl_import_show(path, stdout, json) : HL_OK);
}

static hl_status show_state_dict(const hl_group *world, const char *path, bool json)
{
    return hl_group_agree(world, world->rank == 0 ? hl_state_dict_show(path, stdout, json) : HL_OK);
}

/* Vectors of a form that no other reader knows; false: it is none. */
static bool show_vectors(const char *path, bool json)
{
    const hl_vectors_form *form;
    hl_vectors_head h;
    if (!hl_vectors_look(&h, &form, path)) return false;
    if (!json) {
        printf("vectors of %s (%s): %lld rows of %lld numbers\n  model: %s\n  %s\n", h.kind, form->name,
               (long long)h.rows, (long long)h.D, h.model, h.digest_name);
        return true;
    }
    json_t *o = json_pack("{ss ss sI sI ss ss}", "kind", h.kind, "form", form->name, "rows", (json_int_t)h.rows,
                          "width", (json_int_t)h.D, "model", h.model, "digest", h.digest_name);
    json_dumpf(o, stdout, JSON_INDENT(1)), putchar('\n');
    json_decref(o);
    return true;
}

/* The record is JSON, and short. */
static hl_status show_export(const hl_group *world, const char *path, bool json)
{
    char record[PATH_MAX];
    json_t *o = NULL;
    (void)json;
    if (world->rank != 0) return hl_group_agree(world, HL_OK);
    hl_path(record, "%s/export.json", path);
    const hl_status s = hl_json_read(record, 1 << 24, &o);
    if (s == HL_OK) json_dumpf(o, stdout, JSON_INDENT(1)), putchar('\n');
    json_decref(o);
    return hl_group_agree(world, s);
}

/* What is in a folder tells what it is; the first that fits. */
static const struct {
    const char *file;
    hl_status (*show)(const hl_group *world, const char *path, bool json);
} kinds[] = {
    {"model.h5", show_checkpoint},          {"latest", show_run},
    {"manifest.json", show_dataset},        {"export.json", show_export},
    {"model.safetensors", show_state_dict}, {"model.safetensors.index.json", show_state_dict},
    {"pytorch_model.bin", show_state_dict}, {"pytorch_model.bin.index.json", show_state_dict},
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Rank 0 looks; the others may be elsewhere. */
static hl_status find_kind(int *kind, const hl_group *world, const char *path)
{
    for (*kind = 0; *kind < KINDS && !hl_path_is_there(path, kinds[*kind].file); ++*kind) continue;
    hl_group_broadcast(world, kind, sizeof *kind, 0);
    if (*kind < KINDS) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: neither a dataset, a checkpoint nor a run folder; name one of these", path);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    int kind;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    if (argc != 1)
        return HL_FAIL(HL_EUSAGE,
                       "name one thing to show: a dataset, a checkpoint, a run folder, weights, a file to import");
    if (hl_group_any(world, world->rank == 0 && hl_state_dict_is_file(argv[0])))
        return show_state_dict(world, argv[0], json);
    if (hl_group_any(world, world->rank == 0 && show_vectors(argv[0], json))) return HL_OK;
    if (hl_group_any(world, world->rank == 0 && hl_regular_is(argv[0]))) return show_file(world, argv[0], json);
    HL_TRY(find_kind(&kind, world, argv[0]));
    return kinds[kind].show(world, argv[0], json);
}

const hl_command hl_cmd_show = {
    .name = "show",
    .arguments = "FOLDER|FILE [--json]",
    .help = "what a dataset, a checkpoint, the newest of a run, weights, vectors, or a file to import holds",
    .more = "  --json    one JSON object instead of lines for people\n",
    .needs_no_launcher = true,
    .run = run,
};
