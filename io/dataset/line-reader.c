/* line-reader.c - the lines of a text file, one at a time. */
#include "io/dataset/line-reader.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/minmax.h"
#include "base/part.h"
#include "io/dataset/filekind.h"
#include "io/files/unpacked.h"
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 1 << 18 };

struct hl_line_reader {
    char *path;
    hl_unpacked *stream;
    char *buffer;
    size_t room, begin, end; /* bytes [begin, end) are not yet given out */
    bool is_last;            /* the file has no more than the buffer */
    bool ends_open;
    int64_t at;          /* byte of the unpacked file at begin */
    int64_t first, stop; /* of the part: where it begins, and lines from here on are others' */
    int64_t packed_stop; /* of a packed file: the same as a byte of the file as it lies there; -1: stop is known */
    int64_t given;       /* lines of the part */
};

/* Move what is left to the front, and add a block. */
static hl_status refill(hl_line_reader *l)
{
    size_t got;
    if (l->end > l->begin) memmove(l->buffer, l->buffer + l->begin, l->end - l->begin); /* there may be no buffer yet */
    l->end -= l->begin;
    l->begin = 0;
    const size_t wanted = hl_max((size_t)BLOCK, l->end);
    HL_RESERVE(l->buffer, l->room, l->end + wanted + 1);
    HL_TRY(hl_unpacked_read(l->stream, l->buffer + l->end, wanted, &got));
    l->end += got;
    l->is_last = got < wanted;
    return HL_OK;
}

static void skip(hl_line_reader *l, size_t n)
{
    l->begin += n;
    l->at += (int64_t)n;
}

hl_status hl_line_reader_open(hl_line_reader **out, const char *path)
{
    hl_line_reader *l = *out = hl_alloc_zero(1, sizeof *l);
    l->path = hl_alloc_text(path);
    HL_TRY(hl_unpacked_open(&l->stream, path));
    HL_TRY(refill(l));
    HL_TRY(hl_filekind_check_lines(path, l->buffer, l->end));
    if (l->end >= 3 && memcmp(l->buffer, "\xEF\xBB\xBF", 3) == 0) skip(l, 3);
    l->first = l->at;
    l->stop = INT64_MAX;
    l->packed_stop = -1;
    return HL_OK;
}

void hl_line_reader_close(hl_line_reader *l)
{
    if (!l) return;
    hl_unpacked_close(l->stream);
    free(l->buffer);
    free(l->path);
    free(l);
}

bool hl_line_reader_can_part(const hl_line_reader *l) { return hl_unpacked_can_part(l->stream); }

/* The next line end; NULL where the file has no other. */
static hl_status find_end(hl_line_reader *l, char **end)
{
    for (size_t seen = 0;;) {
        *end = memchr(l->buffer + l->begin + seen, '\n', l->end - l->begin - seen);
        if (*end || l->is_last) return HL_OK;
        seen = l->end - l->begin;
        if (seen > HL_LINE_LONGEST)
            return HL_FAIL(HL_EFORMAT, "%s:%lld: the line is longer than %d bytes; this is no file of lines", l->path,
                           (long long)hl_line_reader_number(l) + 1, HL_LINE_LONGEST);
        HL_TRY(refill(l));
    }
}

/* A part begins behind the first line end from the byte before it on. */
static hl_status skip_line(hl_line_reader *l)
{
    char *end;
    HL_TRY(find_end(l, &end));
    skip(l, end ? (size_t)(end + 1 - (l->buffer + l->begin)) : l->end - l->begin);
    return HL_OK;
}

/* Go on to the byte that comes first behind `packed` bytes of the file, or where the file ends before. */
static hl_status skip_packed(hl_line_reader *l, int64_t packed)
{
    for (;;) {
        const int64_t begin = hl_unpacked_behind(l->stream, packed), end = l->at + (int64_t)(l->end - l->begin);
        const int64_t before = begin < 0 ? end - 1 : begin - 1; /* the last byte of another's part may be a line end */
        if (before > l->at) skip(l, (size_t)(before - l->at));
        if (begin >= 0 && begin <= l->at) return HL_OK; /* the header alone is longer */
        if (begin >= 0 || l->is_last) return skip_line(l);
        HL_TRY(refill(l));
    }
}

/* The part of the packed bytes: all are unpacked up to its end. */
static hl_status take_packed_part(hl_line_reader *l, int p, int r)
{
    const int64_t size = hl_unpacked_size(l->stream);
    if (r > 0) HL_TRY(skip_packed(l, hl_part_begin(size, p, r)));
    l->first = l->at;
    l->packed_stop = r + 1 < p ? hl_part_begin(size, p, r + 1) : -1;
    l->given = 0;
    return HL_OK;
}

hl_status hl_line_reader_part(hl_line_reader *l, int64_t from, int p, int r)
{
    if (hl_unpacked_codec(l->stream)) return take_packed_part(l, p, r);
    const int64_t n = hl_max(hl_unpacked_size(l->stream) - from, (int64_t)0), begin = from + hl_part_begin(n, p, r);
    const bool has_before = r > 0 && begin > 0;
    l->begin = l->end = 0;
    l->at = begin - has_before;
    HL_TRY(hl_unpacked_seek(l->stream, l->at));
    HL_TRY(refill(l));
    if (has_before) HL_TRY(skip_line(l));
    l->first = l->at;
    l->stop = from + hl_part_begin(n, p, r + 1);
    l->given = 0;
    return HL_OK;
}

/* Is the line at hand, which has been read, another's?  All that lies before a byte that was read is known. */
static bool is_over(hl_line_reader *l)
{
    if (l->packed_stop >= 0) {
        const int64_t stop = hl_unpacked_behind(l->stream, l->packed_stop);
        if (stop >= 0) l->stop = stop, l->packed_stop = -1;
    }
    return l->at >= l->stop;
}

hl_status hl_line_reader_next(hl_line_reader *l, char **at, size_t *n)
{
    char *end;
    *at = NULL;
    if (is_over(l)) return HL_OK;
    HL_TRY(find_end(l, &end));
    if ((!end && l->begin == l->end) || is_over(l)) return HL_OK;
    *at = l->buffer + l->begin;
    l->ends_open = !end;
    *n = end ? (size_t)(end - *at) : l->end - l->begin;
    skip(l, *n + (end != NULL));
    if (end && *n && (*at)[*n - 1] == '\r') --*n;
    (*at)[*n] = 0;
    l->given++;
    return HL_OK;
}

int64_t hl_line_reader_at(const hl_line_reader *l) { return l->at; }

/* Line ends before byte `end` of the unpacked file; what cannot be read is not counted. */
static int64_t count_lines(const char *path, int64_t end)
{
    hl_unpacked *s;
    int64_t lines = 0;
    size_t got = BLOCK;
    char *block = hl_alloc(BLOCK);
    hl_status status = hl_unpacked_open(&s, path);
    while (status == HL_OK && end > 0 && got == BLOCK) {
        status = hl_unpacked_read(s, block, BLOCK, &got);
        const size_t n = (size_t)hl_min((int64_t)got, end);
        for (size_t i = 0; i < n; i++) lines += block[i] == '\n';
        end -= (int64_t)n;
    }
    hl_unpacked_close(s);
    free(block);
    return lines;
}

int64_t hl_line_reader_number(const hl_line_reader *l)
{
    return l->given + (l->first > 0 ? count_lines(l->path, l->first) : 0);
}

bool hl_line_reader_ends_open(const hl_line_reader *l) { return l->ends_open; }

double hl_line_reader_share(const hl_line_reader *l)
{
    if (l->stop == INT64_MAX || hl_unpacked_codec(l->stream)) return hl_unpacked_share(l->stream);
    return l->stop > l->first ? (double)(l->at - l->first) / (double)(l->stop - l->first) : 1;
}
