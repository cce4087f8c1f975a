/* points.h - the points of a study: who would run with which options, and in what order. */
#ifndef APP_STUDY_POINTS_H
#define APP_STUDY_POINTS_H
#include "app/config/config.h"
#include "app/study/study.h"
#include "step/cost.h"

typedef struct hl_point {
    char *name;         /* "ranks 2, item.tp 1", or that of the file */
    char *folder;       /* its results are in, inside that of the study: its name and a digest of what is measured */
    char *problem;      /* its options that change the numbers: points of one problem do the same work */
    char *series;       /* its options but for nodes and ranks: a line of a plot */
    char *axis;         /* of a training: the first axis of the grid that has several values, all numbers; NULL: none */
    double along;       /* its value of that, where axis is not NULL; listed points may have one too */
    char *curve;        /* its other settings */
    hl_names arguments; /* of hllm bench step: configuration files and options */
    int64_t seed;       /* of the configuration; a repetition r of a training adds r - 1 */
    int ranks, threads, users; /* threads a rank, users a step */
    char *world, *base_world; /* made-up data that grow (app/study/grown.h), and those of the base; NULL: they do not */
    int times;                /* that the world is as large as that of the base */
    int nodes, ranks_per_node; /* ranks = nodes x ranks_per_node; 0: the study says nothing of nodes */

    /* what is tuned (app/study/candidates.h) */
    bool is_candidate; /* of a point, not one itself: it is trained once, for validation */
    int of;            /* ... the number of that point */
    char *tried;       /* ... what is tried, "hidden_dropout_prob 0.5" */
    char *at_end;      /* ... of that, what is at an end of its grid: a wider one may be better; NULL: none */
    const struct hl_point *taken; /* of a point that is tuned: the candidate that its runs are of; NULL: not known */

    /* what is forecast (hl_points_forecast) */
    char layout[120];
    double seconds;           /* of a step; < 0: there is no such layout */
    hl_cost_interval between; /* it is, mostly; zeros: no calibration says it */
    bool is_measured;         /* by figures that a calibration has measured; else those of an ordinary core */
    char *reason;             /* why not; NULL: there is one */
    bool may_run;             /* all the same: it has no steps, or too large ones to be forecast */
} hl_point;

typedef struct hl_points {
    hl_point *at;
    int n;
    size_t room;
    struct hl_points *candidates; /* of all points that are tuned, those of a point in the order of its grid; NULL */
} hl_points;

/* Of ranks, nodes and ranks_per_node those that are 0 are found from the others, where there are others: nodes alone
 * have node_ranks ranks each, ranks alone are 1 and anywhere.  HL_EUSAGE where they contradict each other. */
hl_status hl_points_spread(hl_point *p, int node_ranks);

/* Make a point that has its name alone, of settings (app/study/settings.h).  HL_EUSAGE, signed by file and line. */
struct hl_study_settings;
hl_status hl_points_make(hl_point *p, const hl_study *s, const struct hl_study_settings *from);

/* Are both folders of what is the same, but for names? */
bool hl_points_are_same(const hl_point *a, const hl_point *b);

/* The points of a study, each with a configuration that holds together.  HL_EUSAGE where one has not, or where two
 * are the same.  Local; release with hl_points_free, also after a failure. */
hl_status hl_points_expand(hl_points *p, const hl_study *s);
void hl_points_free(hl_points *p);

/* Forecast a step of each point, as hllm plan does. */
void hl_points_forecast(hl_points *p);

/* Make the data that points need and that the study makes up, where they are not there; what was said is in `dir`. */
hl_status hl_points_make_data(const hl_points *p, const char *dir);

/* The configuration of a point; release with hl_config_free, also after a failure. */
hl_status hl_points_config(hl_config *c, const hl_point *p);

/* Runs are made repetition by repetition, each of all points in an order of its own, so that what changes with time on
 * a machine changes all points alike.  The point of the i-th run of a repetition. */
int hl_points_turn(const hl_points *p, const hl_study *s, int repetition, int i);

#endif
