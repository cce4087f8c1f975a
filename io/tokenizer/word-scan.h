/* word-scan.h - the words of patterns that many byte-level tokenizers have, cut by hand.
 *
 * The same as the regular expression gives (a test compares them), many times as fast. */
#ifndef IO_TOKENIZER_WORD_SCAN_H
#define IO_TOKENIZER_WORD_SCAN_H
#include "io/tokenizer/pretokenizer.h"
#include <stddef.h>

typedef struct hl_word_scan hl_word_scan;

/* The pattern of GPT-2, which ByteLevel has without saying so. */
const hl_word_scan *hl_word_scan_gpt2(void);

/* The one that does what this regular expression says; NULL where there is none. */
const hl_word_scan *hl_word_scan_find(const char *regex);

/* The regular expression of number i; NULL behind the last. */
const char *hl_word_scan_regex(int i);

/* Bytes of the word that text, n > 0 bytes of UTF-8, begins with. */
size_t hl_word_scan_next(const hl_word_scan *s, const char *text, size_t n);

/* Hand on all words of a text. */
hl_status hl_word_scan_pass(const hl_word_scan *s, hl_pretokenizer *p, const char *text, size_t n);

#endif
