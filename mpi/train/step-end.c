/* step-end.c - the acts that end a step: the tally, after which all ranks act alike, and the update. */
#include "base/clock.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "base/stop.h"
#include "math/adamw.h"
#include "mpi/train/gradnorm.h"
#include "mpi/train/step-state.h"

static void tell_loss(hl_step_state *s)
{
    const hl_loss_facts *f = &s->loss.facts;
    hl_tally_put(&s->tally, HL_FACT_LOSS, f->loss);
    hl_tally_put(&s->tally, HL_FACT_KEPT, f->kept);
    hl_tally_put(&s->tally, HL_FACT_MASKED, f->masked);
    for (int k = 0; k < HL_TOPS; k++) hl_tally_put(&s->tally, HL_FACT_HITS + k, f->hits[k]);
}

/* Bytes, or messages, in each group since `before`. */
void hl_step_count_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *mesh, const uint64_t before[HL_MESH_GROUPS])
{
    uint64_t now[HL_MESH_GROUPS];
    hl_mesh_sent(now, mesh);
    for (int i = 0; i < HL_MESH_GROUPS; i++) sent[i] = now[i] - before[i];
}

void hl_step_count_messages(uint64_t messages[HL_MESH_GROUPS], const hl_mesh *mesh,
                            const uint64_t before[HL_MESH_GROUPS])
{
    uint64_t now[HL_MESH_GROUPS];
    hl_mesh_messages(now, mesh);
    for (int i = 0; i < HL_MESH_GROUPS; i++) messages[i] = now[i] - before[i];
}

static void tell_sent(hl_step_state *s)
{
    uint64_t sent[HL_MESH_GROUPS], messages[HL_MESH_GROUPS];
    hl_engine *e = s->e;
    hl_step_count_sent(sent, e->mesh, s->sent);
    hl_step_count_messages(messages, e->mesh, s->messages);
    for (int i = 0; i < HL_MESH_GROUPS; i++) {
        hl_tally_put(&s->tally, HL_FACT_SENT + i, (double)(sent[i] + e->late[i]));
        hl_tally_put(&s->tally, HL_FACT_MESSAGES + i, (double)(messages[i] + e->late_messages[i]));
    }
    hl_mesh_sent(e->late, e->mesh);
    hl_mesh_messages(e->late_messages, e->mesh);
}

void hl_step_tally(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_engine *e = s->e;
    hl_loss_finish(&s->loss);
    if (e->mesh->vectors.rank == 0) tell_loss(s);
    hl_tally_put(&s->tally, HL_FACT_SQUARES, hl_gradnorm_squares(e, s->plan.groups && e->rules.clip_grad_norm > 0));
    if (e->mesh->side[HL_USER].tp.rank == 0) hl_tally_put(&s->tally, HL_FACT_LABEL_LOSS, s->labels.loss);
    hl_tally_put(&s->tally, HL_FACT_DSCALE, s->loss.dscale);
    hl_tally_put(&s->tally, HL_FACT_SAVE, s->orders->save);
    hl_tally_put(&s->tally, HL_FACT_STOP, hl_stop_is_asked());
    hl_tally_put(&s->tally, HL_FACT_GIVEN_UP, s->given_up);
    hl_tally_put(&s->tally, HL_FACT_ODD, s->odd);
    hl_tally_put(&s->tally, HL_FACT_ZERO, s->zeros);
    hl_tally_put(&s->tally, HL_FACT_DIFFER, s->differ);
    hl_tally_put(&s->tally, HL_FACT_FLOP, s->flop);
    hl_tally_put(&s->tally, HL_FACT_BYTES, s->bytes);
    hl_tally_put(&s->tally, HL_FACT_PHASES + HL_UPDATE, e->update_seconds);
    tell_sent(s);
    hl_tally_agree(&s->tally, &e->mesh->world);
    if (e->sharding[HL_ITEM].w && e->model[HL_ITEM].scale_at >= 0)
        e->sharding[HL_ITEM].g[e->model[HL_ITEM].scale_at] = (float)hl_tally_sum(&s->tally, HL_FACT_DSCALE);
    s->all_alike = e->updates == 0 && hl_tally_sum(&s->tally, HL_FACT_GIVEN_UP) == 0 && hl_step_are_all_alike(s);
}

/* Numbers [begin, end) of the array that also lie in [lo, hi): where they begin, and how many. */
static size_t overlap(size_t *n, size_t begin, size_t end, size_t lo, size_t hi)
{
    size_t from = hl_max(begin, lo), to = hl_min(end, hi);
    *n = from < to ? to - from : 0;
    return from;
}

/* Numbers [from, from + n) of a tensor. */
static void update_tensor(hl_sharding *h, size_t from, size_t n, const hl_adamw *how)
{
    float *w = h->w + from, *m = h->m + from, *v = h->v + from;
    const hl_sparse_rows *s = &h->rows;
    if (!hl_sparse_rows_are_at(s, from)) {
        hl_adamw_step(w, m, v, h->g + from, n, how);
        return;
    }
    const size_t row = (from - s->at) / s->width;
    hl_adamw_step_rows(&(hl_adamw_rows){.w = w,
                                        .m = m,
                                        .v = v,
                                        .g = h->g + hl_sparse_rows_end(s, from),
                                        .has = &s->has,
                                        .begin = row,
                                        .end = row + n / s->width,
                                        .D = (int)s->width},
                       how);
}

static void update_side(hl_sharding *h, const hl_adamw *how)
{
    if (!h->w) return;
    for (int i = 0; i < h->table->n; i++) {
        const hl_param *p = &h->table->at[i];
        const hl_span mine = hl_sharding_mine(h, p->offset);
        size_t n, from = overlap(&n, p->offset, p->offset + p->count, mine.begin, mine.end);
        if (n && !h->frozen[i]) update_tensor(h, from, n, how);
    }
    if (h->still) hl_sharding_gather_trained(h);
    else hl_sharding_gather_weights(h);
    const hl_span last = hl_sharding_mine(h, h->table->count - 1);
    hl_fault_numbers("weights-update", HL_FAULT_ME, h->w + last.begin, last.end - last.begin);
}

void hl_step_update(hl_step_state *s, hl_side of, int c)
{
    (void)of, (void)c;
    hl_engine *e = s->e;
    if (!s->orders->update || hl_step_is_given_up(s) || hl_step_fault_of(s) != HL_STEP_SOUND) return;
    double began = hl_seconds();
    const hl_adamw how = {s->orders->learning_rate, 0.9, 0.999, 1e-8, e->rules.weight_decay, e->updates + 1,
                          hl_step_clip(s)};
    for (hl_side i = 0; i < HL_SIDES; i++) update_side(&e->sharding[i], &how);
    e->update_seconds = hl_seconds() - began;
}
