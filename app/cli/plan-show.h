/* plan-show.h - how hllm plan shows a forecast: lines for people, or one JSON object. */
#ifndef APP_CLI_PLAN_SHOW_H
#define APP_CLI_PLAN_SHOW_H
#include "app/bench/traffic.h"
#include "app/plan/outlook.h"
#include "app/plan/placement.h"
#include "app/plan/search.h"
#include "app/plan/start.h"

/* What is shown besides the forecast. */
typedef struct {
    const hl_forecast *forecast;
    const hl_outlook *outlook;
    const hl_traffic_groups *sent; /* (ranks); NULL: not counted */
    hl_outlook_question asked;
    double disk_read; /* bytes a second of a node */
    bool disk_is_measured;
    hl_start start;
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
    const hl_search_layout *layout; /* (layouts) the best that were found, the first is taken */
    int layouts, tried;
    const char *config; /* the file, for the lines of a batch job */
    int ranks_per_node, threads;
} hl_plan_view;

/* What all ranks send in a group of ranks (mpi/train/mesh.h), and the one that sends most. */
typedef struct {
    double bytes, messages, most;
    int rank;
} hl_plan_sent;
hl_plan_sent hl_plan_sent_in(const hl_plan_view *v, int group);

/* A row of a table over ranks. */
typedef struct {
    int ranks;
    double step, samples; /* seconds; samples a second */
    double efficiency;    /* samples a second and rank, beside those of the first row */
    double memory, hours; /* bytes of the fullest rank; node-hours of the training, 0: not known */
    char layout[120];
} hl_plan_row;

void hl_plan_show_table(const hl_plan_row *row, int n);
void hl_plan_show_table_json(const hl_plan_row *row, int n);

/* The layouts that were found, and the lines of a batch job for the first. */
void hl_plan_show_layouts(const hl_plan_view *v);
void hl_plan_show_batch(const hl_plan_view *v);

void hl_plan_show(const hl_plan_view *v);
void hl_plan_show_json(const hl_plan_view *v);

#endif
