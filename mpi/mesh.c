/* mesh.c - the groups of a job: everyone, the item ranks, the user ranks, and what these are made of. */
#include "mpi/mesh.h"

const char *const hl_mesh_name[HL_MESH_GROUPS] = {
    "world", "item", "item_tp", "item_pp", "item_dp", "item_out", "user", "user_tp", "user_pp", "user_dp",
};

enum { ITEM_TP = 2, USER_TP = 7 };

/* The lines of a grid are tensor parallel traffic too. */
static uint64_t lines_sent(const hl_tile_grid *t) { return hl_group_sent(&t->row) + hl_group_sent(&t->column); }

void hl_mesh_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *m)
{
    const hl_group *const groups[HL_MESH_GROUPS] = {
        &m->world,           &m->item, &m->item_tp, &m->item_pp, &m->item_dp,
        &m->item_last_stage, &m->user, &m->user_tp, &m->user_pp, &m->user_dp};
    for (int i = 0; i < HL_MESH_GROUPS; i++) sent[i] = hl_group_sent(groups[i]);
    sent[ITEM_TP] += lines_sent(&m->item_grid);
    sent[USER_TP] += lines_sent(&m->user_grid);
}

static void all_reduce(const hl_tensor_group *p, float *y, size_t n) { hl_group_all_reduce(p->self, y, n); }

static void reduce_scatter(const hl_tensor_group *p, float *y, const size_t *begin)
{
    hl_group_reduce_scatter(p->self, y, begin);
}

static void all_gather(const hl_tensor_group *p, float *y, const size_t *begin)
{
    hl_group_all_gather_blocks(p->self, y, begin);
}

/* As records name them. */
static void name_groups(hl_mesh *m)
{
    hl_group *const groups[HL_MESH_GROUPS] = {&m->world,           &m->item, &m->item_tp, &m->item_pp, &m->item_dp,
                                              &m->item_last_stage, &m->user, &m->user_tp, &m->user_pp, &m->user_dp};
    for (int i = 0; i < HL_MESH_GROUPS; i++) hl_group_name(groups[i], hl_mesh_name[i]);
}

/* A model on several ranks asks them; ranks outside the group have no model and get the lone one's table. */
static hl_tensor_group tensor_group_of(const hl_group *tp, const hl_group *pp, hl_tile_grid *grid, int rows,
                                       const hl_layout *l)
{
    hl_tensor_group p = tp->size > 1 ? (hl_tensor_group){.rank = tp->rank,
                                                         .size = tp->size,
                                                         .self = tp,
                                                         .all_reduce = all_reduce,
                                                         .reduce_scatter = reduce_scatter,
                                                         .all_gather = all_gather}
                                     : hl_alone;
    p.sequence_parallel = tp->size > 1 && !rows && l->sequence_parallel;
    p.stage = pp->size > 0 ? pp->rank : 0;
    p.stages = pp->size > 0 ? pp->size : 1;
    *grid = (hl_tile_grid){0};
    if (!rows || !hl_group_has_me(tp)) return p;
    hl_tile_grid_open(grid, tp, rows, l->engine);
    p.rows = rows;
    p.tiles = &grid->tiles;
    return p;
}

/* The groups of one side: `at` is this rank's place in it, below 0 outside. */
static void open_side(hl_group *group, hl_group *tp, hl_group *pp, hl_group *dp, const hl_group *world, int at,
                      int width, int tp_size)
{
    bool belongs = at >= 0;
    int replica = at / width, stage = at % width / tp_size;
    hl_group_subset(group, world, belongs);
    hl_group_split(tp, world, belongs ? at / tp_size : -1);
    hl_group_split(pp, world, belongs ? replica * tp_size + at % tp_size : -1);
    hl_group_split(dp, world, belongs ? stage * tp_size + at % tp_size : -1);
}

void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout)
{
    const hl_layout *l = &m->layout;
    int me = world->rank;
    HL_CHECK(layout->ranks == world->size);
    m->layout = *layout;
    m->world = *world;
    open_side(&m->item, &m->item_tp, &m->item_pp, &m->item_dp, world,
              hl_layout_has(l, HL_ITEM, me) ? me - l->side[HL_ITEM].begin : -1, hl_layout_width(l, HL_ITEM),
              l->side[HL_ITEM].tp);
    open_side(&m->user, &m->user_tp, &m->user_pp, &m->user_dp, world,
              hl_layout_has(l, HL_USER, me) ? me - l->side[HL_USER].begin : -1, hl_layout_width(l, HL_USER),
              l->side[HL_USER].tp);
    hl_group_subset(&m->item_last_stage, world, hl_layout_is_last_stage(l, HL_ITEM, me));
    name_groups(m);
    m->item_tensor_group = tensor_group_of(&m->item_tp, &m->item_pp, &m->item_grid, l->side[HL_ITEM].rows, l);
    m->user_tensor_group = tensor_group_of(&m->user_tp, &m->user_pp, &m->user_grid, l->side[HL_USER].rows, l);
}

void hl_mesh_close(hl_mesh *m)
{
    hl_tile_grid_close(&m->user_grid);
    hl_tile_grid_close(&m->item_grid);
    hl_group_close(&m->item_last_stage);
    hl_group_close(&m->user_dp);
    hl_group_close(&m->item_dp);
    hl_group_close(&m->user_pp);
    hl_group_close(&m->item_pp);
    hl_group_close(&m->user_tp);
    hl_group_close(&m->item_tp);
    hl_group_close(&m->user);
    hl_group_close(&m->item);
    *m = (hl_mesh){0};
}
