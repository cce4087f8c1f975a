/* score.c - what a rank is worth. */
#include "model/score.h"
#include "base/error.h"
#include <math.h>
#include <string.h>

const char *const hl_phase_name[2] = {"valid", "test"};

int32_t hl_phase_target(const hl_corpus *c, int64_t user, hl_phase phase, const int32_t **history, int *n)
{
    int length;
    *history = c->sequence(c, user, &length);
    *n = length - (phase == HL_TEST ? 1 : 2);
    return (*history)[*n];
}

hl_score hl_score_at(const int *cut, int cuts)
{
    HL_CHECK(cuts <= HL_CUTS);
    hl_score s = {.cuts = cuts};
    memcpy(s.cut, cut, (size_t)cuts * sizeof *cut);
    return s;
}

static void add_place(hl_score *s, double *recall, double *ndcg, double *mrr, int64_t place)
{
    for (int k = 0; k < s->cuts; k++)
        if (place <= s->cut[k]) {
            recall[k] += 1;
            ndcg[k] += 1 / log2((double)place + 1);
        }
    *mrr += 1 / (double)place;
}

void hl_score_add(hl_score *s, int64_t rank, int64_t ties)
{
    s->users++;
    if (rank == 0) {
        s->repeated++;
        return;
    }
    s->tied += ties > 0;
    s->ties += (double)ties;
    add_place(s, s->recall, s->ndcg, &s->mrr, rank);
    add_place(s, s->recall_low, s->ndcg_low, &s->mrr_low, rank + ties);
}

/* 1 + 1/2 + ... + 1/n; beyond a few terms by Euler's expansion, whose error is then below 1e-9. */
static double harmonic(int64_t n)
{
    double sum = 0, x = (double)n;
    if (n > 64) return log(x) + 0.57721566490153286 + 1 / (2 * x) - 1 / (12 * x * x);
    for (int64_t i = 1; i <= n; i++) sum += 1 / (double)i;
    return sum;
}

void hl_score_add_random(hl_score *s, int64_t places)
{
    double each = 1 / (double)places, gain = 0, inverse = each * harmonic(places); /* mean of 1 / place */
    int64_t place = 1, last = places;
    s->users++;
    for (int k = 0; k < s->cuts; k++) { /* cuts ascend */
        for (; place <= s->cut[k] && place <= last; place++) gain += each / log2((double)place + 1);
        double hit = fmin(1, s->cut[k] * each);
        s->recall[k] += hit, s->recall_low[k] += hit;
        s->ndcg[k] += gain, s->ndcg_low[k] += gain;
    }
    s->mrr += inverse, s->mrr_low += inverse;
}

double hl_score_value(const hl_score *s, const char *metric, int cut)
{
    double users = (double)(s->users ? s->users : 1);
    if (strcmp(metric, "mrr") == 0) return s->mrr / users;
    for (int k = 0; k < s->cuts; k++) {
        if (s->cut[k] != cut) continue;
        if (strcmp(metric, "recall") == 0) return s->recall[k] / users;
        if (strcmp(metric, "ndcg") == 0) return s->ndcg[k] / users;
    }
    return NAN;
}
