/* checkpoint-content.h - what a checkpoint is made of: arrays, tensors, files. */
#ifndef IO_CHECKPOINT_CHECKPOINT_CONTENT_H
#define IO_CHECKPOINT_CHECKPOINT_CONTENT_H
#include "model/shards.h"
#include "mpi/comm/group.h"
#include "io/checkpoint/tensors.h"

#define HL_CHECKPOINT_MODEL "model.h5"
#define HL_CHECKPOINT_OPTIMIZER "optimizer.h5"
#define HL_CHECKPOINT_MANIFEST "manifest.json"

/* The arrays of one side.  Every rank knows the tensors of the side; its holders have the numbers of their shares. */
typedef struct {
    const hl_params *table;      /* of my share and layers */
    const hl_params *whole;      /* of the whole side, the same on every rank; may be the table itself */
    const hl_group *holders;     /* who have the same share as I; of size 0 where I have nothing */
    float *w, *m, *v;            /* (table->count); m and v only with moments; NULL where I have nothing */
    const hl_shards *moments_of; /* of m and v I have my blocks of these among the holders alone; NULL: all */
    const hl_shards *weights_of; /* of w */
} hl_checkpoint_part;

typedef struct {
    const hl_checkpoint_part *part;
    int parts;    /* at most HL_CHECKPOINT_PARTS */
    bool moments; /* AdamW's m and v too; the same on every rank */
    const char
        *leaves; /* to read: tensors whose names begin so, and which are not wanted, are left alone; NULL: none */
} hl_checkpoint_content;

enum { HL_CHECKPOINT_PARTS = 4 };

/* The arrays of a file, a (2 HL_CHECKPOINT_PARTS); return how many.  Moments: first all m, then all v. */
int hl_checkpoint_weights(hl_tensor_array *a, const hl_checkpoint_content *c);
int hl_checkpoint_moments(hl_tensor_array *a, const hl_checkpoint_content *c);

/* All logical tensors of the content; their names are the tables'.  Release with free. */
int hl_checkpoint_tensors(hl_tensor **out, const hl_checkpoint_content *c);

/* Bytes of a file, as rank 0 sees it; -1 where it cannot be told.  Collective. */
int64_t hl_checkpoint_file_size(const hl_group *world, const char *path);

#endif
