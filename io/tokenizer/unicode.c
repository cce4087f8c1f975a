/* unicode.c - what a character is, as tokenizers ask. */
#include "io/tokenizer/unicode.h"
#include "base/alloc.h"
#include <pthread.h>
#include <stdbool.h>
#include <utf8proc.h>

uint8_t *hl_unicode_table;

static bool is_space(int32_t c)
{
    return (c >= 9 && c <= 13) || c == ' ' || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A)
           || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Letters by their looks, of category So: the part of Other_Alphabetic that is neither mark nor letter. */
static bool is_enclosed_letter(int32_t c)
{
    return (c >= 0x24B6 && c <= 0x24E9) || (c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169)
           || (c >= 0x1F170 && c <= 0x1F189);
}

static bool is_ascii_punctuation(int32_t c)
{
    return (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) || (c >= 123 && c <= 126);
}

static unsigned of_category(int32_t c)
{
    switch (utf8proc_category(c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: return HL_UNICODE_LETTER | HL_UNICODE_WORD;
    case UTF8PROC_CATEGORY_MN: return HL_UNICODE_MARK | HL_UNICODE_NONSPACING | HL_UNICODE_WORD;
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return HL_UNICODE_MARK | HL_UNICODE_WORD;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL: return HL_UNICODE_NUMBER | HL_UNICODE_WORD;
    case UTF8PROC_CATEGORY_NO: return HL_UNICODE_NUMBER;
    case UTF8PROC_CATEGORY_PC: return HL_UNICODE_PUNCTUATION | HL_UNICODE_WORD;
    case UTF8PROC_CATEGORY_PD:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return HL_UNICODE_PUNCTUATION;
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO: return HL_UNICODE_CONTROL;
    default: return 0;
    }
}

uint8_t hl_unicode_compute(int32_t c)
{
    unsigned is = of_category(c);
    if (is_space(c)) is |= HL_UNICODE_SPACE;
    if (is_ascii_punctuation(c)) is |= HL_UNICODE_PUNCTUATION;
    if (is_enclosed_letter(c) || c == 0x200C || c == 0x200D) is |= HL_UNICODE_WORD;
    return (uint8_t)is;
}

static void make_table(void)
{
    hl_unicode_table = hl_alloc(HL_UNICODE_IN_TABLE);
    for (int32_t c = 0; c < HL_UNICODE_IN_TABLE; c++) hl_unicode_table[c] = hl_unicode_compute(c);
}

void hl_unicode_classes(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, make_table);
}

int32_t hl_unicode_code(const char *text, size_t n, int *bytes)
{
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] < 0x80) return *bytes = 1, c[0];
    if (c[0] < 0xE0 && n > 1) return *bytes = 2, (c[0] & 0x1F) << 6 | (c[1] & 0x3F);
    if (c[0] < 0xF0 && n > 2) return *bytes = 3, (c[0] & 0x0F) << 12 | (c[1] & 0x3F) << 6 | (c[2] & 0x3F);
    if (n > 3) return *bytes = 4, (c[0] & 0x07) << 18 | (c[1] & 0x3F) << 12 | (c[2] & 0x3F) << 6 | (c[3] & 0x3F);
    return *bytes = 1, 0xFFFD; /* no UTF-8 */
}
