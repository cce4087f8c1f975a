/* counted.h - bytes and messages that a rank sends, counted without sending them. */
#ifndef MPI_COMM_COUNTED_H
#define MPI_COMM_COUNTED_H
#include <stddef.h>

typedef struct {
    double bytes, messages;
} hl_sent;

/* Rows that go to one other rank, as of hl_group_all_to_all.  Local. */
static inline void hl_sent_rows(hl_sent *s, size_t rows, size_t row_bytes)
{
    s->bytes += (double)rows * (double)row_bytes;
    s->messages += rows > 0;
}

#endif
