/* idform.c - ids that are the same but for their form, as two programs write them. */
#include "io/dataset/idform.h"
#include <stdbool.h>
#include <string.h>

/* What is taken away at both ends. */
static const char *const around[] = {
    " ",
    "\t",
    "\r",
    "\n",
    "\v",
    "\f",
    "\"",
    "'",
    "`",
    "\xC2\xA0",
    "\xE2\x80\xAF",
    "\xE3\x80\x80", /* blanks: no-break, narrow, wide */
    "\xE2\x80\x8B",
    "\xE2\x80\x8C",
    "\xE2\x80\x8D",
    "\xE2\x80\x8E",
    "\xE2\x80\x8F", /* without a width */
    "\xE2\x81\xA0",
    "\xEF\xBB\xBF", /* word joiner, byte order mark */
    "\xE2\x80\x98",
    "\xE2\x80\x99",
    "\xE2\x80\x9C",
    "\xE2\x80\x9D", /* curly quotes */
};
enum { AROUND = sizeof around / sizeof around[0] };

static bool is_plain_byte(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* One piece off an end; false where there is none. */
static bool trim_one(const char **at, size_t *n)
{
    for (int i = 0; i < AROUND; i++) {
        size_t m = strlen(around[i]);
        if (m > *n) continue;
        if (memcmp(*at, around[i], m) == 0) return *at += m, *n -= m, true;
        if (memcmp(*at + *n - m, around[i], m) == 0) return *n -= m, true;
    }
    return false;
}

static size_t without_blanks(char *id, size_t n)
{
    const char *at = id;
    while (n > 0 && !(is_plain_byte(at[0]) && is_plain_byte(at[n - 1])) && trim_one(&at, &n)) continue;
    memmove(id, at, n);
    return n;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static size_t without_decimal(char *id, size_t n)
{
    size_t end = n;
    while (end > 0 && id[end - 1] == '0') end--;
    bool ends_so = end < n && end > 1 && id[end - 1] == '.' && is_digit(id[end - 2]);
    return ends_so ? end - 1 : n;
}

static size_t without_zeros(char *id, size_t n)
{
    size_t zeros = 0;
    while (zeros + 1 < n && id[zeros] == '0' && is_digit(id[zeros + 1])) zeros++;
    memmove(id, id + zeros, n - zeros);
    return n - zeros;
}

static size_t without_case(char *id, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (id[i] >= 'A' && id[i] <= 'Z') id[i] = (char)(id[i] - 'A' + 'a');
    return n;
}

/* In the order in which they are taken away. */
static size_t (*const without[HL_FORM_SEVERAL])(char *id, size_t n) = {
    [HL_FORM_BLANKS] = without_blanks,
    [HL_FORM_DECIMAL] = without_decimal,
    [HL_FORM_ZEROS] = without_zeros,
    [HL_FORM_CASE] = without_case,
};

size_t hl_id_plain(char out[HL_FORM_LONGEST], const char *id, size_t n)
{
    if (n > HL_FORM_LONGEST) n = HL_FORM_LONGEST;
    memcpy(out, id, n);
    for (int f = 0; f < HL_FORM_SEVERAL; f++) n = without[f](out, n);
    return n;
}

hl_form hl_id_difference(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    char x[HL_FORM_LONGEST], y[HL_FORM_LONGEST];
    for (int f = 0; f < HL_FORM_SEVERAL; f++) {
        memcpy(x, a, a_bytes);
        memcpy(y, b, b_bytes);
        size_t n = without[f](x, a_bytes), m = without[f](y, b_bytes);
        if (n == m && memcmp(x, y, n) == 0) return (hl_form)f;
    }
    return HL_FORM_SEVERAL;
}
