/* run.h - the folder of a run: used.yaml, checkpoints, metrics.jsonl, ledger.jsonl. */
#ifndef APP_TRAIN_RUN_H
#define APP_TRAIN_RUN_H
#include "app/train/evaluation.h"
#include "app/train/job.h"
#include "app/train/state.h"
#include "io/files/lock.h"
#include "io/record/record.h"
#include "mpi/train/ledger.h"
#include "mpi/train/step.h"

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

/* Make the folder, and keep other jobs out of it until hl_lock_release.  Call it first, so that a second job is
 * refused before it prepares data.  HL_EUSAGE where another job works there.  Rank 0 has the lock; *lock is NULL
 * elsewhere.  Collective; release also after a failure. */
hl_status hl_run_lock(hl_lock **lock, const hl_group *world, const hl_config *c);

/* Begin in the folder or go on in it.  With `resume` and a checkpoint, weights, moments and state are those of the
 * newest one.  Without `resume` a run in the folder is moved aside, unless this very batch job has made it and was
 * started again.  HL_EUSAGE where configuration or data would change the numbers.  Only used.yaml is written, where
 * it changes.  Collective; close also after a failure. */
hl_status hl_run_open(hl_run *r, hl_job *j);

/* Open the records, and write the line that a run begins or goes on.  Call it before the functions that write lines.
 * Collective. */
hl_status hl_run_begin(hl_run *r);
void hl_run_close(hl_run *r);

/* Write a checkpoint of the state; it is the best where the state says so.  HL_ESTORE where a disk fails: then only
 * this save is lost, and another may succeed.  Collective. */
hl_status hl_run_save(hl_run *r);

/* Replace the state in the checkpoint of this step; its weights are the same.  Collective. */
hl_status hl_run_save_state(hl_run *r);

/* Take the weights of the best checkpoint; the weights stay where no evaluation has chosen a best one.  Collective. */
hl_status hl_run_take_best(hl_run *r);

/* Flush metrics.jsonl and ledger.jsonl to the disk.  HL_ESTORE.  Collective. */
hl_status hl_run_sync(hl_run *r);

/* Write the line that a run begins or goes on, with the facts of this job.  Collective. */
hl_status hl_run_note_start(hl_run *r);

/* The start is over: write the line that says where its seconds went, and say so in the log.  Collective. */
hl_status hl_run_note_startup(hl_run *r);

/* Write a line of metrics.jsonl, on rank 0.  A line that the disk does not take is kept and written with the next
 * line or the next save; a save fails where the disk still does not take it.  Collective. */
hl_status hl_run_note_step(hl_run *r, const hl_step_report *s, double learning_rate, int64_t epoch);
/* Note that a save after this step has failed, the `tries`th in a row, with work of so many seconds at stake. */
hl_status hl_run_note_unsaved(hl_run *r, int tries, double at_stake, const char *why);
hl_status hl_run_note_epoch(hl_run *r, int64_t epoch);
hl_status hl_run_note_evaluation(hl_run *r, const hl_evaluation *v, int64_t epoch);

/* Write the line of ledger.jsonl of the step just made, also where its loss is not finite; nothing without `ledger`.
 * Collective. */
hl_status hl_run_note_ledger(hl_run *r, int64_t step, double loss);

#endif
