/* step-labels.c - the labels of a step's targets: each sample's last item is one (model/label-head.h).
 *
 * Where a sample's rows come out, the target's vector is there already, as its last row predicts it.  So labels need
 * neither messages of their own nor the item ranks: the head is gone through forward and back in one act, before
 * gradients of targets are returned.  Its weights get theirs micro-batch by micro-batch, as those of the layers do.
 *
 * The loss of the step is a sum of multiples of 2^-42, which is the same in any order of the ranks. */
#include "base/minmax.h"
#include "math/rows.h"
#include "mpi/train/step-state.h"
#include <math.h>

static bool has_labels(const hl_step_state *s)
{
    return s->plan.fusion != HL_FUSION_NONE && s->side[HL_USER].last_stage;
}

static int label_of(const hl_step_state *s, int sample)
{
    const hl_corpus *c = s->e->corpus;
    HL_CHECK(s->user && s->first && c->labels);
    const int target = s->begin[sample + 1] - s->begin[sample] - 1;
    return c->labels(c, s->user[sample])[s->first[sample] + target];
}

void hl_step_lay_labels(hl_step_state *s)
{
    hl_step_labels *x = &s->labels;
    hl_arena *a = &s->e->plan;
    const hl_plan *p = &s->plan;
    if (!has_labels(s)) return;
    const int most = s->side[HL_USER].rows - s->transitions, size = s->e->model[HL_USER].head.size;
    x->row = HL_TAKE(a, int, most);
    x->target = HL_TAKE(a, int, most);
    x->label = HL_TAKE(a, int, most);
    x->weight = HL_TAKE(a, float, most);
    x->said = HL_TAKE_ROWS(a, float, most, s->D);
    x->read = HL_TAKE_ROWS(a, float, most, s->D);
    x->hidden = HL_TAKE_ROWS(a, float, most, size);
    x->dlogit = HL_TAKE(a, float, most);
    for (int c = 0, row = 0, transition = 0; c < p->user_micro_batches; c++) {
        if (s->share.user_micro_batch[c] != s->side[HL_USER].first_rank) continue;
        s->side[HL_USER].micro_batch[c].label = x->n;
        for (int i = p->user_micro_batch_begin[c]; i < p->user_micro_batch_begin[c + 1]; i++) {
            const int rows = p->row_begin[i + 1] - p->row_begin[i];
            x->row[x->n] = row += rows;
            x->target[x->n] = (transition += rows) - 1;
            x->label[x->n] = label_of(s, i);
            x->weight[x->n++] = p->label_weight[i];
            row++;
        }
    }
    HL_CHECK(x->n == most);
}

static hl_label_rows rows_from(const hl_step_state *s, int from, int n)
{
    const hl_step_labels *x = &s->labels;
    const size_t at = hl_step_numbers(s, from);
    return (hl_label_rows){n, x->said + at, x->read + at,
                           x->hidden + hl_rows_numbers(from, s->e->model[HL_USER].head.size)};
}

static double rounded(double loss) { return ldexp(rint(ldexp(loss, 42)), -42); }

static void judge(hl_step_labels *x, const float *logit)
{
    for (int i = 0; i < x->n; i++) {
        x->loss += rounded((double)x->weight[i] * hl_label_loss((double)logit[i], x->label[i]));
        x->dlogit[i] = (float)((double)x->weight[i] * hl_label_slope((double)logit[i], x->label[i]));
    }
}

void hl_step_predict_labels(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_step_labels *x = &s->labels;
    const hl_model *m = &s->e->model[HL_USER];
    const float *w = s->e->sharding[HL_USER].w;
    hl_arena *a = &s->e->scratch;
    const size_t mark = hl_arena_mark(a);
    const hl_label_rows rows = rows_from(s, 0, x->n);
    float *logit = HL_TAKE(a, float, x->n), *duser = HL_TAKE_ROWS(a, float, x->n, s->D),
          *dtarget = HL_TAKE_ROWS(a, float, x->n, s->D);
    const bool reads_target = s->plan.fusion == HL_FUSION_LATE;
    hl_rows_gather(x->said, s->side[HL_USER].out, x->row, x->n, s->D);
    hl_rows_gather(x->read, s->target, x->target, x->n, s->D);
    hl_label_head_forward(logit, &m->head, w, &rows, a);
    judge(x, logit);
    hl_label_head_backward(duser, reads_target ? dtarget : NULL, x->dlogit, &m->head, w, &rows, a);
    hl_rows_scatter_add(s->side[HL_USER].dout, duser, x->row, x->n, s->D);
    if (reads_target && s->dtarget) hl_rows_scatter_add(s->dtarget, dtarget, x->target, x->n, s->D);
    hl_arena_back(a, mark);
}

void hl_step_label_weights(hl_step_state *s, int c)
{
    const hl_model *m = &s->e->model[HL_USER];
    const hl_sharding *h = &s->e->sharding[HL_USER];
    if (!has_labels(s)) return;
    const int from = s->side[HL_USER].micro_batch[c].label,
              n = s->plan.user_micro_batch_begin[c + 1] - s->plan.user_micro_batch_begin[c];
    const hl_label_rows rows = rows_from(s, from, n);
    hl_label_head_weights(h->g, s->labels.dlogit + from, &m->head, h->w, &rows, &s->e->scratch);
}

double hl_step_loss_of(const hl_step_state *s)
{
    return hl_tally_sum(&s->tally, HL_FACT_LOSS) + hl_tally_sum(&s->tally, HL_FACT_LABEL_LOSS);
}
