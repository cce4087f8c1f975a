/* trainer.h - what a training knows while it runs, and its parts: a step, a save, the end of an epoch.
 *
 * For app/train/train*.c alone. */
#ifndef APP_TRAIN_TRAINER_H
#define APP_TRAIN_TRAINER_H
#include "app/train/pace.h"
#include "app/train/run.h"
#include "app/train/saving.h"
#include "app/train/summary.h"
#include "step/rate.h"
#include "mpi/train/step.h"

typedef struct {
    hl_job *job;
    hl_run run;
    hl_rate rate;
    int64_t steps_per_epoch, steps; /* of an epoch; of the job */
    bool zeros_told;
    double began, masked_level; /* share of masked negatives that is worth the next warning */
    double initial_share;       /* of the masked ones, while no update has changed the item vectors; 0: not known */
    int64_t began_at;           /* step */
    hl_saving saving;
    double former_best; /* the best before the last one, and its step */
    int64_t former_step;
    hl_arena batch;
    hl_summary summary;
    hl_pace pace;
} hl_trainer;

/* One step; nothing changes where the report says that it was given up.  Collective, as all that follows. */
hl_status hl_trainer_step(hl_trainer *t, hl_step_report *report);

/* Save all; a failure is not the end, before much work is at stake.  The second where no later step follows: it tries
 * several times. */
hl_status hl_trainer_save(hl_trainer *t);
hl_status hl_trainer_save_now(hl_trainer *t);

/* Save the state alone where this step is saved, else all. */
hl_status hl_trainer_save_state(hl_trainer *t);

/* Is all that training has done in a checkpoint?  Local. */
bool hl_trainer_is_saved(const hl_trainer *t);

/* The epoch of the step just made, from 0.  Local. */
static inline int64_t hl_trainer_epoch(const hl_trainer *t) { return (t->run.state.step - 1) / t->steps_per_epoch; }

/* Evaluate the weights at hand; where a signal stops it, what was done is saved, and the next start goes on from
 * there. */
hl_status hl_trainer_evaluate(hl_trainer *t, hl_evaluation *v, hl_phase phase);

/* Validate, and take note where it is the best so far. */
hl_status hl_trainer_validate(hl_trainer *t);

/* Note the epoch, save, and validate where it is due. */
hl_status hl_trainer_end_epoch(hl_trainer *t);

#endif
