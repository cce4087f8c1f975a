/* figures.h - the figures that a configuration asks for, by name: as JSON and as columns. */
#ifndef EXPERIMENTS_FIGURES_H
#define EXPERIMENTS_FIGURES_H
#include "experiments/config.h"
#include "model/score.h"
#include <jansson.h>

/* A row of them: of a score with its ties in this order, or where that is NULL of a JSON object {"recall@10": 0.4,
 * ...}. */
typedef struct {
    const char *title;
    const hl_score *score;
    hl_ties ties;
    const json_t *json;
} hl_figures;

/* The value of a metric such as "ndcg@200", expected over a random order of the ties; NAN where it is unknown. */
double hl_figure(const hl_score *s, const char *name);

/* The configured metrics as JSON members "recall@10": 0.1, without those that are unknown. */
json_t *hl_figures_json(const hl_config *c, const hl_figures *r);

/* The same as a line of standard output, and the line of names above it. */
void hl_figures_print(const hl_config *c, const hl_figures *r);
void hl_figures_print_names(const hl_config *c, const char *title);

#endif
