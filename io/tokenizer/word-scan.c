/* word-scan.c - the words of patterns that many byte-level tokenizers have, cut by hand.
 *
 * The alternatives of each pattern are tried in their order.  Where L are letters, N numbers and S white space:
 *     GPT-2       's 't 're 've 'm 'll 'd    ␣?L+    ␣?N+    ␣?[^SLN]+    S+ but for its last    S+
 *     Llama 3     the same in any case    [^\r\nLN]?L+    N{1,3}    ␣?[^SLN]+[\r\n]*    S*[\r\n]+    S+ but ...    S+
 *     Qwen 2      as Llama 3, with one N
 * "But for its last": a run of white space leaves its last character to the word behind it, if there is one. */
#include "io/tokenizer/word-scan.h"
#include "io/tokenizer/unicode.h"
#include <string.h>

typedef size_t scan_function(const hl_word_scan *s, const char *text, size_t n);

struct hl_word_scan {
    const char *regex;
    scan_function *next;
    int most_digits;
};

enum { L = HL_UNICODE_LETTER, N = HL_UNICODE_NUMBER, S = HL_UNICODE_SPACE };

static inline uint8_t class_at(const char *text, size_t n, size_t at, int *bytes)
{
    unsigned char c = (unsigned char)text[at];
    if (c < 0x80) return *bytes = 1, hl_unicode_table[c];
    return hl_unicode_class(hl_unicode_code(text + at, n - at, bytes));
}

/* Where the run of characters of these classes ends that begins at `at`. */
static inline size_t run_of(const char *text, size_t n, size_t at, unsigned classes)
{
    int bytes;
    while (at < n && (class_at(text, n, at, &bytes) & classes)) at += (size_t)bytes;
    return at;
}

static inline size_t run_of_others(const char *text, size_t n, size_t at)
{
    int bytes;
    while (at < n && !(class_at(text, n, at, &bytes) & (L | N | S))) at += (size_t)bytes;
    return at;
}

static size_t run_of_line_ends(const char *text, size_t n, size_t at)
{
    while (at < n && (text[at] == '\r' || text[at] == '\n')) at++;
    return at;
}

/* Bytes of 's, 't, ... that text begins with, which begins with '; 0: none. */
static size_t contraction(const char *text, size_t n, bool any_case)
{
    char a = n > 1 ? text[1] : 0, b = n > 2 ? text[2] : 0;
    if (any_case && a >= 'A' && a <= 'Z') a = (char)(a + 32);
    if (any_case && b >= 'A' && b <= 'Z') b = (char)(b + 32);
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
    return any_case && n > 2 && memcmp(text + 1, "\xC5\xBF", 2) == 0 ? 3 : 0; /* ſ, a small s */
}

/* White space at the beginning of text, but for its last character where a word follows. */
static size_t blanks(const char *text, size_t n)
{
    size_t at = 0, last = 0;
    int bytes;
    while (at < n && (class_at(text, n, at, &bytes) & S)) {
        last = at;
        at += (size_t)bytes;
    }
    return at == n || last == 0 ? at : last;
}

static size_t gpt2(const hl_word_scan *s, const char *text, size_t n)
{
    int bytes;
    size_t word = text[0] == '\'' ? contraction(text, n, false) : 0, from = text[0] == ' ' && n > 1;
    (void)s;
    if (word) return word;
    uint8_t class = class_at(text, n, from, &bytes);
    if (class & L) return run_of(text, n, from, L);
    if (class & N) return run_of(text, n, from, N);
    if (!(class & S)) return run_of_others(text, n, from);
    return blanks(text, n);
}

/* Through the last line end of the white space that text begins with; 0 where it has none. */
static size_t through_line_end(const char *text, size_t n)
{
    size_t end = 0;
    int bytes;
    for (size_t at = 0; at < n && (class_at(text, n, at, &bytes) & S); at += (size_t)bytes)
        if (text[at] == '\r' || text[at] == '\n') end = at + 1;
    return end;
}

static size_t numbers(const char *text, size_t n, int most)
{
    size_t at = 0;
    int bytes;
    for (int i = 0; i < most && at < n && (class_at(text, n, at, &bytes) & N); i++) at += (size_t)bytes;
    return at;
}

static size_t llama3(const hl_word_scan *s, const char *text, size_t n)
{
    int bytes, more;
    size_t word = text[0] == '\'' ? contraction(text, n, true) : 0;
    if (word) return word;
    uint8_t class = class_at(text, n, 0, &bytes);
    size_t first = (size_t)bytes;
    if (class & L) return run_of(text, n, first, L);
    if (class & N) return numbers(text, n, s->most_digits);
    uint8_t next = first < n ? class_at(text, n, first, &more) : S;
    if ((next & L) && text[0] != '\r' && text[0] != '\n') return run_of(text, n, first, L);
    if (!(class & S)) return run_of_line_ends(text, n, run_of_others(text, n, first));
    if (text[0] == ' ' && !(next & (L | N | S))) return run_of_line_ends(text, n, run_of_others(text, n, first));
    word = through_line_end(text, n);
    return word ? word : blanks(text, n);
}

#define LLAMA3(digits)                                                         \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" digits \
    "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
static const hl_word_scan scans[] = {
    {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", gpt2, 0},
    {LLAMA3(""), llama3, 1},
    {LLAMA3("{1,3}"), llama3, 3},
};
enum { SCANS = sizeof scans / sizeof scans[0] };

const hl_word_scan *hl_word_scan_gpt2(void) { return &scans[0]; }

const hl_word_scan *hl_word_scan_find(const char *regex)
{
    for (int i = 0; i < SCANS; i++)
        if (strcmp(regex, scans[i].regex) == 0) return &scans[i];
    return NULL;
}

const char *hl_word_scan_regex(int i) { return i < SCANS ? scans[i].regex : NULL; }

size_t hl_word_scan_next(const hl_word_scan *s, const char *text, size_t n) { return s->next(s, text, n); }

hl_status hl_word_scan_pass(const hl_word_scan *s, hl_pretokenizer *p, const char *text, size_t n)
{
    for (size_t at = 0, word; at < n; at += word) {
        word = s->next(s, text + at, n - at);
        HL_TRY(hl_pretokenizer_pass(p, text + at, word));
    }
    return HL_OK;
}
