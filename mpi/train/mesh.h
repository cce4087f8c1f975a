/* mesh.h - the groups of a job: everyone, the ranks of each side, and what these are made of. */
#ifndef MPI_TRAIN_MESH_H
#define MPI_TRAIN_MESH_H
#include "step/layout.h"
#include "model/tensor-group.h"
#include "mpi/comm/group.h"
#include "mpi/linalg/tiles.h"

/* The ranks of a side.  Its groups have size 0 on ranks that are not in it. */
typedef struct {
    hl_group group;               /* all of them */
    hl_group tp;                  /* those that share this rank's layers of a replica */
    hl_group pp;                  /* those that have the same share of the other stages, first stage first */
    hl_group dp;                  /* the data-parallel group: the same share of the other replicas */
    hl_tile_grid grid;            /* tp as a grid, where the layout says so */
    hl_tensor_group tensor_group; /* tp as the model sees it */
} hl_mesh_side;

typedef struct {
    hl_layout layout;
    hl_group world;
    hl_mesh_side side[HL_SIDES];
    hl_group vectors; /* the item ranks of last stages, which have the vectors of the items */
} hl_mesh;

/* The groups that ranks talk in, and what records call them. */
enum {
    HL_MESH_WORLD,
    HL_MESH_ITEM,
    HL_MESH_ITEM_TP,
    HL_MESH_ITEM_PP,
    HL_MESH_ITEM_DP,
    HL_MESH_VECTORS,
    HL_MESH_USER,
    HL_MESH_USER_TP,
    HL_MESH_USER_PP,
    HL_MESH_USER_DP,
    HL_MESH_GROUPS
};
const char *hl_mesh_name(int group);
/* Bytes that this rank has sent in each so far; 0 in groups that it is not in.  Local. */
void hl_mesh_sent(uint64_t sent[HL_MESH_GROUPS], const hl_mesh *m);
/* Messages, likewise. */
void hl_mesh_messages(uint64_t messages[HL_MESH_GROUPS], const hl_mesh *m);

/* Collective over world, which stays the caller's.  The mesh stays where it is: peers point into it. */
void hl_mesh_open(hl_mesh *m, const hl_group *world, const hl_layout *layout);
void hl_mesh_close(hl_mesh *m);

#endif
