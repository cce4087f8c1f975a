/* normal-bert.c - BERT's normalizer: cleaning, space around Chinese characters, accents, lower case.
 *
 * Devlin et al.: BERT, NAACL 2019; the order and the classes are those of Hugging Face's fast tokenizer.  A character
 * goes all the way before the next one comes, but for accents: marks change their order in the normal form NFD, so
 * where there are other characters than ASCII the text is brought into it first. */
#include "base/alloc.h"
#include "io/files/ascii.h"
#include "io/tokenizer/normal-chars.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <utf8proc.h>

typedef struct {
    bool clean, chinese, strip, lower;
    hl_tok_buffer cleaned; /* scratch */
} bert;

/* true, false or null; absent is what it normally is. */
static hl_status read_switch(bool *is, const json_t *says, const char *key, bool normal, const char *path)
{
    const json_t *value = json_object_get(says, key);
    *is = value && !json_is_null(value) ? json_is_true(value) : normal;
    if (!value || json_is_boolean(value) || json_is_null(value)) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: %s of its normalizer is neither true nor false; correct it", path, key);
}

static hl_status bert_open(hl_normalizer *n, const json_t *says, const char *path)
{
    bert *b = n->own = hl_alloc_zero(1, sizeof *b);
    HL_TRY(read_switch(&b->clean, says, "clean_text", true, path));
    HL_TRY(read_switch(&b->chinese, says, "handle_chinese_chars", true, path));
    HL_TRY(read_switch(&b->lower, says, "lowercase", true, path));
    return read_switch(&b->strip, says, "strip_accents", b->lower, path);
}

static bool is_chinese(int32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) || (c >= 0x20000 && c <= 0x2A6DF)
           || (c >= 0x2A700 && c <= 0x2B73F) || (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF)
           || (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

static bool is_dropped(int32_t c)
{
    if (c == 0 || c == 0xFFFD) return true;
    return c != '\t' && c != '\n' && c != '\r' && (hl_unicode_class(c) & HL_UNICODE_CONTROL);
}

/* Cleaning and the space around Chinese characters. */
static void clean(const bert *b, hl_tok_buffer *out, const char *text, size_t n)
{
    int bytes;
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        int32_t c = hl_unicode_code(text + at, n - at, &bytes);
        bool around = b->chinese && is_chinese(c);
        if (b->clean && is_dropped(c)) continue;
        if (around) hl_tok_buffer_add(out, " ", 1);
        if (b->clean && (hl_unicode_class(c) & HL_UNICODE_SPACE)) hl_tok_buffer_add(out, " ", 1);
        else hl_tok_buffer_add(out, text + at, (size_t)bytes);
        if (around) hl_tok_buffer_add(out, " ", 1);
    }
}

static void finish(const bert *b, hl_tok_buffer *out, const char *text, size_t n)
{
    int bytes;
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        int32_t c = hl_unicode_code(text + at, n - at, &bytes);
        if (b->strip && (hl_unicode_class(c) & HL_UNICODE_NONSPACING)) continue;
        if (b->lower) hl_normal_chars_lower(out, c);
        else hl_tok_buffer_add(out, text + at, (size_t)bytes);
    }
}

/* All at once: ASCII has no accents and nothing Chinese. */
static void ascii(const bert *b, hl_tok_buffer *out, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        if (b->clean && (c < 32 || c == 127)) {
            if (c == '\t' || c == '\n' || c == '\r') hl_tok_buffer_add(out, " ", 1);
            continue;
        }
        if (b->lower && c >= 'A' && c <= 'Z') c = (char)(c + 32);
        hl_tok_buffer_add(out, &c, 1);
    }
}

static hl_status bert_run(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    bert *b = n->own;
    utf8proc_uint8_t *apart = NULL;
    (void)same;
    if (hl_ascii_run(text, length) == length) return ascii(b, out, text, length), HL_OK;
    b->cleaned.n = 0;
    clean(b, &b->cleaned, text, length);
    if (b->cleaned.n == 0) return HL_OK;
    if (!b->strip) return finish(b, out, b->cleaned.at, b->cleaned.n), HL_OK;
    utf8proc_ssize_t made = utf8proc_map((const utf8proc_uint8_t *)b->cleaned.at, (utf8proc_ssize_t)b->cleaned.n,
                                         &apart, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE);
    if (made < 0) return HL_FAIL(HL_EFORMAT, "a text cannot be brought into NFD: %s", utf8proc_errmsg(made));
    finish(b, out, (const char *)apart, (size_t)made);
    free(apart);
    return HL_OK;
}

static void bert_close(hl_normalizer *n)
{
    bert *b = n->own;
    if (b) hl_tok_buffer_free(&b->cleaned);
    free(b);
}

const hl_normalizer_kind hl_normalizer_bert = {"BertNormalizer", bert_open, bert_run, bert_close};
