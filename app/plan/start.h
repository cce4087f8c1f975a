/* start.h - what a job of so many ranks reads before its first step: files, bytes, seconds. */
#ifndef APP_PLAN_START_H
#define APP_PLAN_START_H
#include "app/plan/forecast.h"

/* dataset_bytes, shards: 0 where the data are not prepared. */
typedef struct {
    double dataset_bytes;
    int shards;
    int ranks_per_node; /* 0: all ranks on one node */
    double disk;        /* bytes a second that a node reads */
} hl_start_question;

/* What the file system gives all ranks together, on a file system that all nodes share. */
typedef struct {
    double bytes, weights; /* read in all; of them, weights */
    double opens;          /* files opened */
    double seconds;        /* until the slowest node has read its part, and the replicas have the weights; MPI's launch,
                              forecast and checks apart */
} hl_start;

/* The folders of weights that c names are looked at; what cannot be read counts nothing. */
void hl_start_forecast(hl_start *s, const hl_forecast *f, const hl_config *c, const hl_start_question *q);

#endif
