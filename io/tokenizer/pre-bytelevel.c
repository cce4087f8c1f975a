/* pre-bytelevel.c - the pre-tokenizer ByteLevel (GPT-2): cut at words, and write bytes in letters.
 *
 * Letters only matter to steps that come behind: where there is none, pieces stay bytes, and the end gets them; where
 * there is one, the end turns letters back into bytes (io/tokenizer/byte-letters.h). */
#include "base/alloc.h"
#include "io/tokenizer/byte-letters.h"
#include "io/tokenizer/pretokenizer.h"
#include "io/tokenizer/regex.h"
#include "io/tokenizer/word-scan.h"
#include <stdlib.h>

typedef struct {
    bool add_blank, use_regex;
    const hl_word_scan *scan;
} bytes;

static hl_status bytes_open(hl_pretokenizer *p, const json_t *says, const char *path)
{
    bytes *b = p->own = hl_alloc_zero(1, sizeof *b);
    const json_t *regex = json_object_get(says, "use_regex");
    (void)path;
    b->add_blank = json_is_true(json_object_get(says, "add_prefix_space"));
    b->use_regex = !regex || json_is_true(regex);
    b->scan = hl_word_scan_gpt2();
    return HL_OK;
}

static hl_status bytes_pass(hl_pretokenizer *p, const char *text, size_t n)
{
    if (!p->next) return hl_pretokenizer_pass(p, text, n);
    p->out.n = 0;
    hl_byte_letters_write(&p->out, text, n);
    return hl_pretokenizer_pass(p, p->out.at, p->out.n);
}

static hl_status bytes_cut(hl_pretokenizer *p, const char *text, size_t n)
{
    bytes *b = p->own;
    hl_tok_buffer with_blank = {0};
    hl_status s = HL_OK;
    if (b->add_blank && text[0] != ' ') {
        hl_tok_buffer_add(&with_blank, " ", 1);
        hl_tok_buffer_add(&with_blank, text, n);
        text = with_blank.at;
        n = with_blank.n;
    }
    if (!b->use_regex) s = bytes_pass(p, text, n);
    for (size_t at = 0, word; b->use_regex && s == HL_OK && at < n; at += word) {
        word = hl_word_scan_next(b->scan, text + at, n - at);
        s = bytes_pass(p, text + at, word);
    }
    hl_tok_buffer_free(&with_blank);
    return s;
}

static void bytes_close(hl_pretokenizer *p) { free(p->own); }

const hl_pretokenizer_kind hl_pretokenizer_byte_level = {"ByteLevel", bytes_open, bytes_cut, bytes_close};
