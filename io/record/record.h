/* record.h - metrics.jsonl and ledger.jsonl: what a run tells machines, one JSON object a line.
 *
 * Rank 0 has the record; elsewhere it is NULL, and every function here does nothing with NULL.  A line is begun, filled
 * and ended:
 *
 *     hl_record_begin(r, "step");
 *     hl_record_int(r, "step", 12);
 *     hl_record_number(r, "loss", 4.5);
 *     HL_TRY_ALL(world, hl_record_end(r));
 *
 * and is in the file when hl_record_end returns.  Shares are fractions, not percent; a number that is not finite is
 * null. */
#ifndef IO_RECORD_RECORD_H
#define IO_RECORD_RECORD_H
#include "base/error.h"
#include "math/sketch.h"
#include "io/record/survey.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct hl_record hl_record;

enum { HL_RECORD_SCHEMA = 1 };

/* Open, or create, a file to add to.  after: the step from which a run goes on, 0 at its beginning.  Lines of later
 * steps are dropped, so that the file reads as one run; so is a last line that a kill has torn, and a line of kind
 * `redo` (NULL: none) at step `after` itself, which will be written again.  HL_EFORMAT where the file holds
 * something else.  Local; close *out also after a failure. */
hl_status hl_record_open(hl_record **out, const char *path, int64_t after, const char *redo);
void hl_record_close(hl_record *r);

/* Where the opened file had fewer lines of kind "step" than the run has made steps: warn and return true.  It was
 * cut off, emptied or replaced. */
bool hl_record_tell_missing(const hl_record *r, int64_t steps);

/* The mark of all lines in the file now, for a checkpoint to keep; lines == 0 where r is NULL. */
hl_survey_lines hl_record_marked(const hl_record *r);

/* Where the file no longer begins with the lines of the mark: warn and return true.  A number in it was changed, or
 * a line is gone. */
bool hl_record_tell_changed(const hl_record *r, hl_survey_lines was);

/* {"kind": kind */
void hl_record_begin(hl_record *r, const char *kind);
void hl_record_int(hl_record *r, const char *key, int64_t x);
void hl_record_number(hl_record *r, const char *key, double x);
void hl_record_text(hl_record *r, const char *key, const char *x);
void hl_record_digest(hl_record *r, const char *key, uint64_t x); /* as 16 hexadecimal digits */
/* phases: {name: [min, mean, max, rank of max]}, in seconds. */
void hl_record_phase(hl_record *r, const char *name, double min, double mean, double max, int rank);
/* The same of any figure. */
void hl_record_spread(hl_record *r, const char *what, const char *name, double min, double mean, double max, int rank);

/* what: {name: x}. */
void hl_record_part(hl_record *r, const char *what, const char *name, double x);

/* Any value, which stays the caller's. */
void hl_record_value(hl_record *r, const char *key, const json_t *x);

/* tensors: {tensor: {what: [digest, norm, projections]}}. */
void hl_record_sketch(hl_record *r, const char *tensor, const char *what, const hl_sketch *x);

/* Write the line.  HL_ESTORE where the disk does not take it; the file then ends with the line before, and this one
 * is kept: it goes with the next, or with hl_record_sync. */
hl_status hl_record_end(hl_record *r);

/* Write the lines that are kept in memory and flush the file to the disk; HL_ESTORE where that fails.  Call it
 * before a checkpoint, so that after a power cut the file is not behind the checkpoint.  Where the path names
 * another file by now, or none, warn once. */
hl_status hl_record_sync(hl_record *r);

/* What a run line says. */
typedef struct {
    int64_t step; /* it goes on from; 0: it begins */
    const char *version, *commit, *compiler, *flags, *math,
        *kernels; /* of the program; hl_math_library(), hl_kernels_name() */
    const char *mpi;
    int nodes, ranks, threads;          /* threads a rank */
    int cores, cores_least, cores_most; /* of a machine; that ranks are bound to, at the least and most */
    const char *layout;                 /* who holds what, in words */
    int64_t activation_budget;          /* bytes of activations that a rank saves at most; negative: all */
    uint64_t config, data, weights;     /* digests; weights: the initial ones */
    const char *item_model;             /* of item vectors that are not trained: who made them, in words; "": none */
    uint64_t item_vectors;              /* and their digest */
} hl_record_facts;

/* The line of kind "run", which comes first whenever a run begins or goes on. */
hl_status hl_record_run(hl_record *r, const hl_record_facts *f);

#endif
