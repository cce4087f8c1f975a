/* labels.c - the labels of a held-out part, predicted: a logit for each of its interactions, given all before it. */
#include "mpi/eval/labels.h"
#include "base/acts.h"
#include "base/minmax.h"
#include "base/stop.h"
#include "mpi/eval/users.h"
#include <math.h>

/* Impressions [from, from + n), laid in the arena. */
static hl_histories histories_of(const hl_impressions *x, int64_t from, int n, int history, const hl_engine *e,
                                 hl_arena *arena)
{
    const hl_corpus *c = e->corpus;
    const bool has_times = e->model[HL_USER].reads_times;
    hl_histories h = {n, HL_TAKE(arena, const int32_t *, n), HL_TAKE(arena, const int64_t *, has_times ? n : 0),
                      HL_TAKE(arena, int, n)};
    for (int i = 0; i < n; i++) {
        int items;
        const int64_t user = x->user[from + i];
        const int at = x->at[from + i];
        h.end[i] = c->sequence(c, user, &items) + at;
        h.length[i] = hl_min(at, history);
        if (has_times) h.time_end[i] = c->times(c, user) + at;
    }
    return h;
}

static hl_status check(const hl_impressions *x, const hl_corpus *c, int64_t from, int n)
{
    char user[HL_CALLED];
    for (int64_t i = from; i < from + n; i++) {
        if (isfinite(x->logit[i])) continue;
        hl_corpus_call_user(user, c, x->user[i]);
        return HL_FAIL(HL_ENUMERIC,
                       "the logit of a label of %s is %g; lower optim_args.learning_rate or set clip_grad_norm, and "
                       "train again",
                       user, (double)x->logit[i]);
    }
    return HL_OK;
}

static hl_status predict(hl_impressions *x, hl_engine *e, const hl_catalogue *c, int history, int users)
{
    hl_arena arena = hl_arena_growing("a round of labels");
    hl_status s = HL_OK;
    for (int64_t from = 0; from < x->n && s == HL_OK; from += users) {
        const int n = (int)hl_min(x->n - from, users);
        const hl_histories h = histories_of(x, from, n, history, e, &arena);
        hl_users_label(x->logit + from, e, c, &h);
        hl_arena_back(&arena, 0);
        hl_act_tick();
        s = check(x, e->corpus, from, n); /* all have the same logits */
        if (s == HL_OK && hl_group_any(&e->mesh->world, hl_stop_is_asked()))
            s = HL_FAIL(HL_ESTOP, "stopped by a signal while labels were predicted");
    }
    hl_arena_free(&arena);
    return s;
}

static double mean_loss(const hl_impressions *x)
{
    double sum = 0;
    for (int64_t i = 0; i < x->n; i++) sum += hl_label_loss((double)x->logit[i], x->label[i]);
    return sum / (double)x->n;
}

hl_status hl_labels_evaluate(hl_label_score *score, hl_engine *e, const hl_catalogue *c, hl_phase phase, int history,
                             int users)
{
    hl_impressions x;
    hl_act_begin("predicting labels", -1);
    hl_impressions_open(&x, e->corpus, phase);
    const hl_status s = predict(&x, e, c, history, users);
    if (s == HL_OK) hl_label_score_find(score, &x);
    if (s == HL_OK) score->log_loss = mean_loss(&x);
    hl_impressions_close(&x);
    return s;
}
