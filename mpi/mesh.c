/* mesh.c - the groups of a job: everyone, the item replicas, the user replicas. */
#include "mpi/mesh.h"

void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout)
{
    HL_CHECK(layout->ranks == world->size);
    m->layout = *layout;
    m->world = *world;
    hl_group_choose(&m->item, world, hl_layout_has_item(layout, world->rank));
    hl_group_choose(&m->user, world, hl_layout_has_user(layout, world->rank));
}

void hl_mesh_close(hl_mesh *m)
{
    hl_group_close(&m->user);
    hl_group_close(&m->item);
    *m = (hl_mesh){0};
}
