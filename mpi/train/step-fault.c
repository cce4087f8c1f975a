/* step-fault.c - can a step be trained on, and if not, why: said the same on every rank. */
#include "math/rows.h"
#include "mpi/train/finite.h"
#include "mpi/train/step-state.h"
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Of a text: the first item that has it. */
static int64_t first_item(const hl_step_state *s, int text)
{
    return s->e->corpus->first_equal(s->e->corpus, s->plan.item[text]);
}

static bool has_two_texts(const hl_step_state *s)
{
    for (int t = 1; t < s->plan.texts; t++)
        if (first_item(s, t) != first_item(s, 0)) return true;
    return false;
}

/* Have all texts of the step one vector, though they differ?  Collective where no rank has two vectors that differ. */
bool hl_step_are_all_alike(hl_step_state *s)
{
    const hl_group *world = &s->e->mesh->world;
    if (hl_tally_sum(&s->tally, HL_FACT_DIFFER) > 0 || hl_tally_sum(&s->tally, HL_FACT_ODD) > 0 || !has_two_texts(s))
        return false;
    size_t mark = hl_arena_mark(&s->e->scratch);
    float *vector = HL_TAKE_ZERO(&s->e->scratch, float, s->D);
    hl_first has_some = hl_first_none(world->rank);
    if (s->side[HL_ITEM].rows > 0) hl_first_note(&has_some, world->rank, 0);
    hl_first_agree(&has_some, world);
    if (has_some.rank == world->rank) memcpy(vector, s->side[HL_ITEM].out, hl_step_numbers(s, 1) * sizeof *vector);
    hl_group_broadcast(world, vector, hl_step_numbers(s, 1) * sizeof *vector, has_some.rank);
    bool differ = s->side[HL_ITEM].rows > 0 && !hl_rows_are_alike(vector, s->side[HL_ITEM].out, s->D);
    hl_arena_back(&s->e->scratch, mark);
    return !hl_group_any(world, differ);
}

double hl_step_grad_norm(const hl_step_state *s)
{
    double dscale = hl_tally_sum(&s->tally, HL_FACT_DSCALE);
    return sqrt(hl_tally_sum(&s->tally, HL_FACT_SQUARES) + dscale * dscale);
}

bool hl_step_is_given_up(const hl_step_state *s) { return hl_tally_sum(&s->tally, HL_FACT_GIVEN_UP) > 0; }

double hl_step_clip(const hl_step_state *s)
{
    double most = s->e->rules.clip_grad_norm;
    return most > 0 ? fmin(1, most / (hl_step_grad_norm(s) + 1e-6)) : 1;
}

/* AdamW squares what it gets. */
static bool can_be_squared(double x) { return isfinite((float)(x * x)); }

static bool is_finite(const hl_step_state *s)
{
    return isfinite(hl_step_loss_of(s)) && isfinite(hl_step_grad_norm(s))
           && can_be_squared(hl_step_grad_norm(s) * hl_step_clip(s)) && hl_tally_sum(&s->tally, HL_FACT_ODD) == 0;
}

/* Negatives teach something, or need not: labels may be trained alone. */
static bool has_negatives(const hl_step_state *s)
{
    const hl_plan_rules *r = &s->e->rules.plan;
    return hl_tally_sum(&s->tally, HL_FACT_KEPT) > 0 || (r->fusion != HL_FUSION_NONE && r->fusion_lambda == 0);
}

static bool is_sound(const hl_step_state *s) { return is_finite(s) && has_negatives(s) && !s->all_alike; }

hl_step_fault hl_step_fault_of(const hl_step_state *s)
{
    if (hl_step_is_given_up(s) || is_sound(s)) return HL_STEP_SOUND;
    if (!is_finite(s)) return HL_STEP_NOT_FINITE;
    return s->all_alike ? HL_STEP_ONE_VECTOR : HL_STEP_ALL_MASKED;
}

/* ---- what is not finite */

static void note_odd_texts(hl_first *f, const hl_step_state *s)
{
    for (int c = 0; s->side[HL_ITEM].last_stage && c < s->plan.micro_batches; c++) {
        if (s->share.micro_batch[c] != s->side[HL_ITEM].first_rank) continue;
        for (int t = s->plan.micro_batch_begin[c]; t < s->plan.micro_batch_begin[c + 1]; t++)
            if (hl_step_count_odd(s->side[HL_ITEM].out + hl_step_numbers(s, s->my_text[t]), 1, s->D))
                hl_first_note(f, first_item(s, t), NAN);
    }
}

/* Samples whose rows are not finite, where they come out. */
static void note_odd_samples(hl_first *f, const hl_step_state *s)
{
    const hl_plan *p = &s->plan;
    for (int c = 0; s->side[HL_USER].first_rank >= 0 && s->e->model[HL_USER].last && c < p->user_micro_batches; c++) {
        if (s->share.user_micro_batch[c] != s->side[HL_USER].first_rank) continue;
        const int first = p->user_micro_batch_begin[c],
                  base = s->side[HL_USER].micro_batch[c].row - hl_plan_reading_begin(p, first);
        for (int i = first; i < p->user_micro_batch_begin[c + 1]; i++)
            if (hl_step_count_odd(s->side[HL_USER].out + hl_step_numbers(s, base + hl_plan_reading_begin(p, i)),
                                  hl_plan_reading_begin(p, i + 1) - hl_plan_reading_begin(p, i), s->D))
                hl_first_note(f, i, NAN);
    }
}

static hl_status tell_sample(const hl_step_state *s, const hl_first *f, const int64_t *user)
{
    char name[HL_CALLED];
    if (user) hl_corpus_call_user(name, s->e->corpus, user[f->number]);
    else snprintf(name, sizeof name, "sample %lld of the step", (long long)f->number);
    return hl_finite_tell_user(s->e, f, name);
}

static hl_status tell_what_is_not_finite(const hl_step_state *s)
{
    const hl_group *world = &s->e->mesh->world;
    hl_first text = hl_first_none(world->rank), sample = text;
    note_odd_texts(&text, s);
    note_odd_samples(&sample, s);
    if (hl_first_agree(&text, world)) return hl_finite_tell_item(s->e, &text, s->plan.texts);
    if (hl_first_agree(&sample, world)) return tell_sample(s, &sample, s->user);
    HL_TRY(hl_finite_check(s->e, HL_FINITE_WEIGHTS, "the weights"));
    HL_TRY(hl_finite_check(s->e, HL_FINITE_GRADIENTS, "before the update"));
    return HL_FAIL(HL_ENUMERIC,
                   "the loss is %g and the norm of the gradients %g; lower optim_args.learning_rate or set "
                   "clip_grad_norm, and continue "
                   "from the last checkpoint",
                   hl_step_loss_of(s), hl_step_grad_norm(s));
}

hl_status hl_step_judge(const hl_step_state *s, hl_step_fault fault)
{
    if (fault == HL_STEP_SOUND) return HL_OK;
    if (fault == HL_STEP_NOT_FINITE) return tell_what_is_not_finite(s);
    if (fault == HL_STEP_ONE_VECTOR)
        return HL_FAIL(HL_ENUMERIC, "the vectors of all %d texts of the first step are equal", s->plan.texts);
    return HL_FAIL(HL_ENUMERIC, "every negative is masked as a false one (cosine with the target above nce_thres %g)",
                   (double)s->e->rules.nce_thres);
}
