/* mesh.c - the groups of a job: everyone, the item ranks, the user ranks, and what these are made of. */
#include "mpi/mesh.h"

static void sum(const hl_peers *p, float *y, size_t n)
{
    hl_group_sum(p->self, y, n);
}

/* A model on several ranks asks them; ranks outside the group have no model and get the lone one's table. */
static hl_peers peers_of(const hl_group *g)
{
    return g->size > 1 ? (hl_peers){.rank = g->rank, .size = g->size, .self = g, .sum = sum} : hl_alone;
}

/* The replica and the place in it of this rank. */
static void open_side(hl_group *group, hl_group *tp, hl_group *dp, const hl_group *world, bool belongs, int begin, int width)
{
    int at = belongs ? world->rank - begin : 0;
    hl_group_choose(group, world, belongs);
    hl_group_divide(tp, world, belongs ? at / width : -1);
    hl_group_divide(dp, world, belongs ? at % width : -1);
}

void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout)
{
    HL_CHECK(layout->ranks == world->size);
    m->layout = *layout;
    m->world = *world;
    open_side(&m->item, &m->item_tp, &m->item_dp, world, hl_layout_has_item(layout, world->rank), layout->item_begin, layout->item_tp);
    open_side(&m->user, &m->user_tp, &m->user_dp, world, hl_layout_has_user(layout, world->rank), layout->user_begin, layout->user_tp);
    m->item_peers = peers_of(&m->item_tp);
    m->user_peers = peers_of(&m->user_tp);
}

void hl_mesh_close(hl_mesh *m)
{
    hl_group_close(&m->user_dp);
    hl_group_close(&m->item_dp);
    hl_group_close(&m->user_tp);
    hl_group_close(&m->item_tp);
    hl_group_close(&m->user);
    hl_group_close(&m->item);
    *m = (hl_mesh){0};
}
