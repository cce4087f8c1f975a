/* prepare-settings.c - what a dataset is made from, how, and where. */
#include "io/dataset/prepare-settings.h"
#include "base/path.h"
#include "io/files/utf8.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SHARD_ITEMS = 4096, SHARD_USERS = 65536, MOST_TEXT_LENGTH = 1 << 20 };

static bool is_utf8(const char *text) { return hl_utf8_valid(text, strlen(text)) == strlen(text); }

/* A setting that must be there, as text. */
static hl_status check_text(const char *name, const char *value)
{
    if (!value || !*value) return HL_FAIL(HL_EUSAGE, "%s is not set; a dataset needs it", name);
    return is_utf8(value) ? HL_OK : HL_FAIL(HL_EUSAGE, "%s is not UTF-8", name);
}

static hl_status check_rows(const char *name, int64_t rows)
{
    if (rows >= 0 && rows <= INT32_MAX) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s is %lld; it must lie between 1 and %d", name, (long long)rows, INT32_MAX);
}

static hl_status check_labels(const hl_label_choice *l)
{
    hl_label_rule rule;
    if (!l->field || !*l->field) return HL_OK;
    HL_TRY(check_text("label_field", l->field));
    return hl_label_rule_read(&rule, l->positive);
}

bool hl_prepare_has_texts(const hl_prepare_settings *s) { return s->text_path && *s->text_path; }

int hl_prepare_sources(const hl_prepare_settings *s)
{
    _Static_assert(HL_INTERACTIONS == 0 && HL_TEXTS == 1, "texts come last");
    return hl_prepare_has_texts(s) ? HL_SOURCES : HL_TEXTS;
}

hl_status hl_prepare_check(const hl_prepare_settings *s)
{
    HL_TRY(check_text("dataset", s->dataset)); /* stands in the manifest */
    if (!s->data_path || !*s->data_path) return HL_FAIL(HL_EUSAGE, "data_path is not set; a dataset needs it");
    if (!hl_prepare_has_texts(s) && !s->texts_do_not_matter)
        return HL_FAIL(HL_EUSAGE, "text_path is not set; a dataset needs it");
    if (!s->tokenizer || !*s->tokenizer) return HL_FAIL(HL_EUSAGE, "the tokenizer is not set; a dataset needs it");
    if (!s->item_prompt || !is_utf8(s->item_prompt)) return HL_FAIL(HL_EUSAGE, "item_prompt is not UTF-8");
    for (int i = 0; i < s->n_text_keys; i++) HL_TRY(check_text("an entry of text_keys", s->text_keys[i]));
    if (s->max_text_length < 1 || s->max_text_length > MOST_TEXT_LENGTH)
        return HL_FAIL(HL_EUSAGE, "MAX_TEXT_LENGTH is %d; it must lie between 1 and %d", s->max_text_length,
                       MOST_TEXT_LENGTH);
    HL_TRY(hl_split_check(&s->split));
    HL_TRY(check_labels(&s->labels));
    HL_TRY(check_rows("shard_items", s->shard_items));
    return check_rows("shard_users", s->shard_users);
}

static hl_status dataset_path(char out[PATH_MAX], const char *folder, const hl_prepare_settings *s, const char *ending)
{
    return hl_path_make(out, "%s/%s%s", folder, s->dataset, ending);
}

/* ---- the folder */

static bool has_recipe(const char *folder, uint64_t digest)
{
    hl_manifest m;
    bool has = hl_manifest_read(&m, folder) == HL_OK && hl_recipe_digest(&m.recipe) == digest;
    hl_manifest_free(&m);
    return has;
}

/* Two settings have two names, so that jobs that take turns do not undo each other's.  An earlier version had one
 * name. */
static hl_status name_folder(char path[PATH_MAX], const hl_prepare_settings *s, const hl_tokenizer *t)
{
    char ending[32];
    const hl_recipe recipe = hl_prepare_recipe(s, t);
    const uint64_t digest = hl_recipe_digest(&recipe);
    HL_TRY(dataset_path(path, s->data_path, s, ".hllm"));
    if (has_recipe(path, digest)) return HL_OK;
    snprintf(ending, sizeof ending, "-%08x.hllm", (unsigned)(digest >> 32));
    return dataset_path(path, s->data_path, s, ending);
}

static hl_status default_folder(char path[PATH_MAX], const hl_prepare_settings *s)
{
    hl_tokenizer *t = NULL;
    HL_TRY(hl_prepare_check(s));
    hl_status status = hl_tokenizer_open(&t, s->tokenizer);
    if (status == HL_OK) status = name_folder(path, s, t);
    hl_tokenizer_close(t);
    return status;
}

/* What is replaced is the folder behind a link, never the link. */
static hl_status follow_link(char path[PATH_MAX])
{
    char name[PATH_MAX];
    struct stat st;
    size_t n = strlen(path);
    snprintf(name, sizeof name, "%s", path);
    while (n > 1 && name[n - 1] == '/') name[--n] = 0;
    if (lstat(name, &st) != 0 || !S_ISLNK(st.st_mode)) return HL_OK;
    if (realpath(name, path)) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%s: is a link to a folder that cannot be reached: %s; make that folder, or remove the link", name,
                   strerror(errno));
}

hl_status hl_prepare_folder(char path[PATH_MAX], const hl_prepare_settings *s)
{
    if (!s->folder) HL_TRY(default_folder(path, s));
    else HL_TRY(hl_path_make(path, "%s", s->folder));
    return follow_link(path);
}

/* ---- the sources */

/* The names of a file that is read, in the order of preference; those of RecBole last. */
static const char *const endings[HL_SOURCES][3] = {
    [HL_INTERACTIONS] = {".csv", ".tsv", ".inter"},
    [HL_TEXTS] = {".csv", ".tsv", ".item"},
};

static const char *source_folder(const hl_prepare_settings *s, int source)
{
    return source == HL_TEXTS ? s->text_path : s->data_path;
}

hl_status hl_prepare_source(char path[PATH_MAX], const hl_prepare_settings *s, int source)
{
    for (int i = 0; i < 3; i++) {
        HL_TRY(dataset_path(path, source_folder(s, source), s, endings[source][i]));
        if (access(path, F_OK) == 0) return HL_OK;
    }
    return dataset_path(path, source_folder(s, source), s, endings[source][0]);
}

hl_status hl_prepare_find_source(char path[PATH_MAX], const hl_prepare_settings *s, int source)
{
    static const char *const others[] = {".csv.gz",  ".tsv.gz",  ".inter.gz", ".item.gz", ".gz",
                                         ".csv.zip", ".zip",     ".csv.bz2",  ".csv.xz",  ".csv.zst",
                                         ".parquet", ".feather", ".json",     ".jsonl",   ".json.gz",
                                         ".xlsx",    ".xls",     ".txt",      ".dat",     ".CSV"};
    char other[PATH_MAX];
    HL_TRY(hl_prepare_source(path, s, source));
    if (access(path, F_OK) == 0) return HL_OK;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        HL_TRY(dataset_path(other, source_folder(s, source), s, others[i]));
        if (access(other, F_OK) == 0)
            return HL_FAIL(HL_EFORMAT, "%s: is not there, but %s%s is; unpack, convert or rename it", path, s->dataset,
                           others[i]);
    }
    return HL_OK; /* who opens it says what is wrong */
}

hl_status hl_prepare_check_report(const hl_prepare_settings *s, const hl_prepare_report *r,
                                  const hl_prepare_examples *e)
{
    char path[PATH_MAX];
    if (s->texts_do_not_matter) return HL_OK;
    HL_TRY(hl_prepare_source(path, s, HL_TEXTS));
    return hl_report_check(r, e, path);
}

hl_recipe hl_prepare_recipe(const hl_prepare_settings *s, const hl_tokenizer *t)
{
    const bool texts = hl_prepare_has_texts(s);
    return (hl_recipe){
        .tokenizer = (char *)(uintptr_t)hl_tokenizer_kind(t),
        .tokenizer_digest = hl_tokenizer_digest(t),
        .vocab = hl_tokenizer_vocab(t),
        .max_text_length = texts ? s->max_text_length : 1,
        .item_prompt = (char *)(uintptr_t)(texts ? s->item_prompt : ""),
        .text_keys = (char **)(uintptr_t)(texts ? s->text_keys : NULL),
        .n_text_keys = texts ? s->n_text_keys : 0,
        .split = s->split,
        .label_field = (char *)(uintptr_t)(s->labels.field ? s->labels.field : ""),
        .label_positive = (char *)(uintptr_t)(s->labels.positive ? s->labels.positive : ""),
        .shard_rows = {[HL_ITEMS] = s->shard_items ? s->shard_items : SHARD_ITEMS,
                       [HL_USERS] = s->shard_users ? s->shard_users : SHARD_USERS},
    };
}
