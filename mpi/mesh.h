/* mesh.h - the groups of a job: everyone, the item replicas, the user replicas. */
#ifndef MPI_MESH_H
#define MPI_MESH_H
#include "model/layout.h"
#include "mpi/group.h"

typedef struct {
    hl_layout layout;
    hl_group world, item, user; /* item, user: size 0 on ranks that are not in them */
} hl_mesh;

/* Collective over world, which stays the caller's. */
void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout);
void hl_mesh_close(hl_mesh *m);

#endif
