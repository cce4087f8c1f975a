/* target-ranks.h - how each user's target was ranked: a file for other programs, and for hllm compare.
 *
 * doc/formats.md has its arrays and attributes.  The file is there whole or not at all, its bytes do not depend on the
 * number of ranks that write it, and a digest tells whether the disk has kept them. */
#ifndef IO_DATASET_TARGET_RANKS_H
#define IO_DATASET_TARGET_RANKS_H
#include "data/targets.h"
#include "mpi/comm/group.h"
#include <jansson.h>

/* What is written; all borrowed. */
typedef struct {
    const hl_corpus *corpus; /* which knows ids */
    hl_phase phase;
    const int64_t *rank, *ties; /* (users of the corpus) as hl_evaluate gives them (mpi/eval/evaluate.h) */
    const int64_t *met;         /* (items) how often an item occurs in the training parts */
    const json_t *about;        /* an object of texts and integers: attributes, beside those of the format */
} hl_target_ranks_content;

/* Write the file, of which each rank has a share of the users.  HL_ESTORE.  Collective over world; the content is the
 * same on all ranks. */
hl_status hl_target_ranks_write(const hl_group *world, const char *path, const hl_target_ranks_content *c);

/* A file that was read; the arrays are (n), begins (n + 1). */
typedef struct {
    int64_t n;
    char *user, *target; /* ids: of target i from target_begin[i] to target_begin[i + 1] */
    int64_t *user_begin, *target_begin;
    int64_t *low, *high; /* first and last place that the target may have among its ties; 0: it is left out, a miss */
    int64_t *popularity; /* how often it occurs in the training parts */
    int32_t *history;    /* items of the user before it */
    json_t *about;       /* all attributes */
} hl_target_ranks;

/* Read a file.  HL_EFORMAT where it is no such file, HL_ESTORE where the disk did not keep it.  Free *t also after a
 * failure.  Local. */
hl_status hl_target_ranks_read(hl_target_ranks *t, const char *path);
void hl_target_ranks_free(hl_target_ranks *t);

#endif
