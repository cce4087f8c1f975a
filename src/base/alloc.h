/* alloc.h - memory that is there, or the job ends with a sentence. */
#ifndef BASE_ALLOC_H
#define BASE_ALLOC_H
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* End the job with a sentence: `what` wants so many bytes more than there are. */
_Noreturn void hl_alloc_failed(const char *what, size_t bytes);

/* How many blocks arenas and the functions of this header have asked the system for, since the start of the program. */
int64_t hl_alloc_count(void);

/* malloc and realloc that end the job with a sentence instead of returning NULL; for things that
 * live as long as their struct and are released with free. */
void *hl_alloc(size_t bytes);
void *hl_alloc_zero(size_t count, size_t size);
void *hl_alloc_aligned(size_t bytes); /* to 64 */
void *hl_realloc(void *p, size_t bytes);
char *hl_alloc_text(const char *text);

/* A stream whose bytes become *text (n), with a 0 behind them, when it is closed; ends the job as hl_alloc does. */
FILE *hl_alloc_stream(char **text, size_t *n);

#endif
