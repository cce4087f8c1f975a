/* masking.h - why negatives are masked as false ones, and the remedy: one sentence a cause. */
#ifndef APP_TRAIN_MASKING_H
#define APP_TRAIN_MASKING_H
#include "app/config/config.h"
#include "io/dataset/report.h"

typedef struct {
    const hl_config *config;
    const hl_prepare_report *texts;
    double share;         /* of the negatives of the step that are masked */
    double initial_share; /* the same before the first update that changed the item vectors; 0: not known */
    bool is_initial;      /* no update has changed the item vectors yet */
} hl_masking;

/* The likeliest cause and its remedy.  Valid until the next call. */
const char *hl_masking_advice(const hl_masking *m);

#endif
