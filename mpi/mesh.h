/* mesh.h - the groups of a job: everyone, the item ranks, the user ranks, and what these are made of. */
#ifndef MPI_MESH_H
#define MPI_MESH_H
#include "model/layout.h"
#include "model/tensor-group.h"
#include "mpi/group.h"
#include "mpi/tiles.h"

typedef struct {
    hl_layout layout;
    hl_group world, item, user; /* item, user: size 0 on ranks that are not in them */
    hl_group item_tp, user_tp;  /* the ranks that share this rank's layers of a replica */
    /* the ranks that have the same share of the other stages of the replica, first stage first */
    hl_group item_pp, user_pp;
    hl_group item_dp, user_dp;         /* the data-parallel group: the same share of other replicas */
    hl_group item_last_stage;          /* the item ranks of last stages, which have the vectors */
    hl_tile_grid item_grid, user_grid; /* these as grids, where the layout says so */
    hl_tensor_group item_tensor_group, user_tensor_group; /* item_tp and user_tp as the models see them */
} hl_mesh;

/* The groups that ranks talk in. */
enum { HL_MESH_GROUPS = 10 };
extern const char *const hl_mesh_name[HL_MESH_GROUPS];
/* Bytes that this rank has sent in each so far; 0 in those that it is not in.  Local. */
void hl_mesh_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *m);

/* Collective over world, which stays the caller's.  The mesh stays where it is: peers point into it. */
void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout);
void hl_mesh_close(hl_mesh *m);

#endif
