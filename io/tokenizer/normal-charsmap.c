/* normal-charsmap.c - the normalizer Precompiled: SentencePiece's map of characters, as Hugging Face applies it.
 *
 * The map is base64 of: the bytes of a trie (32 bits, little-endian), the trie, and the texts that keys become, each
 * with a 0 behind it.  The trie is a double array (Aoe 1989; the layout is Darts-clone's): a unit of 32 bits has the
 * label of its last byte, whether a key ends there, and the distance to its children.
 *
 * The text is taken grapheme by grapheme (UAX 29).  One of less than six bytes is looked up whole, a longer or unknown
 * one character by character.  A look-up takes the shortest key that is a prefix, and replaces all of what was looked
 * up. */
#include "base/alloc.h"
#include "io/files/utf8.h"
#include "io/tokenizer/base64.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

enum { MOST_WHOLE = 5 }; /* bytes of a grapheme that is looked up whole */

typedef struct {
    char *bytes; /* the whole map */
    const char *trie, *texts;
    size_t units, texts_n;
    struct {
        const char *text; /* NULL: itself */
        size_t n;
    } ascii[128]; /* what a character alone becomes */
} charsmap;

static uint32_t unit(const charsmap *m, size_t i)
{
    const unsigned char *b = (const unsigned char *)m->trie + 4 * i;
    return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

static bool has_leaf(uint32_t u) { return u >> 8 & 1; }
static uint32_t value_of(uint32_t u) { return u & 0x7FFFFFFF; }
static uint32_t label_of(uint32_t u) { return u & 0x800000FF; }
static size_t offset_of(uint32_t u) { return (size_t)(u >> 10) << ((u & 1u << 9) >> 6); }

/* What the shortest key that key (n) begins with becomes; NULL where there is none. */
static const char *look_up(const charsmap *m, const char *key, size_t n, size_t *length)
{
    size_t at = 0;
    uint32_t u = m->units ? unit(m, 0) : 0;
    at ^= offset_of(u);
    for (size_t i = 0; i < n && m->units; i++) {
        unsigned char c = (unsigned char)key[i];
        at ^= c;
        if (c == 0 || at >= m->units) return NULL;
        u = unit(m, at);
        if (label_of(u) != c) return NULL;
        at ^= offset_of(u);
        if (!has_leaf(u)) continue;
        if (at >= m->units) return NULL;
        size_t value = value_of(unit(m, at));
        if (value >= m->texts_n) return NULL;
        *length = strnlen(m->texts + value, m->texts_n - value);
        return m->texts + value;
    }
    return NULL;
}

static hl_status charsmap_open(hl_normalizer *n, const json_t *says, const char *path)
{
    charsmap *m = n->own = hl_alloc_zero(1, sizeof *m);
    const char *text = json_string_value(json_object_get(says, "precompiled_charsmap"));
    size_t size = 0, trie = 0;
    if (!text || !hl_base64_read(text, strlen(text), &m->bytes, &size) || size < 4)
        return HL_FAIL(HL_EFORMAT, "%s: the precompiled_charsmap of its normalizer is not base64; get the file again",
                       path);
    for (int i = 0; i < 4; i++) trie |= (size_t)(unsigned char)m->bytes[i] << (8 * i);
    if (trie > size - 4 || trie % 4)
        return HL_FAIL(HL_EFORMAT, "%s: the precompiled_charsmap of its normalizer ends within its trie", path);
    m->trie = m->bytes + 4;
    m->units = trie / 4;
    m->texts = m->trie + trie;
    m->texts_n = size - 4 - trie;
    if (hl_utf8_valid(m->texts, m->texts_n) < m->texts_n)
        return HL_FAIL(HL_EFORMAT, "%s: the precompiled_charsmap of its normalizer has texts that are not UTF-8", path);
    for (int c = 0; c < 128; c++) m->ascii[c].text = look_up(m, (const char[]){(char)c}, 1, &m->ascii[c].n);
    return HL_OK;
}

static void add_mapped(const charsmap *m, hl_tok_buffer *out, const char *text, size_t n)
{
    size_t length;
    const char *is = look_up(m, text, n, &length);
    hl_tok_buffer_add(out, is ? is : text, is ? length : n);
}

static void add_grapheme(const charsmap *m, hl_tok_buffer *out, const char *text, size_t n)
{
    size_t length;
    int bytes;
    const char *is = n <= MOST_WHOLE ? look_up(m, text, n, &length) : NULL;
    if (is) return hl_tok_buffer_add(out, is, length);
    for (size_t at = 0; at < n; at += (size_t)bytes) {
        (void)hl_unicode_code(text + at, n - at, &bytes);
        add_mapped(m, out, text + at, (size_t)bytes);
    }
}

/* The bytes of the grapheme that text (n > 0) begins with. */
static size_t grapheme(const char *text, size_t n)
{
    int bytes;
    utf8proc_int32_t state = 0, before = hl_unicode_code(text, n, &bytes);
    size_t at = (size_t)bytes;
    while (at < n) {
        utf8proc_int32_t c = hl_unicode_code(text + at, n - at, &bytes);
        if (utf8proc_grapheme_break_stateful(before, c, &state)) break;
        before = c;
        at += (size_t)bytes;
    }
    return at;
}

static bool is_ascii_alone(const char *text, size_t n)
{
    return (unsigned char)text[0] < 0x80 && text[0] != '\r' && (n == 1 || (unsigned char)text[1] < 0x80);
}

static hl_status charsmap_run(hl_normalizer *n, hl_tok_buffer *out, bool *same, const char *text, size_t length)
{
    const charsmap *m = n->own;
    (void)same;
    for (size_t at = 0, bytes; at < length; at += bytes) {
        if (is_ascii_alone(text + at, length - at)) {
            int c = text[at];
            bytes = 1;
            if (m->ascii[c].text) hl_tok_buffer_add(out, m->ascii[c].text, m->ascii[c].n);
            else hl_tok_buffer_add(out, text + at, 1);
            continue;
        }
        bytes = grapheme(text + at, length - at);
        add_grapheme(m, out, text + at, bytes);
    }
    return HL_OK;
}

static void charsmap_close(hl_normalizer *n)
{
    charsmap *m = n->own;
    if (m) free(m->bytes);
    free(m);
}

const hl_normalizer_kind hl_normalizer_precompiled = {"Precompiled", charsmap_open, charsmap_run, charsmap_close};
