/* hf-folder.c - is this a model's folder in Hugging Face's form?  If not: what it is, and what to do. */
#include "io/files/hf-folder.h"
#include "base/path.h"
#include "io/files/regular.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define SAVE_AGAIN "load it in Python and save it by save_pretrained(FOLDER, safe_serialization=True)"
#define NAME_IT "give the file that name, if torch.save has written it"
#define OURS "name it as --checkpoint or load_pretrain, and here the folder of the model that it began with"

/* What a file in it says of a folder without a model of ours; the first row that fits counts. */
static const struct {
    const char *ending; /* of the file's name */
    const char *what, *next;
} kinds[] = {
    {"used.yaml", "is a run folder of this program", OURS},
    {"optimizer.h5", "is a checkpoint of this program", OURS},
    {"items-00000.h5", "is a dataset of this program", "name the folder of a model"},
    {"zero_to_fp32.py", "is a checkpoint of DeepSpeed", "make a file of it by its zero_to_fp32.py, " SAVE_AGAIN},
    {"adapter_config.json", "is an adapter (LoRA) without its model",
     "merge it into its model by merge_and_unload() and save that by save_pretrained(FOLDER)"},
    {"adapter_model.safetensors", "is an adapter (LoRA) without its model",
     "merge it into its model by merge_and_unload() and save that by save_pretrained(FOLDER)"},
    {".gguf", "has weights as GGUF only, which is not read", "get the model in Hugging Face's form, as safetensors"},
    {".safetensors", "has neither model.safetensors nor model.safetensors.index.json beside",
     "get the whole folder, or give a single file that name"},
    {".pth", "has weights under another name than pytorch_model.bin", NAME_IT},
    {".pt", "has weights under another name than pytorch_model.bin", NAME_IT},
    {".ckpt", "has weights as .ckpt only, which is not read",
     "get or make the model in Hugging Face's form, as safetensors"},
    {".h5", "has weights as .h5 only, which is not read", SAVE_AGAIN},
    {".msgpack", "has weights as Flax's .msgpack only, which is not read", SAVE_AGAIN},
    {".onnx", "has weights as ONNX only, which is not read", "get the model in Hugging Face's form, as safetensors"},
    {".bin", "has neither pytorch_model.bin nor pytorch_model.bin.index.json beside",
     "get the whole folder, or give a single file that name"},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MOST_DEPTH = 3, MOST_LOOKED_AT = 4096 };

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool has_weights(const char *folder)
{
    static const char *const names[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                        "pytorch_model.bin.index.json"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (hl_path_is_there(folder, names[i])) return true;
    return false;
}

static bool ends_with(const char *name, const char *end)
{
    size_t n = strlen(name), k = strlen(end);
    return n >= k && strcasecmp(name + n - k, end) == 0;
}

static int kind_of(const char *name)
{
    int k = 0;
    while (k < KINDS && !ends_with(name, kinds[k].ending)) k++;
    return k;
}

/* The first row that a file of the folder fits; KINDS where none does. */
static int kind_of_folder(const char *folder, char file[NAME_MAX + 1])
{
    int least = KINDS;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        int k = kind_of(e->d_name);
        if (k >= least) continue;
        least = k;
        snprintf(file, NAME_MAX + 1, "%s", e->d_name);
    }
    if (d) closedir(d);
    return least;
}

/* A link whose file is gone, as in a hub's cache that was not downloaded whole. */
static bool leads_nowhere(const char *folder, const char *name)
{
    char path[PATH_MAX];
    struct stat st;
    return hl_path_fits(path, "%s/%s", folder, name) && lstat(path, &st) == 0 && stat(path, &st) != 0
           && errno == ENOENT;
}

/* out = a folder below with config.json. */
static bool find_below(char out[PATH_MAX], const char *folder, int depth, int *looked_at)
{
    bool found = false;
    char path[PATH_MAX];
    DIR *d = depth > 0 ? opendir(folder) : NULL;
    for (struct dirent *e; d && !found && (e = readdir(d)) && ++*looked_at < MOST_LOOKED_AT;) {
        bool fits = e->d_name[0] != '.' && hl_path_fits(path, "%s/%s", folder, e->d_name);
        if (!fits || !is_folder(path)) continue;
        found = hl_path_is_there(path, "config.json");
        if (found) hl_path(out, "%s", path);
        else found = find_below(out, path, depth - 1, looked_at);
    }
    if (d) closedir(d);
    return found;
}

/* A hub's cache keeps the revision of a branch in refs/, its files in snapshots/. */
static bool find_revision(char out[PATH_MAX], const char *folder)
{
    char path[PATH_MAX], revision[100] = "";
    if (!hl_path_fits(path, "%s/refs/main", folder)) return false;
    FILE *in;
    if (hl_regular_stream(&in, path, HL_EFORMAT, "get the model again") != HL_OK) return false;
    bool has_name = fgets(revision, sizeof revision, in) != NULL;
    fclose(in);
    revision[strcspn(revision, "\r\n")] = 0;
    return has_name && *revision && hl_path_fits(out, "%s/snapshots/%s", folder, revision)
           && hl_path_is_there(out, "config.json");
}

static hl_status say_where(const char *folder)
{
    char below[PATH_MAX];
    int looked_at = 0;
    bool is_cache = hl_path_is_there(folder, "snapshots");
    if (find_revision(below, folder) || find_below(below, folder, MOST_DEPTH, &looked_at))
        return HL_FAIL(HL_EFORMAT, "%s: %s; the model is in %s, so name that", folder,
                       is_cache ? "is the root of a hub's cache" : "has no config.json itself", below);
    if (is_cache)
        return HL_FAIL(HL_EFORMAT,
                       "%s: is the root of a hub's cache without a whole snapshot; download the model again", folder);
    return HL_FAIL(HL_EFORMAT, "%s: has no config.json; name the folder of a whole model, as save_pretrained writes it",
                   folder);
}

static hl_status say_kind(const char *folder, int kind, const char *file)
{
    return HL_FAIL(HL_EFORMAT, "%s: %s (%.100s); %s", folder, kinds[kind].what, file, kinds[kind].next);
}

static hl_status without_config(const char *folder)
{
    char file[NAME_MAX + 1];
    int kind = kind_of_folder(folder, file);
    if (has_weights(folder))
        return HL_FAIL(HL_EFORMAT,
                       "%s: has weights, but no config.json, which says their shape; get it from where they are from",
                       folder);
    return kind < KINDS ? say_kind(folder, kind, file) : say_where(folder);
}

static hl_status without_weights(const char *folder)
{
    char file[NAME_MAX + 1];
    int kind = kind_of_folder(folder, file);
    if (kind < KINDS) return say_kind(folder, kind, file);
    return HL_FAIL(HL_EFORMAT,
                   "%s: has config.json, but neither model.safetensors nor pytorch_model.bin; get the whole folder, or "
                   "take its shape only by "
                   "item_llm_init: false or user_llm_init: false",
                   folder);
}

static hl_status not_a_folder(const char *path)
{
    if (access(path, F_OK) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: no such folder (%s); name the folder of a model", path, strerror(errno));
    return HL_FAIL(HL_EFORMAT, "%s: is a file; name the folder that holds config.json and model.safetensors", path);
}

hl_status hl_hf_folder_check(const char *folder, bool with_weights)
{
    if (!is_folder(folder)) return not_a_folder(folder);
    if (leads_nowhere(folder, "config.json") || leads_nowhere(folder, "model.safetensors"))
        return HL_FAIL(HL_EFORMAT,
                       "%s: has links to files that are not there; download the model again, or copy it with cp -L",
                       folder);
    if (!hl_path_is_there(folder, "config.json")) return without_config(folder);
    return with_weights && !has_weights(folder) ? without_weights(folder) : HL_OK;
}

hl_status hl_hf_pointer_check(const char *path, const char *bytes, size_t n)
{
    static const char *const begins[] = {"version https://git-lfs.github.com/spec/",
                                         "version https://hawser.github.com/spec/"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (n > strlen(begins[i]) && memcmp(bytes, begins[i], strlen(begins[i])) == 0)
            return HL_FAIL(HL_EFORMAT,
                           "%s: is Git LFS's pointer to the file, not the file; run git lfs pull in its folder", path);
    return HL_OK;
}
