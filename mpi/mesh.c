/* mesh.c - the groups of a job: everyone, the ranks of each side, and what these are made of. */
#include "mpi/mesh.h"
#include <stddef.h>

/* Where a group lies in a mesh, and the grid whose lines are its traffic too; 0: none. */
typedef struct {
    const char *name;
    size_t group, grid;
} place;

#define OF_SIDE(which, part) offsetof(hl_mesh, side[which].part)

static const place places[] = {
    {"world", offsetof(hl_mesh, world), 0},
    {"item", OF_SIDE(HL_ITEM, group), 0},
    {"item_tp", OF_SIDE(HL_ITEM, tp), OF_SIDE(HL_ITEM, grid)},
    {"item_pp", OF_SIDE(HL_ITEM, pp), 0},
    {"item_dp", OF_SIDE(HL_ITEM, dp), 0},
    {"item_out", offsetof(hl_mesh, vectors), 0},
    {"user", OF_SIDE(HL_USER, group), 0},
    {"user_tp", OF_SIDE(HL_USER, tp), OF_SIDE(HL_USER, grid)},
    {"user_pp", OF_SIDE(HL_USER, pp), 0},
    {"user_dp", OF_SIDE(HL_USER, dp), 0},
};
_Static_assert(sizeof places / sizeof places[0] == HL_MESH_GROUPS, "every group has its place");

const char *hl_mesh_name(int group) { return places[group].name; }

static const hl_group *group_at(const hl_mesh *m, const place *p)
{
    return (const hl_group *)(const void *)((const char *)m + p->group);
}

static uint64_t lines_sent(const hl_mesh *m, const place *p)
{
    const hl_tile_grid *grid = (const hl_tile_grid *)(const void *)((const char *)m + p->grid);
    return p->grid ? hl_group_sent(&grid->row) + hl_group_sent(&grid->column) : 0;
}

void hl_mesh_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *m)
{
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        sent[i] = hl_group_sent(group_at(m, &places[i])) + lines_sent(m, &places[i]);
}

/* As records name them. */
static void name_groups(hl_mesh *m)
{
    for (int i = 0; i < HL_MESH_GROUPS; i++)
        hl_group_name((hl_group *)(void *)((char *)m + places[i].group), places[i].name);
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

/* The groups of one side. */
static void open_side(hl_mesh_side *m, const hl_group *world, const hl_layout *l, hl_side side)
{
    const bool belongs = hl_layout_has(l, side, world->rank);
    const int tp = l->side[side].tp, at = belongs ? world->rank - l->side[side].begin : 0;
    const int width = hl_layout_width(l, side), replica = at / width;
    hl_group_subset(&m->group, world, belongs);
    hl_group_split(&m->tp, world, belongs ? at / tp : -1);
    hl_group_split(&m->pp, world, belongs ? replica * tp + at % tp : -1);
    hl_group_split(&m->dp, world, belongs ? at % width : -1);
}

static void close_side(hl_mesh_side *m)
{
    hl_tile_grid_close(&m->grid);
    hl_group_close(&m->dp);
    hl_group_close(&m->pp);
    hl_group_close(&m->tp);
    hl_group_close(&m->group);
}

/* A model on several ranks asks them; ranks outside of the side have no model and get the lone one's table. */
static void open_tensor_group(hl_mesh_side *m, const hl_layout *l, int rows)
{
    const hl_group *tp = &m->tp, *pp = &m->pp;
    hl_tensor_group *p = &m->tensor_group;
    *p = tp->size > 1 ? (hl_tensor_group){.rank = tp->rank,
                                          .size = tp->size,
                                          .self = tp,
                                          .all_reduce = all_reduce,
                                          .reduce_scatter = reduce_scatter,
                                          .all_gather = all_gather}
                      : hl_alone;
    p->sequence_parallel = tp->size > 1 && !rows && l->sequence_parallel;
    p->stage = pp->size > 0 ? pp->rank : 0;
    p->stages = pp->size > 0 ? pp->size : 1;
    m->grid = (hl_tile_grid){0};
    if (!rows || !hl_group_has_me(tp)) return;
    hl_tile_grid_open(&m->grid, tp, rows, l->engine);
    p->rows = rows;
    p->tiles = &m->grid.tiles;
}

void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout)
{
    const hl_layout *l = &m->layout;
    HL_CHECK(layout->ranks == world->size);
    m->layout = *layout;
    m->world = *world;
    for (hl_side i = 0; i < HL_SIDES; i++) open_side(&m->side[i], world, l, i);
    hl_group_subset(&m->vectors, world, hl_layout_is_last_stage(l, HL_ITEM, world->rank));
    name_groups(m);
    for (hl_side i = 0; i < HL_SIDES; i++) open_tensor_group(&m->side[i], l, l->side[i].rows);
}

void hl_mesh_close(hl_mesh *m)
{
    hl_group_close(&m->vectors);
    for (hl_side i = 0; i < HL_SIDES; i++) close_side(&m->side[i]);
    *m = (hl_mesh){0};
}
