/* plan-show.h - how hllm plan shows a forecast: lines for people, or one JSON object. */
#ifndef APP_CLI_PLAN_SHOW_H
#define APP_CLI_PLAN_SHOW_H
#include "app/plan/outlook.h"
#include "app/plan/placement.h"

/* What is shown besides the forecast. */
typedef struct {
    const hl_forecast *forecast;
    const hl_outlook *outlook;
    hl_outlook_question asked;
    const char *batch;       /* whose it is: "a made-up batch" */
    const char *calibration; /* the file of the machine's figures; "": they are assumed */
    double node_memory;      /* bytes; 0: not known */
    double room;             /* bytes of each rank of a full node; 0: not known */
    const char *nearest;     /* what to change where a rank has no room; "": it has */
    bool budget_is_auto;
    bool every_rank;                         /* a line for each, for people; JSON has them always */
    int rank;                                /* whose list of acts is shown; < 0: nobody's */
    const hl_placement_candidate *candidate; /* (candidates) of placement auto */
    int candidates, best;
} hl_plan_view;

void hl_plan_show(const hl_plan_view *v);
void hl_plan_show_json(const hl_plan_view *v);

#endif
