/* run.h - the folder of a run: used.yaml, checkpoints, metrics.jsonl, ledger.jsonl; and what stands in them. */
#ifndef EXPERIMENTS_RUN_H
#define EXPERIMENTS_RUN_H
#include "experiments/evaluation.h"
#include "experiments/job.h"
#include "experiments/state.h"
#include "io/lock.h"
#include "io/record.h"
#include "mpi/ledger.h"
#include "mpi/step.h"

typedef struct {
    hl_job *job;
    hl_state state;
    hl_record *record;  /* rank 0; NULL elsewhere */
    hl_record *digests; /* the same for ledger.jsonl; NULL without `ledger` */
    hl_ledger ledger;
    int64_t saved;  /* the step of the newest checkpoint that this state was saved in or read from; -1: none */
    int64_t agreed; /* the last step at which all copies of the weights were equal */
    bool resumed;
    bool is_behind; /* lines wait for a disk that takes them, and that has been said */
} hl_run;

/* Make the folder, and keep other jobs out of it until hl_lock_release: first of all, so that a second job is
 * refused before it has prepared data.  The lock is rank 0's, *lock is NULL elsewhere.  HL_EUSAGE where another job
 * works there.  Collective; release also after a failure. */
hl_status hl_run_lock(hl_lock **lock, const hl_group *world, const hl_config *c);

/* Begin in the folder or go on in it: weights, moments and state of its newest checkpoint, where there is one and
 * `resume` is on.  Without `resume` the run that is there is moved aside, unless it is of this very batch job,
 * started again.  A configuration or data that would change the numbers is HL_EUSAGE. Nothing is written but
 * used.yaml, where it changes.  Collective; close also after a failure. */
hl_status hl_run_open(hl_run *r, hl_job *j);

/* Open the records, with a line that a run begins or goes on: before any of the lines below.  Collective. */
hl_status hl_run_begin(hl_run *r);
void hl_run_close(hl_run *r);

/* Write the checkpoint of the state as it is; it is the best where the state says so.  HL_ESTORE where a disk fails:
 * nothing is lost but the save, and another may do.  Collective. */
hl_status hl_run_save(hl_run *r);

/* Write the state alone into the checkpoint of this step, which has been saved: its weights are the same.
 * Collective. */
hl_status hl_run_save_state(hl_run *r);

/* Take the weights of the best checkpoint; those at hand stay where no evaluation has chosen one.  Collective. */
hl_status hl_run_take_best(hl_run *r);

/* All lines of metrics.jsonl and ledger.jsonl are on the disk.  HL_ESTORE.  Collective. */
hl_status hl_run_sync(hl_run *r);

/* A line of metrics.jsonl each.  Rank 0 writes.  What the disk does not take is kept for the next line and for the
 * next save, which fails where it still is not taken.  Collective. */
hl_status hl_run_note_step(hl_run *r, const hl_step_report *s, double learning_rate, int64_t epoch);
/* A save after this step has failed, the `tries`th in a row, with work of so many seconds at stake. */
hl_status hl_run_note_unsaved(hl_run *r, int tries, double at_stake, const char *why);
hl_status hl_run_note_epoch(hl_run *r, int64_t epoch);
hl_status hl_run_note_evaluation(hl_run *r, const hl_evaluation *v, int64_t epoch);

/* The line of ledger.jsonl of a step that was just made, also of one whose loss is not finite; nothing without
 * `ledger`. Collective. */
hl_status hl_run_note_ledger(hl_run *r, int64_t step, double loss);

#endif
