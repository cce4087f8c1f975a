/* comparison.h - models beside each other, user by user: means with intervals, differences with p-values.
 *
 * What is known of a model is one or several files of ranks (io/dataset/target-ranks.h), as of several seeds, whose
 * metrics are averaged a user before anything else.  All must be of one protocol: the same users and targets, ranked
 * against the same catalogue.  Users are what is sampled: intervals and tests say how much would be otherwise with
 * others of their kind, not with other seeds. */
#ifndef APP_COMPARE_COMPARISON_H
#define APP_COMPARE_COMPARISON_H
#include "app/config/names.h"
#include "mpi/comm/group.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum { HL_COMPARISON_MODELS = 64, HL_COMPARISON_COLUMNS = 32, HL_COMPARISON_COLUMN = 48 };

typedef struct {
    char *name;
    hl_names files;
} hl_comparison_model;

typedef struct {
    int models;
    hl_comparison_model model[HL_COMPARISON_MODELS];
    int columns;
    char column[HL_COMPARISON_COLUMNS]
               [HL_COMPARISON_COLUMN];    /* "ndcg@10", each known to data/metric.h as one of places */
    int cuts, cut[HL_COMPARISON_COLUMNS]; /* those of the columns, ascending */
    int resamples, flips;
    uint64_t seed;
    bool all_pairs; /* else each beside the first */
} hl_comparison_orders;

void hl_comparison_orders_free(hl_comparison_orders *o);

typedef struct {
    double mean, low, high; /* over the users */
    double spread;          /* standard deviation of the files' means; NAN of one file */
} hl_comparison_mean;

/* Model a less model b. */
typedef struct {
    int a, b, column;
    double difference, low, high;
    double p, holm, benjamini_hochberg;
    bool is_exact; /* p is of all sign flips */
} hl_comparison_test;

typedef struct {
    const hl_comparison_orders *orders;
    int64_t users;
    json_t *about;            /* the attributes of the first file */
    hl_comparison_mean *mean; /* (models, columns) */
    int tests;
    hl_comparison_test *test;
} hl_comparison;

/* Compare.  HL_EFORMAT with the differences where files are not of one protocol.  The same on every rank; ranks share
 * the resamples.  Collective; close *c also after a failure.  The orders stay the caller's. */
hl_status hl_comparison_make(hl_comparison *c, const hl_group *world, const hl_comparison_orders *o);
void hl_comparison_close(hl_comparison *c);

#endif
