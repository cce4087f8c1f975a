/* mesh.c - the groups of a job: everyone, the ranks of each side, and what these are made of. */
#include "mpi/train/mesh.h"
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

/* The sum over a group and the lines of its grid. */
static uint64_t sum_of(const hl_mesh *m, const place *p, uint64_t (*of)(const hl_group *g))
{
    const hl_tile_grid *grid = (const hl_tile_grid *)(const void *)((const char *)m + p->grid);
    return of(group_at(m, p)) + (p->grid ? of(&grid->row) + of(&grid->column) : 0);
}

void hl_mesh_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *m)
{
    for (int i = 0; i < HL_MESH_GROUPS; i++) sent[i] = sum_of(m, &places[i], hl_group_sent);
}

void hl_mesh_messages(uint64_t messages[HL_MESH_GROUPS], const hl_mesh *m)
{
    for (int i = 0; i < HL_MESH_GROUPS; i++) messages[i] = sum_of(m, &places[i], hl_group_messages);
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

/* The groups of one side: who has the same replica and stage, replica and share, stage and share. */
static void open_side(hl_mesh_side *m, const hl_group *world, const hl_layout *l, hl_side side)
{
    const int me = world->rank, tp = l->side[side].tp, pp = l->side[side].pp;
    const bool belongs = hl_layout_has(l, side, me);
    const int replica = hl_layout_replica(l, side, me), stage = hl_layout_stage(l, side, me),
              share = hl_layout_share(l, side, me);
    hl_group_subset(&m->group, world, belongs);
    hl_group_split(&m->tp, world, belongs ? replica * pp + stage : -1);
    hl_group_split(&m->pp, world, belongs ? replica * tp + share : -1);
    hl_group_split(&m->dp, world, belongs ? stage * tp + share : -1);
}

static void close_side(hl_mesh_side *m)
{
    hl_tile_grid_close(&m->grid);
    hl_group_close(&m->dp);
    hl_group_close(&m->pp);
    hl_group_close(&m->tp);
    hl_group_close(&m->group);
}

/* A model on several ranks asks them. */
static void open_tensor_group(hl_mesh_side *m, const hl_mesh *mesh, hl_side side)
{
    hl_tensor_group *p = &m->tensor_group;
    *p = hl_layout_tensor_group(&mesh->layout, side, mesh->world.rank);
    m->grid = (hl_tile_grid){0};
    if (p->size > 1) {
        p->self = &m->tp;
        p->all_reduce = all_reduce;
        p->reduce_scatter = reduce_scatter;
        p->all_gather = all_gather;
    }
    if (!p->rows) return;
    hl_tile_grid_open(&m->grid, &m->tp, p->rows, mesh->layout.engine);
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
    for (hl_side i = 0; i < HL_SIDES; i++) open_tensor_group(&m->side[i], m, i);
}

void hl_mesh_close(hl_mesh *m)
{
    hl_group_close(&m->vectors);
    for (hl_side i = 0; i < HL_SIDES; i++) close_side(&m->side[i]);
    *m = (hl_mesh){0};
}
