/* outcome.h - what the runs of each point have measured, and what follows from it. */
#ifndef APP_STUDY_OUTCOME_H
#define APP_STUDY_OUTCOME_H
#include "app/study/points.h"
#include "app/study/statistics.h"
#include <jansson.h>
#include <stdbool.h>

/* Of one run; the rows of a table in outcome.c say where each is from. */
typedef enum {
    HL_OUTCOME_CORE_RATE,      /* executed FLOP/s of a core, over the whole step: 10^9 */
    HL_OUTCOME_SECONDS,        /* of a step */
    HL_OUTCOME_USERS_RATE,     /* users a second */
    HL_OUTCOME_ITEMS_PER_USER, /* different texts that are encoded, a user */
    HL_OUTCOME_SAVED,          /* share of the tokens that the public code would encode and this does not */
    HL_OUTCOME_COMPUTE,        /* shares of a step's time, means over ranks: forward and backward */
    HL_OUTCOME_EXCHANGE,       /* exchanges and sums, waiting too */
    HL_OUTCOME_OPTIMIZER,
    HL_OUTCOME_REST,
    HL_OUTCOME_PEAK_SHARE,   /* of the machine's best product, over the whole step */
    HL_OUTCOME_LOAD_BALANCE, /* parallel efficiency and its factors (app/bench/pop.h) */
    HL_OUTCOME_COMMUNICATION,
    HL_OUTCOME_PARALLEL,
    HL_OUTCOME_USEFUL,          /* core seconds a user in which no rank waits */
    HL_OUTCOME_REPLICA_BALANCE, /* mean seconds of the item replicas by the most */
    HL_OUTCOME_SENT,            /* bytes to other ranks, in all groups */
    HL_OUTCOME_MEMORY,          /* bytes, most that a rank held */
    HL_OUTCOME_JOULES,          /* a step, of all machines */
    HL_OUTCOME_FIGURES
} hl_outcome_figure;

typedef struct {
    const hl_point *point;
    int cores;                            /* ranks x threads */
    int size;                             /* nodes, where all points say them (hl_outcomes.unit); else cores */
    int runs, failed, missing;            /* with a result, with a failure, with neither */
    char *reason;                         /* of the last failure; NULL */
    char layout[120];                     /* that was measured; without runs that of the forecast */
    double figure[HL_OUTCOME_FIGURES];    /* medians over the runs; of shares of time means; NaN without runs */
    hl_statistics_interval rate, seconds; /* of HL_OUTCOME_CORE_RATE, HL_OUTCOME_SECONDS */
    double promise;        /* seconds, by the forecast, where the machine was measured for it; else NaN */
    json_t *results;       /* of the runs that have one */
    const json_t *typical; /* of them that with the median seconds; NULL without runs */
    int host_lists;        /* lists of machines that its runs were on: 1 where it was always the same */

    /* Beside the point of the same problem with the smallest size that has runs, the one with the most users a second
     * where there are several; NaN where there is none. */
    const hl_point *beside;
    double speedup;         /* ratio of users a second */
    double ideal;           /* ratio of sizes */
    double efficiency;      /* speed-up by ideal: what a node or a core does for users */
    double rate_efficiency; /* ratio of FLOP/s a core: what a core does */
    double serial_share;    /* Karp and Flatt's; where the users of a step are as many */
    double computation;     /* POP's computation scalability: core seconds a user of that point by this one's */
    double global;          /* ... times parallel efficiency: POP's global efficiency */
} hl_outcome;

typedef struct {
    hl_outcome *at; /* (n) in the order of the points */
    int n;
    const char *unit;         /* of sizes: "node" where every point of the study says its nodes, else "core" */
    hl_names programs, hosts; /* that made the results, each kind once */
    hl_names energy;          /* why the energy of results is not known, each reason once */
} hl_outcomes;

/* Of a result, by its key: NaN where there is no number, "?" where there is no text. */
double hl_outcome_number(const json_t *result, const char *key);
const char *hl_outcome_text(const json_t *result, const char *key);

/* Is it the first point of its series that has runs? */
bool hl_outcomes_begins(const hl_outcomes *o, int i);

/* Read what is in the folder of the study.  Local; release with hl_outcomes_free.  The points must outlive it. */
void hl_outcomes_read(hl_outcomes *o, const hl_study *s, const hl_points *p, const char *dir);
void hl_outcomes_free(hl_outcomes *o);

#endif
