/* two-sides.h - weights and moments of two small sides, held by these ranks or those, and checkpoints of them.
 *
 * Collective over the ranks of the test, but what only forms a name. */
#ifndef TESTS_TWO_SIDES_H
#define TESTS_TWO_SIDES_H
#include "io/checkpoint/checkpoint.h"
#include "model/transformer.h"
#include <limits.h>

enum { ITEM, USER, SIDES };
enum { WEIGHT, MEAN, SQUARE, KINDS };
enum { LAYOUTS = 3 }; /* everyone has both sides; some have one each; the first and the last rank have one each */

typedef struct {
    hl_params table[SIDES];
    hl_group holders[SIDES];
    float *x[SIDES][KINDS];
    hl_checkpoint_part part[SIDES];
    hl_checkpoint_content content;
} model;

extern const hl_transformer model_shapes[SIDES];
extern const char *const side_names[SIDES];

/* The caller frees it by model_free. */
model *model_of(const hl_transformer *shape, int layout);
model *model_new(int layout);
void model_free(model *m);

/* Each number knows its place; `salt` tells runs apart. */
float number(int side, int kind, size_t i, int salt);
void fill(model *m, int salt);
void forget(model *m);
bool is_filled(const model *m, int kind, int salt);

/* The folder of the sentence that runs.  Names below are within it; rank 0 alone touches files. */
extern char folder[PATH_MAX - 200];
void new_folder(const char *name);
const char *in_folder(const char *name); /* the text is the callee's until the next call */
bool is_first(void);
bool has(const char *name);
void put(const char *name, const void *bytes, size_t n);
char *get(const char *name, size_t *n); /* the caller frees it */

hl_status write_step(model *m, int64_t step, int keep, int64_t best);
hl_status open_only(const char *name, bool moments);

/* Step of the newest good checkpoint, -1: none, -2: a failure. */
int64_t newest(void);

#endif
