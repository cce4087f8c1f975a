/* tokenizer.c - text to token ids: the table of kinds, and what all kinds share. */
#include "io/tokenizer/tokenizer.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/regular.h"
#include "io/tokenizer/tokenizer-kind.h"
#include "io/files/utf8.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const hl_tokenizer_kind_ops *const kinds[] = {
    &hl_tok_bytes,
    &hl_tok_sentencepiece,
    &hl_tok_json,
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Files of tokenizers that are known of but not read. */
static const char *const not_supported[] = {"vocab.txt", "vocab.json", "spiece.model"};
enum { NOT_SUPPORTED = sizeof not_supported / sizeof not_supported[0] };
#define SUPPORTED "supported: tokenizer.json, a SentencePiece BPE file tokenizer.model, or the word bytes"

enum { MOST_FILE = 256 << 20, MOST_TEXT = 1 << 28 };

void hl_ids_push(hl_ids *ids, int32_t id)
{
    HL_CHECK(ids->n < INT_MAX);
    HL_RESERVE(ids->at, ids->room, ids->n + 1);
    ids->at[ids->n++] = id;
}

void hl_ids_free(hl_ids *ids)
{
    free(ids->at);
    *ids = (hl_ids){0};
}

static const char *name_in(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}

static bool is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}

/* The file of a folder that a kind can read. */
static hl_status find_in_folder(char path[PATH_MAX], const char *folder, const hl_tokenizer_kind_ops **kind)
{
    for (int k = 0; k < KINDS; k++) {
        *kind = kinds[k];
        if (!kinds[k]->file) continue;
        hl_path(path, "%s/%s", folder, kinds[k]->file);
        if (is_file(path)) return HL_OK;
    }
    for (int i = 0; i < NOT_SUPPORTED; i++) {
        hl_path(path, "%s/%s", folder, not_supported[i]);
        if (is_file(path))
            return HL_FAIL(HL_EFORMAT, "%s: holds %s, which is not supported yet; " SUPPORTED, folder,
                           not_supported[i]);
    }
    hl_path(path, "%s/snapshots", folder);
    if (is_folder(path)) return hl_hf_folder_check(folder, false); /* a hub's cache */
    return HL_FAIL(HL_EFORMAT, "%s: a folder without a tokenizer; " SUPPORTED, folder);
}

/* What `where` means: the kind, and the path of its file or "". */
static hl_status find(char path[PATH_MAX], const char *where, const hl_tokenizer_kind_ops **kind)
{
    path[0] = 0;
    for (int k = 0; k < KINDS; k++) {
        *kind = kinds[k];
        if (!kinds[k]->file && strcmp(where, kinds[k]->name) == 0) return HL_OK;
    }
    HL_TRY(hl_path_check(where));
    struct stat s;
    if (stat(where, &s) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: no such tokenizer (%s); " SUPPORTED, where, strerror(errno));
    if (is_folder(where)) return find_in_folder(path, where, kind);
    for (int i = 0; i < NOT_SUPPORTED; i++)
        if (strcmp(name_in(where), not_supported[i]) == 0)
            return HL_FAIL(HL_EFORMAT, "%s: %s is not supported yet; " SUPPORTED, where, not_supported[i]);
    hl_path(path, "%s", where);
    *kind = strcmp(name_in(where), "tokenizer.json") == 0 ? &hl_tok_json : &hl_tok_sentencepiece;
    return HL_OK;
}

/* The file was named, so it counts alone. */
static void say_alone(const char *path)
{
    char config[PATH_MAX + 30];
    snprintf(config, sizeof config, "%.*stokenizer_config.json", (int)(name_in(path) - path), path);
    if (is_file(config))
        hl_log(HL_WARN, "%s: what %s says is not heeded, since the file is named; name the folder to heed it", path,
               config);
}

hl_status hl_tokenizer_open(hl_tokenizer **out, const char *where)
{
    char path[PATH_MAX];
    size_t n = 0;
    hl_tokenizer *t = *out = hl_alloc_zero(1, sizeof *t);
    HL_TRY(find(path, where, &t->kind));
    if (path[0]) HL_TRY(hl_regular_read(path, MOST_FILE, &t->file, &n));
    if (path[0]) HL_TRY(hl_hf_pointer_check(path, t->file, n));
    t->folder = is_folder(where) ? where : NULL;
    if (path[0] && !t->folder) say_alone(path);
    return t->kind->open(t, path, t->file, n);
}

void hl_tokenizer_close(hl_tokenizer *t)
{
    if (!t) return;
    if (t->kind) t->kind->close(t);
    free(t->file);
    free(t);
}

hl_status hl_tokenizer_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n, int limit)
{
    ids->n = 0;
    if (n > MOST_TEXT)
        return HL_FAIL(HL_EFORMAT, "a text of %zu bytes is too long to be tokenised; at most %d", n, MOST_TEXT);
    size_t valid = hl_utf8_valid(text, n);
    if (valid < n)
        return HL_FAIL(HL_EFORMAT, "the text is not UTF-8 at byte offset %zu (0x%02X)", valid,
                       (unsigned char)text[valid]);
    HL_TRY(t->kind->encode(t, ids, text, n));
    if (limit > 0 && ids->n > limit) ids->n = limit;
    return HL_OK;
}

int hl_tokenizer_vocab(const hl_tokenizer *t) { return t->vocab; }

const char *hl_tokenizer_kind(const hl_tokenizer *t) { return t->kind->name; }

uint64_t hl_tokenizer_digest(const hl_tokenizer *t) { return t->digest; }
