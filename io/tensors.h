/* tensors.h - logical tensors in one HDF5 file, written and read by many ranks together.
 *
 * The slices of a parameter table that share a `stack` are one dataset of that name, with the layers as first axis
 * where there are layers: its global shape says nothing about who held which piece.  Datasets are contiguous and
 * unfiltered. Where several ranks hold the same, each writes, and reads, an equal part of it, cut between rows. */
#ifndef IO_TENSORS_H
#define IO_TENSORS_H
#include "io/tensor-index.h"
#include "model/params.h"
#include "mpi/group.h"

/* The logical tensors of a table in its order; list has room for t->n.  How many there are. */
int hl_tensors_list(hl_tensor *list, const hl_params *t);

/* One array of values in the file. */
typedef struct {
    const hl_params *table;  /* what I hold, of the share and the layers that are mine */
    const hl_params *whole;  /* all tensors, known to every rank; may be the table itself */
    const hl_group *holders; /* who have the same share as I; of size 0 where this rank has none */
    float *x;                /* (table->count), or NULL */
    bool block;        /* x is my block alone (hl_params_block_begin among the holders), not the whole of my share */
    const char *under; /* the HDF5 group of its datasets: "" for the root, "m" */
} hl_tensor_array;

/* Write a new file and flush it to the disk.  Collective over world, which all holders belong to; HL_ESTORE, on all
 * ranks with the sentence of one whose disk failed.  What is left of the file then is nobody's. */
hl_status hl_tensors_write(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n);

/* Fill the arrays of those who hold them; the file has been found whole.  Collective over world; after HL_ESTORE the
 * arrays are undefined. */
hl_status hl_tensors_read(const hl_group *world, const char *path, const hl_tensor_array *arrays, int n);

#endif
