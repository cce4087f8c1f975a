/* parallelism.c - how a job is to be divided among ranks, and which of it goes together with which models. */
#include "step/parallelism.h"
#include "base/fold.h"
#include "base/minmax.h"
#include "step/zero.h"

/* ---- exact mode: what its groups and slices can be, and which layouts they cover */

static hl_status check_power(const char *key, int n)
{
    int below = 1;
    while (2 * below <= n) below *= 2;
    return hl_fold_fits(n) ? HL_OK
                           : HL_FAIL(HL_EUSAGE, "%s: %d is not a power of two; the nearest are %d and %d", key, n,
                                     below, 2 * below);
}

/* Key heads and width of the MLP are cut into slices, which the ranks of a stage divide. */
static hl_status check_slices(const char *side, const hl_transformer *shape, int tp, int slices)
{
    int fits = slices;
    while (shape->num_hidden_layers > 0 && (shape->num_key_value_heads % fits || shape->intermediate_size % fits))
        fits /= 2;
    if (fits < slices)
        return HL_FAIL(
            HL_EUSAGE,
            "exact.tp: %d slices do not divide the %d key heads and the %d wide MLP of %s_llm; the most is %d", slices,
            shape->num_key_value_heads, shape->intermediate_size, side, fits);
    while (fits > tp) fits /= 2;
    if (slices % tp)
        return HL_FAIL(HL_EUSAGE,
                       "%s.tp: %d ranks do not divide the %d slices of exact.tp; the nearest possible is %s.tp %d",
                       side, tp, slices, side, fits);
    return HL_OK;
}

/* Products of other layers have no slices, and their sums no order. */
static hl_status check_blocks(const char *side, const hl_transformer *shape)
{
    if (shape->num_hidden_layers == 0 || hl_family_has_blocks(hl_transformer_family(shape))) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "exact.groups: the layers of the %s model, of the family %s, have no order of sums to promise; leave "
        "it out",
        side, hl_transformer_family(shape)->name);
}

/* What exact mode cannot have beside it. */
static hl_status check_beside_exact(const hl_parallelism *p)
{
    const hl_side on_grid = p->rows[HL_ITEM] ? HL_ITEM : HL_USER;
    if (p->sequence_parallel)
        return HL_FAIL(
            HL_EUSAGE,
            "exact.groups needs all rows of a norm on one rank, for its gradient; leave out sequence_parallel");
    HL_TRY(check_power("exact.groups", p->groups));
    HL_TRY(check_power("exact.tp", p->slices));
    if (hl_zero_shards_gradients(p->zero))
        return HL_FAIL(
            HL_EUSAGE,
            "exact.groups needs each group's gradients whole: zero %d divides them; the nearest possible is zero 1",
            p->zero);
    if (p->rows[on_grid])
        return HL_FAIL(HL_EUSAGE,
                       "exact.groups: layers on a grid are summed panel by panel, in an order of their own; the "
                       "nearest possible is %s.tp %d",
                       hl_side_name[on_grid], p->wish.side[on_grid].tp);
    return HL_OK;
}

static hl_status check_exact(const hl_parallelism *p, const hl_transformer *item, const hl_transformer *user)
{
    if (p->groups == 0 && p->slices > 1)
        return HL_FAIL(HL_EUSAGE,
                       "exact.tp %d needs exact.groups; give as many groups as the largest layout has replicas",
                       p->slices);
    if (p->groups == 0) return HL_OK;
    HL_TRY(check_beside_exact(p));
    HL_TRY(check_blocks("user", user));
    HL_TRY(check_slices("item", item, p->wish.side[HL_ITEM].tp, p->slices));
    return check_slices("user", user, p->wish.side[HL_USER].tp, p->slices);
}

/* ---- models */

/* A stage has a layer at least. */
static hl_status check_stages(const char *key, int stages, const hl_transformer *shape)
{
    if (stages <= 1 || stages <= shape->num_hidden_layers) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: %d stages are more than the model's %d layers; the most is %s: %d", key, stages,
                   shape->num_hidden_layers, key, hl_max(shape->num_hidden_layers, 1));
}

/* A table of items is cut by rows, HSTU by heads. */
static hl_status check_grids(const char *side, int rows, int tp, const hl_transformer *shape)
{
    if (rows == 0 || hl_family_has_blocks(hl_transformer_family(shape))) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s.tp: the family %s is not cut into tiles; give %s.tp: %d", side,
                   hl_transformer_family(shape)->name, side, tp);
}

static hl_status check_widths(const hl_transformer *item, const hl_transformer *user)
{
    if (hl_transformer_vector_size(item) == user->hidden_size) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "the Item LLM is %d wide, the user model %d: item vectors enter the user model as they are; choose "
                   "two of one width, or set adapter: linear",
                   item->hidden_size, user->hidden_size);
}

hl_status hl_parallelism_check(const hl_parallelism *p, const hl_transformer *item, const hl_transformer *user)
{
    HL_TRY(check_exact(p, item, user));
    HL_TRY(check_grids("item", p->rows[HL_ITEM], p->wish.side[HL_ITEM].tp, item));
    HL_TRY(check_grids("user", p->rows[HL_USER], p->wish.side[HL_USER].tp, user));
    HL_TRY(check_stages("item.pp", p->wish.side[HL_ITEM].pp, item));
    HL_TRY(check_stages("user.pp", p->wish.side[HL_USER].pp, user));
    return check_widths(item, user);
}

hl_status hl_parallelism_layout(hl_layout *l, const hl_parallelism *p, int ranks)
{
    HL_TRY(hl_layout_make(l, ranks, &p->wish));
    hl_layout_take_grids(l, p->rows, p->engine);
    l->sequence_parallel = p->sequence_parallel;
    return HL_OK;
}

hl_status hl_parallelism_check_replicas(const hl_parallelism *p, const hl_layout *l)
{
    for (hl_side i = 0; i < HL_SIDES && p->groups; i++)
        if (hl_layout_replicas(l, i) > p->groups)
            return HL_FAIL(HL_EUSAGE,
                           "exact.groups: %d groups are for as many replicas at most, and there are %d of the %s LLM; "
                           "the nearest possible is %s.dp %d",
                           p->groups, hl_layout_replicas(l, i), hl_side_name[i], hl_side_name[i], p->groups);
    return HL_OK;
}
