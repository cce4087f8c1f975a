/* base64.c - bytes written in letters. */
#include "io/tokenizer/base64.h"
#include "base/alloc.h"
#include <nettle/base64.h>
#include <stdint.h>
#include <stdlib.h>

bool hl_base64_read(const char *text, size_t n, char **out, size_t *size)
{
    struct base64_decode_ctx c;
    *size = BASE64_DECODE_LENGTH(n);
    *out = hl_alloc(*size + 1);
    nettle_base64_decode_init(&c);
    if (nettle_base64_decode_update(&c, size, (uint8_t *)*out, n, text) && nettle_base64_decode_final(&c)) return true;
    free(*out);
    *out = NULL;
    return false;
}

char *hl_base64_write(const char *bytes, size_t n)
{
    char *text = hl_alloc(BASE64_ENCODE_RAW_LENGTH(n) + 1);
    nettle_base64_encode_raw(text, n, (const uint8_t *)bytes);
    text[BASE64_ENCODE_RAW_LENGTH(n)] = 0;
    return text;
}
