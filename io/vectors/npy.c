/* npy.c - vectors as an array of NumPy, with a second one of whom they are.
 *
 *     FILE            <f4 (n, D)
 *     NAME.rows.npy   n records: id (S, as wide as the longest), text_digest (<u8), model (<u8, in each the same)
 *
 * NumPy's format 1.0: eight bytes, the length of a Python literal, and the literal, which blanks make up to a multiple
 * of 64 bytes.  A file that is there is ours where its beginning is what we would write. */
#include "base/alloc.h"
#include "base/digest.h"
#include "base/minmax.h"
#include "io/files/positioned.h"
#include "io/files/remedy.h"
#include "io/vectors/vectors.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREFIX = 10, ALIGNED = 64, HEADER = 512, LONGEST_ID = 4096, BUFFER = 1 << 20 };
static const char MEMORY[] = "a file in memory";

/* What stands before the numbers; its length. */
__attribute__((format(printf, 2, 3))) static size_t header(char out[HEADER], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    const int n = vsnprintf(out + PREFIX, HEADER - PREFIX, format, args);
    va_end(args);
    const size_t whole = (PREFIX + (size_t)n + ALIGNED) / ALIGNED * ALIGNED;
    HL_CHECK(whole <= HEADER);
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    out[8] = (char)((whole - PREFIX) & 255);
    out[9] = (char)((whole - PREFIX) >> 8);
    memset(out + PREFIX + n, ' ', whole - PREFIX - (size_t)n);
    out[whole - 1] = '\n';
    return whole;
}

static size_t header_of_vectors(char out[HEADER], int64_t rows, int D)
{
    return header(out, "{'descr': '<f4', 'fortran_order': False, 'shape': (%" PRId64 ", %d), }", rows, D);
}

static size_t header_of_rows(char out[HEADER], int64_t rows, int width, const char *digest_name)
{
    return header(out,
                  "{'descr': [('id', '|S%d'), ('%s', '<u8'), ('model', '<u8')], 'fortran_order': False, "
                  "'shape': (%" PRId64 ",), }",
                  width, digest_name, rows);
}

static hl_status lay_out(int fd, const hl_vectors *v, int64_t *at)
{
    char head[HEADER];
    const size_t n = header_of_vectors(head, v->rows, v->D);
    *at = (int64_t)n;
    if (ftruncate(fd, *at + hl_vectors_bytes(v)) != 0) return hl_remedy_fail(MEMORY, "be made as long", errno);
    return hl_positioned_write(fd, MEMORY, head, n, 0);
}

/* ---- whom they are */

/* Bytes of the longest id, one at the least.  Zeros at an id's end would be lost. */
static hl_status width_of(int *width, const hl_vectors *v)
{
    int64_t most = 1;
    for (int64_t i = 0; i < v->rows; i++) {
        const int64_t n = v->id_begin[i + 1] - v->id_begin[i];
        most = hl_max(most, n);
        if (n > 0 && v->id[v->id_begin[i + 1] - 1] == 0)
            return HL_FAIL(HL_EUSAGE, "an id ends with a zero byte, which is lost in an array of NumPy; take another "
                                      "--form");
    }
    if (most > LONGEST_ID)
        return HL_FAIL(HL_EUSAGE, "an id has %lld bytes, and every row of an array of NumPy would; take another --form",
                       (long long)most);
    *width = (int)most;
    return HL_OK;
}

static void put_row(char *at, const hl_vectors *v, int64_t row, int width)
{
    memset(at, 0, (size_t)width);
    memcpy(at, v->id + v->id_begin[row], (size_t)(v->id_begin[row + 1] - v->id_begin[row]));
    memcpy(at + width, &v->digest[row], sizeof v->digest[row]);
    memcpy(at + width + sizeof v->digest[row], &v->model, sizeof v->model);
}

static size_t bytes_of_row(int width) { return (size_t)width + 2 * sizeof(uint64_t); }

static hl_status lay_out_beside(int fd, const hl_vectors *v)
{
    char head[HEADER];
    int width = 1;
    HL_TRY(width_of(&width, v));
    const size_t n = header_of_rows(head, v->rows, width, v->digest_name), bytes = bytes_of_row(width);
    const int64_t together = (int64_t)(BUFFER / bytes);
    char *buffer = hl_alloc(BUFFER);
    hl_status s = hl_positioned_write(fd, MEMORY, head, n, 0);
    for (int64_t from = 0; s == HL_OK && from < v->rows; from += together) {
        const int64_t end = hl_min(from + together, v->rows);
        for (int64_t i = from; i < end; i++) put_row(buffer + (size_t)(i - from) * bytes, v, i, width);
        s = hl_positioned_write(fd, MEMORY, buffer, (size_t)(end - from) * bytes, (int64_t)(n + (size_t)from * bytes));
    }
    free(buffer);
    return s;
}

/* ---- files that are there */

typedef struct {
    hl_vectors_map vectors, rows;
} held;

static void release(void *of)
{
    held *h = of;
    hl_vectors_map_close(&h->vectors);
    hl_vectors_map_close(&h->rows);
    free(h);
}

static size_t length_in(const hl_vectors_map *m)
{
    if (m->size < PREFIX) return 0;
    return PREFIX + (unsigned char)m->bytes[8] + 256 * (size_t)(unsigned char)m->bytes[9];
}

static bool begins_with(const hl_vectors_map *m, const char *head, size_t n)
{
    return m->size >= n && memcmp(m->bytes, head, n) == 0;
}

/* How many rows of vectors; below 0: it is another file. */
static int64_t rows_of(const hl_vectors_map *m, int D)
{
    char head[HEADER];
    const size_t at = length_in(m), row = (size_t)D * sizeof(float);
    if (at == 0 || at > m->size || (m->size - at) % row != 0) return -1;
    const int64_t rows = (int64_t)((m->size - at) / row);
    return begins_with(m, head, header_of_vectors(head, rows, D)) ? rows : -1;
}

static int width_in(const hl_vectors_map *m)
{
    char head[HEADER + 1] = "";
    int width = 0;
    memcpy(head, m->bytes + PREFIX, hl_min(m->size - PREFIX, (size_t)HEADER));
    return sscanf(head, "{'descr': [('id', '|S%d')", &width) == 1 && width > 0 && width <= LONGEST_ID ? width : 0;
}

static bool find_rows(hl_vectors_there *t, const hl_vectors_map *m, const hl_vectors *v)
{
    char head[HEADER];
    const int width = m->size > PREFIX ? width_in(m) : 0;
    const size_t bytes = bytes_of_row(width), n = width ? header_of_rows(head, t->rows, width, v->digest_name) : 0;
    if (!width || m->size != n + (size_t)t->rows * bytes || !begins_with(m, head, n)) return false;
    t->digest = m->bytes + n + width;
    t->digest_step = bytes;
    for (int64_t i = 0; i < t->rows; i++)
        if (memcmp(t->digest + (size_t)i * bytes + sizeof(uint64_t), &v->model, sizeof v->model) != 0) return false;
    return true;
}

static bool find(hl_vectors_there *t, const char *path, const char *beside, const hl_vectors *v)
{
    held *h = hl_alloc_zero(1, sizeof *h);
    bool fits = hl_vectors_map_open(&h->vectors, path) && hl_vectors_map_open(&h->rows, beside);
    *t = (hl_vectors_there){.rows = fits ? rows_of(&h->vectors, v->D) : -1, .held = h, .release = release};
    fits = t->rows >= 0 && find_rows(t, &h->rows, v);
    if (fits) t->vector = h->vectors.bytes + length_in(&h->vectors);
    else hl_vectors_close(t);
    return fits;
}

/* ---- what they say */

static void header_in(char out[HEADER + 1], const hl_vectors_map *m)
{
    memset(out, 0, HEADER + 1);
    if (m->size > PREFIX) memcpy(out, m->bytes + PREFIX, hl_min(m->size - PREFIX, (size_t)HEADER));
}

static bool look_at_vectors(hl_vectors_head *h, const char *path)
{
    hl_vectors_map m;
    char head[HEADER + 1];
    long long rows = 0, D = 0;
    if (!hl_vectors_map_open(&m, path)) return false;
    header_in(head, &m);
    const bool fits = sscanf(head, "{'descr': '<f4', 'fortran_order': False, 'shape': (%lld, %lld), }", &rows, &D) == 2
                      && D > 0 && D <= INT_MAX && rows_of(&m, (int)D) == rows;
    h->rows = rows, h->D = D;
    hl_vectors_map_close(&m);
    return fits;
}

/* The model is that of the first row. */
static bool look_at_rows(hl_vectors_head *h, const char *path)
{
    hl_vectors_map m;
    char head[HEADER + 1], name[sizeof h->digest_name] = "";
    int width = 0;
    uint64_t model = 0;
    if (!hl_vectors_map_open(&m, path)) return false;
    header_in(head, &m);
    bool fits = sscanf(head, "{'descr': [('id', '|S%d'), ('%31[a-z_]', '<u8'), ('model'", &width, name) == 2
                && width > 0 && width <= LONGEST_ID;
    const size_t at = fits ? header_of_rows(head, h->rows, width, name) : 0;
    fits = fits && begins_with(&m, head, at) && m.size == at + (size_t)h->rows * bytes_of_row(width);
    if (fits && h->rows) memcpy(&model, m.bytes + at + width + sizeof model, sizeof model);
    hl_vectors_map_close(&m);
    snprintf(h->digest_name, sizeof h->digest_name, "%s", name);
    snprintf(h->kind, sizeof h->kind, "%s", strcmp(name, "history_digest") == 0 ? "users" : "items");
    hl_digest_text(h->model, model);
    return fits;
}

static bool look(hl_vectors_head *h, const char *path, const char *beside)
{
    return look_at_vectors(h, path) && look_at_rows(h, beside);
}

const hl_vectors_form hl_vectors_npy = {.name = "npy",
                                        .ending = {".npy", NULL},
                                        .beside = ".rows.npy",
                                        .lay_out = lay_out,
                                        .lay_out_beside = lay_out_beside,
                                        .find = find,
                                        .look = look};
