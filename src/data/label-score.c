/* label-score.c - how well labels are predicted: AUC, GAUC and the log loss. */
#include "data/label-score.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include <math.h>
#include <stdlib.h>

/* ---- the impressions of a phase */

/* Those of a user: [begin, end) of the sequence. */
static void part_of(int *begin, int *end, const hl_corpus *c, int64_t user, hl_phase phase)
{
    const hl_split_parts p = hl_corpus_parts(c, user);
    *begin = hl_max(phase == HL_TEST ? p.valid : p.train, 1);
    *end = phase == HL_TEST ? p.n : p.valid;
}

static int64_t count(const hl_corpus *c, hl_phase phase)
{
    int64_t n = 0;
    for (int64_t u = 0; u < c->users; u++) {
        int begin, end;
        part_of(&begin, &end, c, u, phase);
        if (end > begin) n += end - begin;
    }
    return n;
}

void hl_impressions_open(hl_impressions *x, const hl_corpus *c, hl_phase phase)
{
    const size_t n = (size_t)count(c, phase);
    *x = (hl_impressions){.user = hl_alloc(n * sizeof *x->user),
                          .at = hl_alloc(n * sizeof *x->at),
                          .label = hl_alloc(n * sizeof *x->label),
                          .logit = hl_alloc_zero(n, sizeof *x->logit)};
    for (int64_t u = 0; u < c->users; u++) {
        int begin, end;
        part_of(&begin, &end, c, u, phase);
        const uint8_t *label = c->labels(c, u);
        for (int at = begin; at < end; at++, x->n++) {
            x->user[x->n] = (int32_t)u;
            x->at[x->n] = at;
            x->label[x->n] = label[at];
        }
    }
}

void hl_impressions_close(hl_impressions *x)
{
    free(x->user);
    free(x->at);
    free(x->label);
    free(x->logit);
    *x = (hl_impressions){0};
}

/* ---- areas */

typedef struct {
    float logit;
    uint8_t label;
} judged;

static int by_logit(const void *a, const void *b)
{
    const float x = ((const judged *)a)->logit, y = ((const judged *)b)->logit;
    return (x > y) - (x < y);
}

/* Of impressions [begin, end); NAN where all labels are alike.  j (n) is scratch. */
static double area(const hl_impressions *x, int64_t begin, int64_t end, judged *j)
{
    const int64_t n = end - begin;
    int64_t below = 0, positive = 0, twice = 0; /* negatives of lower logits; positives; pairs, a tie counted once */
    for (int64_t i = 0; i < n; i++) j[i] = (judged){x->logit[begin + i], x->label[begin + i]};
    qsort(j, (size_t)n, sizeof *j, by_logit);
    for (int64_t i = 0, next; i < n; i = next) {
        int64_t ones = 0;
        for (next = i; next < n && by_logit(&j[i], &j[next]) == 0; next++) ones += j[next].label;
        twice += ones * (2 * below + next - i - ones);
        below += next - i - ones;
        positive += ones;
    }
    return positive && below ? (double)twice / (2 * (double)positive * (double)below) : NAN;
}

void hl_label_score_find(hl_label_score *s, const hl_impressions *x)
{
    judged *j = hl_alloc((size_t)x->n * sizeof *j);
    double sum = 0;
    int64_t weight = 0;
    *s = (hl_label_score){.labels = x->n, .auc = area(x, 0, x->n, j)};
    for (int64_t i = 0; i < x->n; i++) s->positive += x->label[i];
    for (int64_t i = 0, next; i < x->n; i = next) {
        for (next = i; next < x->n && x->user[next] == x->user[i];) next++;
        const double its = area(x, i, next, j);
        if (isnan(its)) {
            s->users_alike++;
            continue;
        }
        s->users++;
        weight += next - i;
        sum += its * (double)(next - i);
    }
    s->gauc = weight ? sum / (double)weight : NAN;
    free(j);
}
