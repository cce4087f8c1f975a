/* state.h - where a training is: what a checkpoint keeps beside the tensors. */
#ifndef APP_TRAIN_STATE_H
#define APP_TRAIN_STATE_H
#include "base/error.h"
#include "app/train/begun.h"
#include "io/record/record.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t step;        /* steps done */
    int64_t updates;     /* AdamW's count */
    double epoch_loss;   /* sum of the losses of this epoch's steps so far */
    int64_t epoch_steps; /* how many these are */
    double best;         /* the best value of valid_metric; below 0: none yet */
    int64_t best_step;
    int bad;        /* evaluations since then that were worse */
    bool ended;     /* early stopping has ended the training */
    bool due;       /* the validation of the epoch that ends with this step is still to come */
    hl_begun begun; /* an evaluation, of this step's weights or the best, that a signal stopped; or the whole test */
    uint64_t data, config;           /* digests of what it was started with */
    hl_survey_lines metrics, ledger; /* what metrics.jsonl and ledger.jsonl held then */
    char job[65];                    /* that wrote it, by its number in the batch system; empty outside of one */
} hl_state;

/* The state as a JSON text; the caller frees it.  origin: of the weights (hl_origin_json); its reference is taken. */
char *hl_state_text(const hl_state *s, json_t *origin);

/* Read a state.  HL_EFORMAT where text is not such an object, or has values that no training reaches; `path` stands
 * in the sentence. */
hl_status hl_state_read(hl_state *s, const char *text, const char *path);

#endif
