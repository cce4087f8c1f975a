/* forecast.h - what a step of a configuration would be like on so many ranks, without running it.
 *
 * The batch is the first of the data, or without data made up: windows of MAX_ITEM_LIST_LENGTH + 1 different items,
 * texts of MAX_TEXT_LENGTH tokens that share nothing.  Real texts are shorter and fewer, so then seconds and bytes
 * are on the high side; shares and ratios hold. */
#ifndef APP_PLAN_FORECAST_H
#define APP_PLAN_FORECAST_H
#include "app/config/config.h"
#include "step/cost.h"

typedef struct {
    hl_layout layout;
    hl_transformer item, user;
    hl_plan plan;
    hl_share share;
    hl_schedule *schedule; /* (ranks) */
    hl_cost *cost;         /* (ranks) */
    double *state, *saved; /* (ranks) bytes of weights, gradients and moments; of activations */
    double step;           /* seconds */
    hl_cost_job job;
    hl_arena arena;
} hl_forecast;

/* What a rank can do; figures of an ordinary core of 2020 and shared memory, times the threads.  A calibration
 * (hllm bench calibrate FILE) is better. */
hl_machine hl_forecast_machine(int threads);

/* The figures of a calibration file.  HL_EFORMAT where it is none. */
hl_status hl_forecast_calibrated(hl_machine *m, const char *path, int width);

/* The shapes that the configuration and the folders it names give.  Local. */
hl_status hl_forecast_shapes(hl_transformer *item, hl_transformer *user, const hl_config *c);

/* Do the models have layers enough for the stages that are wished for, cuts that exact mode can have, and parameters
 * of the names of freeze_prefix?  HL_EUSAGE.  Local. */
hl_status hl_forecast_check(const hl_config *c, const hl_transformer *item, const hl_transformer *user);

/* Forecast the layout of `wish`; corpus NULL: made up.  Local; the same on every rank.  Close also after a failure. */
hl_status hl_forecast_open(hl_forecast *f, const hl_config *c, const hl_transformer *item, const hl_transformer *user,
                           int ranks, const hl_layout_wish *wish, const hl_corpus *corpus, const hl_machine *machine);
void hl_forecast_close(hl_forecast *f);

/* What the configuration wishes; placement auto is `kind`. */
hl_layout_wish hl_forecast_wish(const hl_config *c, hl_layout_kind kind);

/* The layout of `wish` on so many ranks, with the configuration's grids. */
hl_status hl_forecast_layout(hl_layout *l, const hl_config *c, int ranks, const hl_layout_wish *wish);

/* Has each replica of a layout one of exact.groups at the least?  Asked before its cost. */
hl_status hl_forecast_check_replicas(const hl_config *c, const hl_layout *l);

/* The placements that auto chooses from, each with the seconds of its step, < 0 where it does not fit; the index of the
 * best, -1 where none fits (then the first's reason is the error). */
enum { HL_CANDIDATES = 6 };
typedef struct {
    hl_layout_wish wish;
    double step;
    char text[120];
} hl_candidate;
int hl_forecast_choose(hl_candidate list[HL_CANDIDATES], int *n, const hl_config *c, const hl_transformer *item,
                       const hl_transformer *user, int ranks, const hl_corpus *corpus, const hl_machine *machine);

#endif
