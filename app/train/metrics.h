/* metrics.h - the metrics that a configuration asks for, by name: as JSON and as columns. */
#ifndef APP_TRAIN_METRICS_H
#define APP_TRAIN_METRICS_H
#include "app/config/config.h"
#include "data/score.h"
#include <jansson.h>

/* A row of metrics: those of `score` with its ties in the order `ties`, or, where score is NULL, those of `json`
 * {"recall@10": 0.4, ...}. */
typedef struct {
    const char *title;
    const hl_score *score;
    hl_ties ties;
    const json_t *json;
} hl_metrics;

/* The value of a metric such as "ndcg@200", expected over a random order of the ties; NAN where it is unknown. */
double hl_metrics_value(const hl_score *s, const char *name);

/* The configured metrics as JSON members "recall@10": 0.1, without those that are unknown. */
json_t *hl_metrics_json(const hl_config *c, const hl_metrics *r);

/* Print a row of metrics as a line of standard output; print the line of names that stands above such rows. */
void hl_metrics_print(const hl_config *c, const hl_metrics *r);
void hl_metrics_print_names(const hl_config *c, const char *title);

#endif
