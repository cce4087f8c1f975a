/* log.h - what the program tells people, on standard error.
 *
 * Information comes from rank 0 alone; warnings and errors from whoever has them, with the rank.
 * Figures for machines go to metrics.jsonl (io/record/record.h), never through here. */
#ifndef BASE_LOG_H
#define BASE_LOG_H
#include <stdbool.h>
#include <stddef.h>

typedef enum { HL_DEBUG, HL_INFO, HL_WARN, HL_ERROR } hl_level;

/* One line; the newline is added. */
void hl_log(hl_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What a line begins with: "hllm: error: rank 3: ", with the rank where there are several.  How many bytes.  For who
 * must put a line together before it is needed, as a handler of signals. */
size_t hl_log_begin(char *line, size_t room, hl_level level);

/* Who speaks: rank and number of ranks of the job; (0, 1) until told. */
void hl_log_rank(int rank, int ranks);

/* Lines below this level are not printed; HL_INFO until told. */
void hl_log_level(hl_level least);

/* Show a line that the next one overwrites (a progress bar).  Does nothing where standard error
 * is not a terminal, and on ranks other than 0. */
void hl_log_transient(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is standard error a terminal, and are we rank 0? */
bool hl_log_is_live(void);

#endif
