/* tok-bytes.c - a tokenizer without a file: every byte of the text is a token.
 *
 * Ids: 0 padding, 1 BOS (before every text), 2 EOS (kept for symmetry with Llama's, never given),
 * 3 + b the byte b. */
#include "base/digest.h"
#include "io/tokenizer/tokenizer-kind.h"

enum { BOS = 1, FIRST_BYTE = 3, VOCAB = FIRST_BYTE + 256 };

static hl_status bytes_open(hl_tokenizer *t)
{
    static const char rule[] = "bytes: BOS 1, byte b is 3 + b";
    t->vocab = VOCAB;
    t->digest = hl_digest(rule, sizeof rule);
    return HL_OK;
}

static hl_status bytes_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n)
{
    (void)t;
    hl_ids_push(ids, BOS);
    for (size_t i = 0; i < n; i++) hl_ids_push(ids, FIRST_BYTE + (unsigned char)text[i]);
    return HL_OK;
}

const hl_tokenizer_kind_ops hl_tok_bytes = {.name = "bytes", .open = bytes_open, .encode = bytes_encode};
