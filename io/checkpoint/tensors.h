/* tensors.h - logical tensors in one HDF5 file, written and read by many ranks together.
 *
 * The tensors of a parameter table that share a `stack` are one dataset of that name, with the layers as first axis
 * where there are layers.  Its global shape does not depend on how ranks share it.  Datasets are contiguous and
 * unfiltered.  Ranks that hold the same share write, and read, an equal part of it each, cut between rows; or what they
 * have of it, where each has some. */
#ifndef IO_CHECKPOINT_TENSORS_H
#define IO_CHECKPOINT_TENSORS_H
#include "io/checkpoint/tensor-index.h"
#include "model/shards.h"
#include "mpi/comm/group.h"

/* The logical tensors of a table in its order, but those that lie outside (hl_param.outside), which no file here has;
 * list has room for t->n.  Returns how many there are. */
int hl_tensors_list(hl_tensor *list, const hl_params *t);

/* One array of values in the file. */
typedef struct {
    const hl_params *table;  /* what I hold, of the share and the layers that are mine */
    const hl_params *whole;  /* all tensors, known to every rank; may be the table itself */
    const hl_group *holders; /* who have the same share as I; of size 0 where this rank has none */
    float *x;                /* (table->count), or NULL */
    const hl_shards *shards; /* x has my blocks of these among the holders alone; NULL: the whole of my share */
    const char *under;       /* the HDF5 group of its datasets: "" for the root, "m" */
} hl_tensor_array;

/* Write a new file and flush it to the disk.  HL_ESTORE, on all ranks with the sentence of one whose disk failed;
 * the file is then undefined.  Collective over world, to which all holders belong. */
hl_status hl_tensors_write(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n);

/* Fill the arrays of their holders from a file that was verified.  After HL_ESTORE the arrays are undefined.
 * Collective over world. */
hl_status hl_tensors_read(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n);

#endif
