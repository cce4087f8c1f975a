/* json-skim.h - of a JSON object, the members that somebody wants, as a smaller object.
 *
 * Most of a line of reviews is text that nobody asks for.  It is looked at letter by letter, so that what is no JSON is
 * found, but no value is made of it. */
#ifndef IO_DATASET_JSON_SKIM_H
#define IO_DATASET_JSON_SKIM_H
#include <stdbool.h>
#include <stddef.h>

/* Bytes that grow.  Start from {0}, release with free(at). */
typedef struct {
    char *at;
    size_t n, room;
} hl_json_skimmed;

/* Is this key, n bytes, wanted? */
typedef bool hl_json_wants(const void *self, const char *key, size_t n);

/* The members of a line (n bytes) whose keys are wanted, in their order, a 0 behind them: hl_json_parse gives the same
 * values of them as of the line.  False where the line may be no JSON object, or has what needs a closer look
 * (escaped keys, large numbers, NaN): then the line itself is to be parsed. */
bool hl_json_skim(hl_json_skimmed *out, const char *line, size_t n, hl_json_wants *wants, const void *self);

#endif
