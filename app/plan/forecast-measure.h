/* forecast-measure.h - what ranks hold and what micro-batches take them.  For app/plan/forecast.c alone. */
#ifndef APP_PLAN_FORECAST_MEASURE_H
#define APP_PLAN_FORECAST_MEASURE_H
#include "app/plan/forecast-terms.h"

/* f->state, of f->job. */
void hl_forecast_measure_state(hl_forecast *f);

/* After it f->saved, f->least, f->budget, f->job.seconds, and how many micro-batches each item replica saves: `fit`
 * (item replicas). */
void hl_forecast_measure_saved(hl_forecast *f, hl_activations_saved *fit, const hl_forecast_question *q,
                               const hl_corpus *corpus);

#endif
