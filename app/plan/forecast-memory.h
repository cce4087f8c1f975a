/* forecast-memory.h - what the ranks of a forecast hold, in bytes.  For app/plan/forecast.c alone. */
#ifndef APP_PLAN_FORECAST_MEMORY_H
#define APP_PLAN_FORECAST_MEMORY_H
#include "app/plan/forecast.h"

/* f->saved, and how many micro-batches each item replica saves: `fit` (item replicas). */
void hl_forecast_memory_saved(hl_forecast *f, hl_activations_saved *fit, const hl_config *c, const hl_corpus *corpus);

/* f->state, of f->job. */
void hl_forecast_memory_state(hl_forecast *f);

#endif
