/* manifest.c - what a dataset folder holds: manifest.json, and shards of two tables. */
#include "io/dataset/manifest.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/path.h"
#include "io/files/json.h"
#include "io/dataset/deal.h"
#include "io/files/regular.h"
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char FORMAT[] = "hllm dataset";
enum { CONTENT = 1 }; /* version of what the digests name: arrays and texts, not the report */
static const size_t MOST_MANIFEST = (size_t)1 << 28;

static const hl_shard_array item_arrays[] = {
    [HL_ITEM_TOKENS] = {"tokens", HL_INT32},
    [HL_ITEM_BEGIN] = {"token_begin", HL_INT64},
    [HL_ITEM_DIGEST] = {"token_digest", HL_UINT64},
    [HL_ITEM_FIRST_EQUAL] = {"twin", HL_INT32},
    [HL_ITEM_ID] = {"id", HL_BYTES},
    [HL_ITEM_ID_BEGIN] = {"id_begin", HL_INT64},
};

static const hl_shard_array user_arrays[] = {
    [HL_USER_ITEMS] = {"items", HL_INT32},       [HL_USER_TIMES] = {"times", HL_INT64},
    [HL_USER_BEGIN] = {"begin", HL_INT64},       [HL_USER_ID] = {"id", HL_BYTES},
    [HL_USER_ID_BEGIN] = {"id_begin", HL_INT64}, [HL_USER_LABELS] = {"labels", HL_BYTES},
};

const hl_table_kind hl_table_kinds[HL_TABLES] = {
    [HL_ITEMS] = {"items", item_arrays, sizeof item_arrays / sizeof item_arrays[0]},
    [HL_USERS] = {"users", user_arrays, sizeof user_arrays / sizeof user_arrays[0]},
};

static const char *const source_names[HL_SOURCES] = {[HL_INTERACTIONS] = "interactions", [HL_TEXTS] = "texts"};

void hl_manifest_free(hl_manifest *m)
{
    for (int i = 0; i < m->recipe.n_text_keys; i++) free(m->recipe.text_keys[i]);
    free(m->recipe.text_keys);
    free(m->recipe.tokenizer);
    free(m->recipe.item_prompt);
    free(m->recipe.label_field);
    free(m->recipe.label_positive);
    free(m->dataset);
    for (int t = 0; t < HL_TABLES; t++) free(m->shards[t]);
    *m = (hl_manifest){0};
}

bool hl_manifest_has_labels(const hl_manifest *m) { return m->recipe.label_field && *m->recipe.label_field; }

int hl_manifest_arrays(const hl_manifest *m, hl_table t)
{
    const int all = hl_table_kinds[t].n;
    return t == HL_USERS && !hl_manifest_has_labels(m) ? all - 1 : all;
}

static hl_deal deal_of(const hl_manifest *m, hl_table t)
{
    return (hl_deal){m->rows[t], m->recipe.shard_rows[t], 0, 1};
}

int64_t hl_manifest_shards(const hl_manifest *m, hl_table t)
{
    hl_deal d = deal_of(m, t);
    return hl_deal_shards(&d);
}

void hl_manifest_shard_name(char out[32], hl_table t, int64_t shard)
{
    snprintf(out, 32, "%s-%05" PRId64 ".h5", hl_table_kinds[t].name, shard);
}

static uint64_t join_text(uint64_t so_far, const char *text)
{
    return hl_digest_join(so_far, hl_digest(text, strlen(text)));
}

/* Leave two out adds nothing: it was the only split before there was a choice. */
static uint64_t join_split(uint64_t so_far, const hl_split_rule *rule)
{
    uint64_t d = join_text(so_far, hl_split_name[rule->kind]);
    d = hl_digest_join(d, hl_digest(&rule->valid, sizeof rule->valid));
    return hl_digest_join(d, hl_digest(&rule->test, sizeof rule->test));
}

uint64_t hl_recipe_digest(const hl_recipe *r)
{
    uint64_t d = join_text(CONTENT, r->tokenizer);
    d = hl_digest_join(d, r->tokenizer_digest);
    d = hl_digest_join(d, (uint64_t)r->vocab);
    d = hl_digest_join(d, (uint64_t)r->max_text_length);
    d = join_text(d, r->item_prompt);
    d = hl_digest_join(d, (uint64_t)r->n_text_keys);
    for (int i = 0; i < r->n_text_keys; i++) d = join_text(d, r->text_keys[i]);
    for (int t = 0; t < HL_TABLES; t++) d = hl_digest_join(d, (uint64_t)r->shard_rows[t]);
    if (r->split.kind != HL_LEAVE_TWO_OUT) d = join_split(d, &r->split);
    return *r->label_field ? join_text(join_text(d, r->label_field), r->label_positive) : d;
}

uint64_t hl_manifest_digest(const hl_manifest *m)
{
    uint64_t d = hl_recipe_digest(&m->recipe);
    if (m->recipe.split.kind != HL_LEAVE_TWO_OUT) {
        d = hl_digest_join(d, (uint64_t)m->split.valid_from);
        d = hl_digest_join(d, (uint64_t)m->split.test_from);
    }
    for (int t = 0; t < HL_TABLES; t++) {
        d = hl_digest_join(d, (uint64_t)m->rows[t]);
        for (int64_t k = 0; k < hl_manifest_shards(m, (hl_table)t); k++) d = hl_digest_join(d, m->shards[t][k].digest);
    }
    return d;
}

/* Digests are text in the file: JSON's numbers are not safe above 2^53 everywhere. */
static json_t *hex(uint64_t digest)
{
    char text[17];
    hl_digest_text(text, digest);
    return json_string(text);
}

static bool from_hex(uint64_t *digest, const char *text)
{
    char *end;
    *digest = strtoull(text, &end, 16);
    return strlen(text) == 16 && *end == 0;
}

static json_t *recipe_json(const hl_recipe *r)
{
    json_t *keys = json_array();
    for (int i = 0; i < r->n_text_keys; i++) json_array_append_new(keys, json_string(r->text_keys[i]));
    json_t *root =
        json_pack("{s:o, s:{s:s, s:o, s:i}, s:i, s:s, s:o, s:I, s:I, s:o}", "digest", hex(hl_recipe_digest(r)),
                  "tokenizer", "kind", r->tokenizer, "digest", hex(r->tokenizer_digest), "vocab", r->vocab,
                  "max_text_length", r->max_text_length, "item_prompt", r->item_prompt, "text_keys", keys,
                  "shard_items", (json_int_t)r->shard_rows[HL_ITEMS], "shard_users",
                  (json_int_t)r->shard_rows[HL_USERS], "split", hl_split_rule_json(&r->split));
    if (*r->label_field)
        json_object_set_new(root, "labels",
                            json_pack("{s:s, s:s}", "field", r->label_field, "positive", r->label_positive));
    return root;
}

static json_t *sources_json(const hl_manifest *m)
{
    json_t *all = json_object();
    for (int i = 0; i < HL_SOURCES; i++) {
        const hl_source_facts *s = &m->sources[i];
        json_t *one = json_pack("{s:I, s:I, s:o}", "size", (json_int_t)s->size, "mtime_ns", (json_int_t)s->mtime,
                                "digest", hex(s->digest));
        json_object_set_new(all, source_names[i], one);
    }
    return all;
}

static json_t *shard_json(const hl_manifest *m, hl_table t, int64_t k)
{
    char name[32];
    hl_deal d = deal_of(m, t);
    hl_manifest_shard_name(name, t, k);
    return json_pack("{s:s, s:I, s:I, s:I, s:o}", "file", name, "begin", (json_int_t)(k * d.per), "rows",
                     (json_int_t)hl_deal_rows(&d, k), "size", (json_int_t)m->shards[t][k].size, "digest",
                     hex(m->shards[t][k].digest));
}

static json_t *table_json(const hl_manifest *m, hl_table t)
{
    json_t *shards = json_array();
    for (int64_t k = 0; k < hl_manifest_shards(m, t); k++) json_array_append_new(shards, shard_json(m, t, k));
    return json_pack("{s:I, s:o}", "rows", (json_int_t)m->rows[t], "shards", shards);
}

static json_t *manifest_json(const hl_manifest *m)
{
    json_t *root = json_pack(
        "{s:s, s:i, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format", FORMAT, "schema", HL_DATASET_SCHEMA,
        "dataset", m->dataset, "digest", hex(hl_manifest_digest(m)), "settings", recipe_json(&m->recipe), "sources",
        sources_json(m), "report", hl_report_json(&m->report), "examples", hl_examples_json(&m->examples), "split",
        hl_split_json(&m->split, &m->split_report), "items", table_json(m, HL_ITEMS), "users", table_json(m, HL_USERS));
    HL_CHECK(root);
    return root;
}

hl_status hl_manifest_write(const hl_manifest *m, const char *folder)
{
    char path[PATH_MAX];
    HL_TRY(hl_path_make(path, "%s/manifest.json", folder));
    json_t *root = manifest_json(m);
    const hl_status s = hl_json_write(path, root, JSON_INDENT(1));
    json_decref(root);
    return s;
}

static hl_status broken(const char *folder, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s/manifest.json: %s; remove the folder and prepare the dataset again", folder, what);
}

/* Rows are numbered by 32 bits: a larger one is nobody's, and sums of rows would overflow. */
static bool is_shard_size(json_int_t rows) { return rows > 0 && rows <= INT32_MAX; }

/* A dataset without labels has no such object. */
static void labels_parse(hl_recipe *r, const json_t *from)
{
    const char *field = json_string_value(json_object_get(from, "field")),
               *positive = json_string_value(json_object_get(from, "positive"));
    r->label_field = hl_alloc_text(field ? field : "");
    r->label_positive = hl_alloc_text(positive ? positive : "");
}

static bool recipe_parse(hl_recipe *r, json_t *from, json_error_t *e)
{
    const char *kind, *digest, *prompt;
    json_t *keys;
    json_int_t items, users;
    if (json_unpack_ex(from, e, 0, "{s:{s:s, s:s, s:i}, s:i, s:s, s:o, s:I, s:I}", "tokenizer", "kind", &kind, "digest",
                       &digest, "vocab", &r->vocab, "max_text_length", &r->max_text_length, "item_prompt", &prompt,
                       "text_keys", &keys, "shard_items", &items, "shard_users", &users)
        != 0)
        return false;
    labels_parse(r, json_object_get(from, "labels"));
    r->tokenizer = hl_alloc_text(kind);
    r->item_prompt = hl_alloc_text(prompt);
    r->text_keys = hl_alloc_zero(json_array_size(keys), sizeof *r->text_keys);
    r->shard_rows[HL_ITEMS] = items;
    r->shard_rows[HL_USERS] = users;
    for (size_t i = 0; i < json_array_size(keys); i++) {
        const char *key = json_string_value(json_array_get(keys, i));
        r->text_keys[r->n_text_keys++] = hl_alloc_text(key ? key : "");
    }
    return hl_split_rule_parse(&r->split, json_object_get(from, "split")) && from_hex(&r->tokenizer_digest, digest)
           && r->vocab > 0 && r->max_text_length > 0 && is_shard_size(items) && is_shard_size(users);
}

static bool source_parse(hl_source_facts *s, json_t *from, json_error_t *e)
{
    const char *digest;
    json_int_t size, mtime;
    if (json_unpack_ex(from, e, 0, "{s:I, s:I, s:s}", "size", &size, "mtime_ns", &mtime, "digest", &digest) != 0)
        return false;
    *s = (hl_source_facts){size, mtime, 0};
    return from_hex(&s->digest, digest);
}

static bool shard_parse(hl_shard_facts *s, json_t *from, hl_table t, int64_t k, json_error_t *e)
{
    const char *file, *digest;
    char name[32];
    json_int_t size;
    if (json_unpack_ex(from, e, 0, "{s:s, s:I, s:s}", "file", &file, "size", &size, "digest", &digest) != 0)
        return false;
    hl_manifest_shard_name(name, t, k);
    s->size = size;
    return strcmp(file, name) == 0 && size > 0 && from_hex(&s->digest, digest);
}

static bool table_parse(hl_manifest *m, hl_table t, json_t *from, json_error_t *e)
{
    json_t *shards;
    json_int_t rows;
    if (json_unpack_ex(from, e, 0, "{s:I, s:o}", "rows", &rows, "shards", &shards) != 0) return false;
    m->rows[t] = rows;
    if (rows <= 0 || rows > INT32_MAX || (int64_t)json_array_size(shards) != hl_manifest_shards(m, t)) return false;
    m->shards[t] = hl_alloc_zero(json_array_size(shards), sizeof *m->shards[t]);
    for (size_t k = 0; k < json_array_size(shards); k++)
        if (!shard_parse(&m->shards[t][k], json_array_get(shards, k), t, (int64_t)k, e)) return false;
    return true;
}

static bool manifest_parse(hl_manifest *m, json_t *root, json_error_t *e)
{
    const char *dataset, *digest;
    uint64_t told;
    json_t *settings, *interactions, *texts, *report, *examples, *items, *users;
    if (json_unpack_ex(root, e, 0, "{s:s, s:s, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:o}", "dataset", &dataset, "digest",
                       &digest, "settings", &settings, "sources", source_names[HL_INTERACTIONS], &interactions,
                       source_names[HL_TEXTS], &texts, "report", &report, "examples", &examples, "items", &items,
                       "users", &users)
        != 0)
        return false;
    m->dataset = hl_alloc_text(dataset);
    hl_examples_parse(&m->examples, examples);
    if (!recipe_parse(&m->recipe, settings, e)) return false;
    m->split.rule = m->recipe.split;
    return hl_split_parse(&m->split, &m->split_report, json_object_get(root, "split"))
           && source_parse(&m->sources[HL_INTERACTIONS], interactions, e)
           && source_parse(&m->sources[HL_TEXTS], texts, e) && hl_report_parse(&m->report, report)
           && table_parse(m, HL_ITEMS, items, e) && table_parse(m, HL_USERS, users, e) && from_hex(&told, digest)
           && told == hl_manifest_digest(m);
}

/* Whose file it is: the schema, or 0 where it is not a dataset's manifest. */
static int schema_of(json_t *root)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    return format && strcmp(format, FORMAT) == 0 ? (int)json_integer_value(json_object_get(root, "schema")) : 0;
}

hl_status hl_manifest_load(const char *folder, char **text, size_t *n)
{
    char path[PATH_MAX];
    *text = NULL;
    HL_TRY(hl_path_make(path, "%s/manifest.json", folder));
    if (access(path, F_OK) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: no dataset there (%s); run hllm prepare", folder, strerror(errno));
    return hl_regular_read(path, MOST_MANIFEST, text, n);
}

hl_status hl_manifest_parse(hl_manifest *m, const char *folder, const char *text, size_t n)
{
    json_error_t e = {.text = ""};
    *m = (hl_manifest){0};
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, &e);
    if (!root) return broken(folder, e.text);
    int schema = schema_of(root);
    bool fits = schema == HL_DATASET_SCHEMA && manifest_parse(m, root, &e);
    json_decref(root);
    if (schema == 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s: its manifest.json is not that of a dataset; name a folder that hllm prepare made", folder);
    if (schema != HL_DATASET_SCHEMA)
        return HL_FAIL(HL_EFORMAT, "%s: a dataset of schema %d, this program reads %d; prepare it again", folder,
                       schema, HL_DATASET_SCHEMA);
    return fits ? HL_OK : broken(folder, e.text[0] ? e.text : "its entries contradict one another");
}

hl_status hl_manifest_read(hl_manifest *m, const char *folder)
{
    char *text;
    size_t n;
    *m = (hl_manifest){0};
    HL_TRY(hl_manifest_load(folder, &text, &n));
    hl_status s = hl_manifest_parse(m, folder, text, n);
    free(text);
    return s;
}

static bool is_empty_folder(const char *path)
{
    DIR *d = opendir(path);
    int entries = 0;
    while (d && readdir(d)) entries++;
    if (d) closedir(d);
    return d && entries == 2; /* . and .. */
}

static int schema_in(const char *text, size_t n)
{
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    int schema = schema_of(root);
    json_decref(root);
    return schema;
}

hl_status hl_manifest_look(hl_manifest *m, const char *folder, hl_folder_state *state)
{
    struct stat st;
    char *text;
    size_t n;
    *m = (hl_manifest){0};
    *state = HL_FOLDER_FREE;
    if (stat(folder, &st) != 0) {
        if (errno == ENOENT) return HL_OK;
        return HL_FAIL(HL_ESTORE, "%s: a dataset cannot be there: %s; name another folder", folder, strerror(errno));
    }
    if (is_empty_folder(folder)) return HL_OK;
    if (hl_manifest_load(folder, &text, &n) != HL_OK)
        return HL_FAIL(HL_EUSAGE,
                       "%s: is there and is not a dataset of ours; it is left alone: name another place or remove it",
                       folder);
    int schema = schema_in(text, n);
    *state = schema == HL_DATASET_SCHEMA ? HL_FOLDER_DATASET : HL_FOLDER_OLD;
    hl_status s = HL_OK;
    if (schema == 0)
        s = HL_FAIL(HL_EUSAGE,
                    "%s: its manifest.json is not that of a dataset; it is left alone: name another place or remove it",
                    folder);
    if (schema == HL_DATASET_SCHEMA) s = hl_manifest_parse(m, folder, text, n);
    free(text);
    return s;
}

void hl_manifest_print_json(const hl_manifest *m, FILE *out)
{
    json_t *root = manifest_json(m);
    json_dumpf(root, out, JSON_COMPACT);
    fputc('\n', out);
    json_decref(root);
}
