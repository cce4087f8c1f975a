/* metrics.c - the metrics that a configuration asks for, by name: as JSON and as columns. */
#include "app/train/metrics.h"
#include "base/minmax.h"
#include "base/printable.h"
#include "data/metric.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 32 };

/* "ndcg@200" -> "ndcg", 200; "mrr" -> "mrr", 0. */
static int split_name(char metric[NAME], const char *name)
{
    const char *at = strchr(name, '@');
    snprintf(metric, NAME, "%.*s", at ? (int)(at - name) : (int)strlen(name), name);
    return at ? atoi(at + 1) : 0;
}

static double metric_value(const hl_score *s, hl_ties ties, const char *name)
{
    char metric[NAME];
    int cut = split_name(metric, name);
    return hl_metric_value(s, ties, metric, cut);
}

double hl_metrics_value(const hl_score *s, const char *name) { return metric_value(s, HL_TIES_RANDOM, name); }

/* Call show(self, "recall@10") for every column of the table. */
static void each_column(const hl_config *c, void (*show)(void *self, const char *name), void *self)
{
    for (int m = 0; m < c->metrics.n; m++) {
        char name[NAME + 16];
        if (hl_metric_find(c->metrics.at[m])->whole) show(self, c->metrics.at[m]);
        for (int k = 0; k < c->topk.n; k++) {
            snprintf(name, sizeof name, "%s@%d", c->metrics.at[m], c->topk.at[k]);
            show(self, name);
        }
    }
}

static double value_of(const hl_metrics *r, const char *name)
{
    if (r->score) return metric_value(r->score, r->ties, name);
    const json_t *x = json_object_get(r->json, name);
    return json_is_number(x) ? json_number_value(x) : NAN;
}

typedef struct {
    const hl_metrics *row;
    json_t *json;
} painter;

static int width_of(const char *name) { return hl_max(10, (int)strlen(name)); }

static void print_name(void *self, const char *name)
{
    (void)self;
    printf(" %*s", width_of(name), name);
}

static void print_value(void *self, const char *name)
{
    double x = value_of(((painter *)self)->row, name);
    if (isnan(x)) printf(" %*s", width_of(name), "-");
    else printf(" %*.4f", width_of(name), x);
}

static void note_value(void *self, const char *name)
{
    painter *p = self;
    double x = value_of(p->row, name);
    if (!isnan(x)) json_object_set_new(p->json, name, json_real(x));
}

json_t *hl_metrics_json(const hl_config *c, const hl_metrics *r)
{
    painter p = {r, json_object()};
    each_column(c, note_value, &p);
    return p.json;
}

void hl_metrics_print_names(const hl_config *c, const char *title)
{
    printf("%-18s", title);
    each_column(c, print_name, NULL);
    putchar('\n');
}

void hl_metrics_print(const hl_config *c, const hl_metrics *r)
{
    painter p = {r, NULL};
    char title[200];
    snprintf(title, sizeof title, "%s", r->title);
    hl_printable(title);
    printf("%-18s", title);
    each_column(c, print_value, &p);
    putchar('\n');
}
