/* tokenizer.c - text to token ids: the table of kinds, and what all kinds share. */
#include "io/tokenizer/tokenizer.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/regular.h"
#include "io/tokenizer/tok-apply.h"
#include "io/tokenizer/tokenizer-kind.h"
#include "io/files/utf8.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const hl_tokenizer_kind_ops *const kinds[] = {
    &hl_tok_bytes, &hl_tok_json, &hl_tok_tiktoken, &hl_tok_wordpiece, &hl_tok_sentencepiece,
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Files of a folder, the best first; what kind they are is told by their content. */
static const char *const files[] = {"tokenizer.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model",
                                    "vocab.json",     "vocab.txt",       "qwen.tiktoken"};
enum { FILES = sizeof files / sizeof files[0] };
#define SUPPORTED                                                                                                 \
    "supported: tokenizer.json, vocab.json with merges.txt, vocab.txt, a SentencePiece or tiktoken file such as " \
    "tokenizer.model, or the word bytes"

enum { MOST_FILE = 256 << 20, MOST_TEXT = 1 << 28 };

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

/* The file of a folder that is read: the first that is there, but tokenizer.json only where there is no other that is
 * wanted rather. */
static hl_status find_in_folder(char path[PATH_MAX], const char *folder, bool wants_pieces)
{
    for (int i = wants_pieces ? 1 : 0; i < FILES; i++) {
        hl_path(path, "%s/%s", folder, files[i]);
        if (is_file(path)) return HL_OK;
    }
    if (wants_pieces) return find_in_folder(path, folder, false);
    hl_path(path, "%s/snapshots", folder);
    if (is_folder(path)) return hl_hf_folder_check(folder, false); /* a hub's cache */
    return HL_FAIL(HL_EFORMAT, "%s: a folder without a tokenizer; " SUPPORTED, folder);
}

/* The kind without a file that is so named, or NULL. */
static const hl_tokenizer_kind_ops *find_name(const char *where)
{
    for (int k = 0; k < KINDS; k++)
        if (!kinds[k]->is && strcmp(where, kinds[k]->name) == 0) return kinds[k];
    return NULL;
}

static const hl_tokenizer_kind_ops *find_content(const char *bytes, size_t n)
{
    for (int k = 0; k < KINDS; k++)
        if (kinds[k]->is && kinds[k]->is(bytes, n)) return kinds[k];
    return kinds[KINDS - 1];
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

/* The path of the file that `where` means, and what stands beside it. */
static hl_status find_file(char path[PATH_MAX], hl_tok_config *c, const char *where)
{
    struct stat s;
    HL_TRY(hl_path_check(where));
    if (stat(where, &s) != 0)
        return HL_FAIL(HL_EFORMAT, "%s: no such tokenizer (%s); " SUPPORTED, where, strerror(errno));
    if (is_folder(where)) {
        HL_TRY(hl_tok_config_read(c, where));
        return find_in_folder(path, where, hl_tok_config_wants_pieces(c));
    }
    hl_path(path, "%s", where);
    say_alone(path);
    return HL_OK;
}

static hl_status make_pipeline(hl_tokenizer *t, json_t **fast, hl_tok_config *c, const char *path)
{
    char *bytes = NULL;
    size_t n = 0;
    HL_TRY(hl_regular_read(path, MOST_FILE, &bytes, &n));
    hl_status s = hl_hf_pointer_check(path, bytes, n);
    t->kind = find_content(bytes, n);
    if (s == HL_OK) s = t->kind->make(fast, c, path, bytes, n);
    free(bytes);
    HL_TRY(s);
    HL_TRY(hl_tok_apply_config(c, *fast, path));
    return hl_pipeline_open(&t->pipeline, *fast, path);
}

static hl_status open_file(hl_tokenizer *t, const char *where)
{
    char path[PATH_MAX];
    json_t *fast = NULL;
    hl_tok_config *c = hl_alloc_zero(1, sizeof *c);
    hl_status s = find_file(path, c, where);
    if (s == HL_OK) s = make_pipeline(t, &fast, c, path);
    json_decref(fast);
    hl_tok_config_free(c);
    free(c);
    if (s != HL_OK) return s;
    t->vocab = hl_pipeline_vocab(t->pipeline);
    t->digest = hl_pipeline_digest(t->pipeline);
    return HL_OK;
}

hl_status hl_tokenizer_open(hl_tokenizer **out, const char *where)
{
    hl_tokenizer *t = *out = hl_alloc_zero(1, sizeof *t);
    t->kind = find_name(where);
    return t->kind ? t->kind->open(t) : open_file(t, where);
}

void hl_tokenizer_close(hl_tokenizer *t)
{
    if (!t) return;
    if (t->kind && t->kind->close) t->kind->close(t);
    hl_pipeline_close(t->pipeline);
    free(t);
}

hl_status hl_tokenizer_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n, int limit)
{
    ids->n = 0;
    ids->dropped = 0;
    if (n > MOST_TEXT)
        return HL_FAIL(HL_EFORMAT, "a text of %zu bytes is too long to be tokenised; at most %d", n, MOST_TEXT);
    size_t valid = hl_utf8_valid(text, n);
    if (valid < n)
        return HL_FAIL(HL_EFORMAT, "the text is not UTF-8 at byte offset %zu (0x%02X)", valid,
                       (unsigned char)text[valid]);
    HL_TRY(t->pipeline ? hl_pipeline_encode(t->pipeline, ids, text, n) : t->kind->encode(t, ids, text, n));
    if (limit > 0 && ids->n > limit) ids->n = limit;
    return HL_OK;
}

int hl_tokenizer_vocab(const hl_tokenizer *t) { return t->vocab; }

int hl_tokenizer_ids_behind(const hl_tokenizer *t) { return t->pipeline ? hl_pipeline_ids_behind(t->pipeline) : 0; }

const char *hl_tokenizer_kind(const hl_tokenizer *t) { return t->kind->name; }

uint64_t hl_tokenizer_digest(const hl_tokenizer *t) { return t->digest; }
