/* sparse-rows.h - the gradient of a table of which a step reads some rows (hl_param.row_sparse): those rows alone.
 *
 * They lie one after the other, in the order of the table, from where the table begins in the array of the side; what
 * comes behind them, up to the table's end, is not in use.  Everybody knows the plan of a step and so which rows it
 * reads, so replicas have the same ones in the same places and sum these alone: the bits are those of sums over the
 * whole table, whose other rows are zero. */
#ifndef MPI_TRAIN_SPARSE_ROWS_H
#define MPI_TRAIN_SPARSE_ROWS_H
#include "base/bitmap.h"
#include "model/params.h"

typedef struct {
    size_t at, end; /* the table in the array; both 0: no tensor is row-sparse */
    size_t width;   /* numbers of a row */
    int64_t first;  /* the token of its first row */
    hl_bitmap has;  /* rows of this step */
} hl_sparse_rows;

void hl_sparse_rows_open(hl_sparse_rows *s, const hl_params *t);
void hl_sparse_rows_close(hl_sparse_rows *s);

/* The rows of this step are those of these items (n), as far as they are mine; item i is token i. */
void hl_sparse_rows_take(hl_sparse_rows *s, const int32_t *item, int n);

/* hl_pack.slot of these tokens (n). */
void hl_sparse_rows_find(int *slot, const hl_sparse_rows *s, const int *token, int n);

/* Where the gradients of numbers of the table lie that come before number x of the array, x of [at, end]: from `at` on
 * up to the result. */
static inline size_t hl_sparse_rows_end(const hl_sparse_rows *s, size_t x)
{
    return s->width ? s->at + s->width * hl_bitmap_rank(&s->has, (x - s->at) / s->width) : x;
}

/* Is number x of the array one of the table's? */
static inline bool hl_sparse_rows_are_at(const hl_sparse_rows *s, size_t x) { return x >= s->at && x < s->end; }

#endif
