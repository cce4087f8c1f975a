/* alloc.c - memory that is there, or the job ends with a sentence. */
#include "base/alloc.h"
#include "base/error.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN = 64 };

static atomic_llong blocks;

_Noreturn void hl_alloc_failed(const char *what, size_t bytes)
{
    char sentence[200];
    snprintf(sentence, sizeof sentence,
             "out of memory: %s wants %zu more bytes; use more ranks, a smaller batch_size or chunk_tokens", what,
             bytes);
    hl_error_end_job(HL_EFAIL, sentence);
}

int64_t hl_alloc_count(void) { return blocks; }

void *hl_alloc(size_t bytes)
{
    blocks++;
    void *p = malloc(bytes ? bytes : 1);
    if (!p) hl_alloc_failed("the program", bytes);
    return p;
}

void *hl_alloc_zero(size_t count, size_t size)
{
    blocks++;
    void *p = calloc(count ? count : 1, size ? size : 1);
    if (!p) hl_alloc_failed("the program", count * size);
    return p;
}

void *hl_alloc_aligned(size_t bytes)
{
    blocks++;
    void *p = aligned_alloc(ALIGN, bytes ? (bytes + ALIGN - 1) / ALIGN * ALIGN : ALIGN);
    if (!p) hl_alloc_failed("the program", bytes);
    return p;
}

void *hl_realloc(void *p, size_t bytes)
{
    blocks++;
    p = realloc(p, bytes ? bytes : 1);
    if (!p) hl_alloc_failed("the program", bytes);
    return p;
}

char *hl_alloc_text(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(hl_alloc(n), text, n);
}

FILE *hl_alloc_stream(char **text, size_t *n)
{
    FILE *f = open_memstream(text, n);
    if (!f) hl_alloc_failed("a text", 1);
    return f;
}
