/* model-export-files.c - what stands beside the numbers of an export: configurations, tokenizer, record. */
#include "app/export/model-export-files.h"
#include "app/config/build.h"
#include "app/config/model-choice.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/json.h"
#include "io/files/regular.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char RECORD[] = "export.json";
enum { MOST_CONFIG = 1 << 20, MOST_TOKENIZER = 256 << 20 };

static const char *torch_name(const char *dtype) { return strcmp(dtype, "F32") == 0 ? "float32" : "bfloat16"; }

/* ---- config.json */

/* Of a shape that is of no folder: what transformers asks for. */
static json_t *config_of(const hl_transformer *m)
{
    const hl_family *f = hl_transformer_family(m);
    char class[60];
    snprintf(class, sizeof class, "%sModel", f->class);
    json_t *o = json_pack("{ss s[s]}", "model_type", f->name, "architectures", class);
    const struct {
        const char *key;
        int value;
    } sizes[] = {{"hidden_size", m->hidden_size},
                 {"intermediate_size", m->intermediate_size},
                 {"num_hidden_layers", m->num_hidden_layers},
                 {"num_attention_heads", m->num_attention_heads},
                 {"num_key_value_heads", m->num_key_value_heads},
                 {"head_dim", m->head_dim},
                 {"vocab_size", m->vocab_size}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        json_object_set_new(o, sizes[i].key, json_integer(sizes[i].value));
    json_object_set_new(o, "rms_norm_eps", json_real(m->rms_norm_eps));
    json_object_set_new(o, "rope_theta", json_real(m->rope_theta));
    json_object_set_new(o, "initializer_range", json_real(m->initializer_range));
    json_object_set_new(o, "hidden_act", json_string("silu"));
    json_object_set_new(o, "attention_bias", json_false());
    json_object_set_new(o, "tie_word_embeddings", json_false());
    return o;
}

/* A vocabulary of one: a User LLM reads vectors, and has no token of another number. */
static void have_no_tokens(json_t *o)
{
    static const char *const tokens[] = {"pad_token_id", "bos_token_id", "eos_token_id"};
    json_object_set_new(o, "vocab_size", json_integer(1));
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) json_object_set_new(o, tokens[i], json_null());
}

/* The folder's own config.json but for the type of the numbers, which whoever loads it would convert them to, and the
 * vocabulary of a User LLM. */
static hl_status write_config(const char *folder, const char *side, const char *from, const hl_transformer *shape,
                              const char *dtype)
{
    char path[PATH_MAX];
    json_t *o = NULL;
    if (*from) {
        HL_TRY(hl_path_make(path, "%s/config.json", from));
        const hl_status s = hl_json_read(path, MOST_CONFIG, &o);
        if (s != HL_OK) return json_decref(o), s;
    } else o = config_of(shape);
    if (strcmp(side, "user") == 0) have_no_tokens(o);
    const bool is_new = json_object_get(o, "dtype") != NULL;
    json_object_set_new(o, is_new ? "dtype" : "torch_dtype", json_string(torch_name(dtype)));
    hl_path(path, "%s/%s/config.json", folder, side);
    const hl_status s = hl_json_write(path, o, JSON_INDENT(2));
    json_decref(o);
    return s;
}

/* ---- model.yaml */

/* Options that say what a model of item ids is, those of all such models: the public code passes over what is not of
 * the one that it makes. */
static const char *const model_keys[] = {"model",
                                         "MAX_ITEM_LIST_LENGTH",
                                         "n_layers",
                                         "n_heads",
                                         "embedding_size",
                                         "inner_size",
                                         "hstu_embedding_size",
                                         "item_embedding_size",
                                         "item_embed_dim",
                                         "hstu.rel_bias",
                                         "hidden_dropout_prob",
                                         "attn_dropout_prob",
                                         "layer_norm_eps",
                                         "initializer_range",
                                         "fix_temp"};
enum { MODEL_KEYS = sizeof model_keys / sizeof model_keys[0] };

static bool is_of_model(const char *line)
{
    const size_t n = strcspn(line, ":");
    bool is = strncmp(line, "user_llm.", 9) == 0;
    for (int i = 0; i < MODEL_KEYS && !is; i++) is = strlen(model_keys[i]) == n && strncmp(line, model_keys[i], n) == 0;
    return is;
}

static hl_status write_model(const char *folder, const hl_config *c)
{
    char path[PATH_MAX], *text = NULL, *all = hl_config_text(c), *rest = all;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    for (char *line = strsep(&rest, "\n"); line; line = strsep(&rest, "\n"))
        if (is_of_model(line)) fprintf(out, "%s\n", line);
    fclose(out);
    hl_path(path, "%s/model.yaml", folder);
    const hl_status s = hl_atomic_write(path, text, n);
    free(text);
    free(all);
    return s;
}

/* ---- the index of several files */

static hl_status write_index(const char *folder, const hl_export_plan *p, const char *side)
{
    char path[PATH_MAX];
    int files = 0;
    json_int_t bytes = 0;
    json_t *map = json_object();
    for (int i = 0; i < p->files; i++) {
        const hl_export_file *f = &p->file[i];
        if (!hl_export_plan_is_of(f, side)) continue;
        files++;
        bytes += f->numbers;
        for (int k = 0; k < f->n; k++)
            json_object_set_new(map, f->entry[k].name, json_string(strchr(f->name, '/') + 1));
    }
    json_t *index = json_pack("{s{sI} so}", "metadata", "total_size", bytes, "weight_map", map);
    hl_path(path, "%s/%s/model.safetensors.index.json", folder, side);
    const hl_status s = files > 1 ? hl_json_write(path, index, JSON_INDENT(2)) : HL_OK;
    json_decref(index);
    return s;
}

/* ---- the tokenizer */

static const char *const tokenizer_files[] = {
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.txt",
    "vocab.json",
    "merges.txt",
    "spiece.model",
    "chat_template.jinja",
};
enum { TOKENIZER_FILES = sizeof tokenizer_files / sizeof tokenizer_files[0] };

static hl_status copy_file(const char *from, const char *to)
{
    char *bytes;
    size_t n;
    HL_TRY(hl_regular_read(from, MOST_TOKENIZER, &bytes, &n));
    const hl_status s = hl_atomic_write(to, bytes, n);
    free(bytes);
    return s;
}

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

/* `bytes` needs no file; a tokenizer may be a file alone. */
static hl_status copy_tokenizer(const char *folder, const hl_config *c)
{
    const char *from = *c->tokenizer ? c->tokenizer : c->item_pretrain_dir;
    char path[PATH_MAX], to[PATH_MAX];
    if (hl_regular_is(from)) {
        const char *slash = strrchr(from, '/');
        hl_path(to, "%s/item/%.60s", folder, slash ? slash + 1 : from);
        return copy_file(from, to);
    }
    for (int i = 0; i < TOKENIZER_FILES && is_folder(from); i++) {
        if (!hl_path_is_there(from, tokenizer_files[i])) continue;
        HL_TRY(hl_path_make(path, "%s/%s", from, tokenizer_files[i]));
        hl_path(to, "%s/item/%s", folder, tokenizer_files[i]);
        HL_TRY(copy_file(path, to));
    }
    return HL_OK;
}

hl_status hl_model_export_files_write(const char *folder, const hl_export_plan *p, const hl_config *c,
                                      const hl_transformer *item, const hl_transformer *user)
{
    const char *dtype = p->orders->dtype;
    if (hl_model_reads_ids(c->model)) return write_model(folder, c);
    if (!(p->orders->forms & HL_EXPORT_HF)) return HL_OK;
    HL_TRY(write_config(folder, "item", c->item_pretrain_dir, item, dtype));
    HL_TRY(write_index(folder, p, "item"));
    if (hl_export_plan_has_folder(user)) {
        HL_TRY(write_config(folder, "user", c->user_pretrain_dir, user, dtype));
        HL_TRY(write_index(folder, p, "user"));
    }
    return copy_tokenizer(folder, c);
}

/* ---- the record */

hl_status hl_model_export_files_record(const char *folder, const hl_export_plan *p, const char *checkpoint,
                                       uint64_t digest)
{
    char path[PATH_MAX], text[17];
    hl_digest_text(text, digest);
    json_t *files = json_array();
    for (int i = 0; i < p->files; i++)
        json_array_append_new(files, json_pack("{ss si sI}", "name", p->file[i].name, "tensors", p->file[i].n, "size",
                                               (json_int_t)p->file[i].size));
    json_t *o =
        json_pack("{ss si ss ss ss ss so}", "format", "hllm export", "version", 1, "program", hl_build_version(),
                  "checkpoint", checkpoint, "dtype", torch_name(p->orders->dtype), "digest", text, "files", files);
    hl_path(path, "%s/%s", folder, RECORD);
    const hl_status s = hl_json_write(path, o, JSON_INDENT(1));
    json_decref(o);
    return s;
}

static bool is_empty(const char *folder)
{
    int n = 0;
    DIR *d = opendir(folder);
    while (d && n <= 2 && readdir(d)) n++;
    if (d) closedir(d);
    return d && n <= 2;
}

hl_status hl_model_export_files_may_replace(const char *to)
{
    char there[PATH_MAX];
    if (hl_folder_existing(there, to) > 0 || hl_path_is_there(to, RECORD) || is_empty(to)) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: is there and not an export; name another --to, or move it", to);
}
