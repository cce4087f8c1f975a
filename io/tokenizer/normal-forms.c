/* normal-forms.c - the normalizers that are Unicode's normal forms (UAX 15), by utf8proc. */
#include "io/files/ascii.h"
#include "io/tokenizer/normalizer.h"
#include <stdlib.h>
#include <utf8proc.h>

static hl_status form(hl_tok_buffer *out, bool *same, const char *text, size_t n, utf8proc_option_t how)
{
    utf8proc_uint8_t *made = NULL;
    *same = hl_ascii_run(text, n) == n;
    if (*same) return HL_OK;
    utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)n, &made, how | UTF8PROC_STABLE);
    if (length < 0)
        return HL_FAIL(HL_EFORMAT, "a text cannot be brought into a normal form: %s", utf8proc_errmsg(length));
    hl_tok_buffer_add(out, (const char *)made, (size_t)length);
    free(made);
    return HL_OK;
}

static hl_status nfc(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n;
    return form(out, same, text, length, UTF8PROC_COMPOSE);
}

static hl_status nfd(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n;
    return form(out, same, text, length, UTF8PROC_DECOMPOSE);
}

static hl_status nfkc(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n;
    return form(out, same, text, length, UTF8PROC_COMPOSE | UTF8PROC_COMPAT);
}

static hl_status nfkd(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    (void)n;
    return form(out, same, text, length, UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT);
}

const hl_normalizer_kind hl_normalizer_nfc = {"NFC", NULL, nfc, NULL}, hl_normalizer_nfd = {"NFD", NULL, nfd, NULL},
                         hl_normalizer_nfkc = {"NFKC", NULL, nfkc, NULL},
                         hl_normalizer_nfkd = {"NFKD", NULL, nfkd, NULL};
