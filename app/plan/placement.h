/* placement.h - placement auto: which placement a forecast finds best. */
#ifndef APP_PLAN_PLACEMENT_H
#define APP_PLAN_PLACEMENT_H
#include "app/plan/forecast.h"

/* A placement that auto chooses from. */
typedef struct {
    hl_parallelism parallelism;
    double step; /* seconds */
    char text[120];
} hl_placement_candidate;

enum { HL_PLACEMENT_CANDIDATES = 6 };

/* list (n): those that fit on so many ranks; the index of the best, -1 where none fits (then the first's reason is the
 * error)). */
int hl_placement_choose(hl_placement_candidate list[HL_PLACEMENT_CANDIDATES], int *n, const hl_forecast_question *q,
                        int ranks);

#endif
