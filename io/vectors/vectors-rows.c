/* vectors-rows.c - the vectors of a file that is there, row by row, and of whom each is. */
#include "io/vectors/vectors-rows.h"
#include <string.h>

enum { WIDEST = 1 << 24 };

static hl_status look(hl_vectors_head *h, const hl_vectors_form **form, const char *path, const char *kind)
{
    const bool is_one = hl_vectors_look(h, form, path);
    if (is_one && (*form)->open_rows && strcmp(h->kind, kind) == 0 && h->rows > 0 && h->D > 0 && h->D <= WIDEST)
        return HL_OK;
    if (is_one && (*form)->open_rows)
        return HL_FAIL(HL_EFORMAT, "%s: has %lld vectors of %s with %lld numbers each, and vectors of %s are wanted",
                       path, (long long)h->rows, h->kind, (long long)h->D, kind);
    return HL_FAIL(HL_EFORMAT, "%s: is no HDF5 file of vectors; make one by hllm embed CONFIG --to FILE.h5", path);
}

hl_status hl_vectors_rows_look(hl_vectors_head *h, const char *path, const char *kind)
{
    const hl_vectors_form *form;
    return look(h, &form, path, kind);
}

hl_status hl_vectors_rows_open(hl_vectors_rows *r, const char *path, const char *kind)
{
    const hl_vectors_form *form;
    *r = (hl_vectors_rows){0};
    HL_TRY(look(&r->head, &form, path, kind));
    if (form->open_rows(r, path)) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: its vectors have no ids, or it is cut off; make it again by hllm embed", path);
}

void hl_vectors_rows_close(hl_vectors_rows *r)
{
    if (r->release) r->release(r->held);
    *r = (hl_vectors_rows){0};
}

static int64_t begin_of(const hl_vectors_rows *r, int64_t row)
{
    int64_t at;
    memcpy(&at, r->id_begin + (size_t)row * sizeof at, sizeof at);
    return at;
}

const char *hl_vectors_rows_id(const hl_vectors_rows *r, int64_t row, int *n)
{
    const int64_t begin = begin_of(r, row), end = begin_of(r, row + 1);
    const bool lies = begin >= 0 && begin <= end && end <= r->id_bytes && end - begin <= INT_MAX;
    *n = lies ? (int)(end - begin) : 0;
    return lies ? r->id + begin : r->id;
}

void hl_vectors_rows_get(const hl_vectors_rows *r, int64_t row, float *vector)
{
    const size_t bytes = (size_t)r->head.D * sizeof *vector;
    memcpy(vector, r->vector + (size_t)row * bytes, bytes);
}
