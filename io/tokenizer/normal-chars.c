/* normal-chars.c - the normalizers that change a text character by character: Lowercase, StripAccents, Nmt. */
#include "io/tokenizer/normal-chars.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/unicode.h"
#include <utf8proc.h>

enum { CAPITAL_I_DOT = 0x130, DOT_ABOVE = 0x307 };

/* İ is the only character whose lower case is two. */
void hl_normal_chars_lower(hl_tok_buffer *out, int32_t c)
{
    if (c < 0x80) {
        hl_tok_buffer_code(out, c >= 'A' && c <= 'Z' ? c + 32 : c);
        return;
    }
    if (c == CAPITAL_I_DOT) hl_tok_buffer_add(out, "i\xCC\x87", 3);
    else hl_tok_buffer_code(out, utf8proc_tolower(c));
}

static hl_status lowercase(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n, (void)same;
    int bytes;
    for (size_t at = 0; at < length; at += (size_t)bytes)
        hl_normal_chars_lower(out, hl_unicode_code(text + at, length - at, &bytes));
    return HL_OK;
}

static hl_status strip_accents(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n, (void)same;
    int bytes;
    for (size_t at = 0; at < length; at += (size_t)bytes) {
        int32_t c = hl_unicode_code(text + at, length - at, &bytes);
        if (!(hl_unicode_class(c) & HL_UNICODE_MARK)) hl_tok_buffer_add(out, text + at, (size_t)bytes);
    }
    return HL_OK;
}

static bool is_dropped_by_nmt(int32_t c)
{
    return (c >= 1 && c <= 8) || c == 0x0B || (c >= 0x0E && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F;
}

static bool is_blank_to_nmt(int32_t c)
{
    return c == 9 || c == 0x0A || c == 0x0C || c == 0x0D || c == 0x1680 || (c >= 0x200B && c <= 0x200F) || c == 0x2028
           || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
}

static hl_status nmt(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n, (void)same;
    int bytes;
    for (size_t at = 0; at < length; at += (size_t)bytes) {
        int32_t c = hl_unicode_code(text + at, length - at, &bytes);
        if (is_dropped_by_nmt(c)) continue;
        if (is_blank_to_nmt(c)) hl_tok_buffer_add(out, " ", 1);
        else hl_tok_buffer_add(out, text + at, (size_t)bytes);
    }
    return HL_OK;
}

const hl_normalizer_kind hl_normalizer_lowercase = {"Lowercase", NULL, lowercase, NULL},
                         hl_normalizer_strip_accents = {"StripAccents", NULL, strip_accents, NULL},
                         hl_normalizer_nmt = {"Nmt", NULL, nmt, NULL};
