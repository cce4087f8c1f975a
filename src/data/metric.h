/* metric.h - the metrics by which recommendations are judged: what each is of the place of a user's target, or of all
 * lists together.
 *
 * Definitions are RecBole's.  A user has one target, so some names of the field are one number: Hit@K is Recall@K, and
 * MAP@K is MRR@K.  Both names are known, since tables have both.
 *
 * To add a metric: its row in metric.c. */
#ifndef DATA_METRIC_H
#define DATA_METRIC_H
#include "data/score.h"

/* How often each item is in the lists of one length of all users. */
typedef struct {
    int64_t items;        /* of the catalogue, without the padding */
    const int64_t *shown; /* (items) lists that have it */
    const int64_t *met;   /* (items) how often it occurs in the training parts */
} hl_exposure;

/* Either at_cut or of_lists is there. */
typedef struct {
    const char *name; /* "ndcg", as configurations have it in lower case */
    /* Of sums over users, the sum at the k-th cut, which is so long.  Linear in the sums, so that its expected value
     * over the orders of ties is that of the expected sums. */
    double (*at_cut)(const hl_gains *g, int k, int cut);
    /* The same of a list without end; NULL: there is no such metric. */
    double (*whole)(const hl_gains *g);
    /* Of the lists of all users together. */
    double (*of_lists)(const hl_exposure *e);
    bool is_share; /* from 0 to 1 */
} hl_metric;

extern const hl_metric hl_metric_table[];
extern const int hl_metric_table_n;

/* The metric of a name in lower case; NULL: there is none. */
const hl_metric *hl_metric_find(const char *name);

/* The metric of this name at one of the score's cuts, 0: of the whole list; of places a mean over users.  NAN where
 * there is no such metric, and of lists where the score has none, or ties are not in random order. */
double hl_metric_value(const hl_score *s, hl_ties ties, const char *name, int cut);

/* The metrics of lists at the k-th cut become part of the score. */
void hl_metric_note_lists(hl_score *s, int k, const hl_exposure *e);

#endif
