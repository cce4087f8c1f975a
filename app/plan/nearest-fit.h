/* nearest-fit.h - what to change in a job that does not fit into memory, so that it does. */
#ifndef APP_PLAN_NEAREST_FIT_H
#define APP_PLAN_NEAREST_FIT_H
#include "app/plan/forecast.h"

/* "zero: 2 fits", "zero: 3 and chunk_tokens: 256 fit": the first of a list, from what costs least time to what costs
 * most, with which all ranks of the layout of f have room (q->room); or what to do where none does.  Local; the same on
 * every rank. */
void hl_nearest_fit(char *out, size_t n, const hl_forecast_question *q, const hl_forecast *f);

#endif
