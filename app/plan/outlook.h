/* outlook.h - what a forecast says of a whole job: its ranks in short, its nodes, its training, its checkpoints. */
#ifndef APP_PLAN_OUTLOOK_H
#define APP_PLAN_OUTLOOK_H
#include "app/plan/forecast.h"

/* A figure over ranks. */
typedef struct {
    double least, mean, most;
    int least_rank, most_rank; /* the first of them */
} hl_spread;

hl_spread hl_spread_of(const double *x, int n);

/* Where and how long the job runs.  samples: 0 where they are not known. */
typedef struct {
    int ranks_per_node;     /* 0: all ranks on one node */
    double samples;         /* of an epoch */
    double disk;            /* bytes a second that a node writes */
    double hours_a_failure; /* mean time between failures of one node */
} hl_outlook_question;

/* Assumed where nobody says better: a node fails every five years; it writes a gigabyte a second. */
#define HL_OUTLOOK_HOURS_A_FAILURE 43800.0
#define HL_OUTLOOK_DISK 1e9

typedef struct {
    hl_spread state, saved, passing, memory; /* bytes; memory: all together */
    hl_spread seconds, waiting;              /* waiting: share of the step, until the last rank is done */
    int nodes, fullest_node;
    double node_bytes;       /* of the ranks of the fullest node */
    double steps, hours;     /* of the whole training, its checkpoints included; 0: samples are not known */
    double checkpoint_bytes; /* weights and two moments of both models, each once */
    double checkpoint_seconds;
    double checkpoint_every; /* seconds from one to the next that lose least */
    double lost;             /* share of the time that checkpoints and failures then take */
} hl_outlook;

void hl_outlook_make(hl_outlook *o, const hl_forecast *f, const hl_config *c, const hl_outlook_question *q);

/* Seconds between checkpoints that lose least time: Daly's estimate of higher order (Future Generation Computer Systems
 * 22, 2006), of which Young's sqrt(2 cost mean) is the first term.  cost: seconds of a checkpoint; mean: seconds from
 * one failure of the job to the next. */
double hl_outlook_interval(double cost, double mean);

/* Bytes of a checkpoint of both models. */
double hl_outlook_checkpoint_bytes(const hl_transformer *item, const hl_transformer *user, int item_tokens);

#endif
