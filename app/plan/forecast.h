/* forecast.h - what a step of a configuration would be like on so many ranks, without running it.
 *
 * The batch is the first of the data, or without data made up (app/plan/made-up.h): then seconds and bytes are on the
 * high side; shares and ratios hold. */
#ifndef APP_PLAN_FORECAST_H
#define APP_PLAN_FORECAST_H
#include "app/plan/forecast-terms.h"
#include "step/parallelism.h"

/* HL_EUSAGE where the layout is not possible on so many ranks.  Local; the same on every rank.  Close also after a
 * failure. */
hl_status hl_forecast_open(hl_forecast *f, const hl_forecast_question *q, int ranks, const hl_parallelism *p);

/* Of all micro-batches of texts on all ranks, the share whose activations are recomputed.  Local. */
double hl_forecast_recomputed(const hl_forecast *f);
void hl_forecast_close(hl_forecast *f);

#endif
