/* fuzz-vectors.c - readers of files of vectors and of ranks.  HDF5's own reader stands behind two of them: what is
 * given to it has kept its digest, so made-up bytes end before it. */
#include "io/dataset/target-ranks.h"
#include "base/alloc.h"
#include "io/files/regular.h"
#include "io/vectors/vectors-rows.h"
#include "tests/fuzz/fuzz.h"
#include <stdlib.h>
#include <string.h>

enum { D = 2 };
static const hl_vectors wanted = {.kind = "items", .digest_name = "text_digest", .D = D, .model = 0x0123456789abcdefU};

static volatile char sink; /* what is read is used */

/* Every number lies in the bytes that are mapped. */
static hl_status find(const hl_vectors_form *form, const char *path, const char *beside)
{
    hl_vectors_there t = {0};
    if (!form->find(&t, path, beside, &wanted)) return HL_FAIL(HL_EFORMAT, "%s: holds no vectors", path);
    HL_CHECK(t.rows >= 0);
    for (size_t i = 0; i < (size_t)t.rows; i++) {
        for (size_t k = 0; k < D * sizeof(float); k++) sink = t.vector[i * D * sizeof(float) + k];
        for (size_t k = 0; k < sizeof(uint64_t); k++) sink = t.digest[i * t.digest_step + k];
    }
    hl_vectors_close(&t);
    return HL_OK;
}

hl_status fuzz_vectors_safetensors(const char *text, size_t n)
{
    return find(&hl_vectors_safetensors, fuzz_file("x.safetensors", text, n), "");
}

/* Two files: the second begins behind the last "\n\001", or has no bytes. */
hl_status fuzz_vectors_npy(const char *text, size_t n)
{
    static const char between[] = "\n\001";
    hl_vectors_head head;
    const hl_vectors_form *form;
    char path[PATH_MAX], beside[PATH_MAX];
    const char *second = text + n;
    for (size_t i = 0; i + 2 <= n; i++)
        if (memcmp(text + i, between, 2) == 0) second = text + i;
    const size_t first = (size_t)(second - text), gap = first < n ? 2 : 0;
    strcpy(beside, fuzz_file("x.rows.npy", second + gap, n - first - gap));
    strcpy(path, fuzz_file("x.npy", text, first));
    const bool looked = hl_vectors_npy.look(&head, path, beside);
    if (looked) HL_CHECK(head.rows >= 0 && head.D > 0 && hl_vectors_look(&head, &form, path));
    const hl_status s = find(&hl_vectors_npy, path, beside);
    if (s == HL_OK) HL_CHECK(looked && head.D == D);
    return s;
}

/* ---- rows of an HDF5 file, whose ids are another's */

enum { MOST_ROWS = 8 };

/* A good file of so many rows, whose ids are a byte each; where its beginnings of ids are, and its ids. */
typedef struct {
    char *bytes;
    size_t n, id_begin, id;
} good_file;

static size_t find_bytes(const good_file *f, const void *what, size_t n)
{
    size_t at = 0;
    while (at + n <= f->n && memcmp(f->bytes + at, what, n) != 0) at++;
    HL_CHECK(at + n <= f->n);
    return at;
}

static void make_good(good_file *f, int rows)
{
    static const char ids[MOST_ROWS + 1] = "\221\222\223\224\225\226\227\230";
    const uint64_t digest[MOST_ROWS] = {0};
    int64_t begin[MOST_ROWS + 1];
    hl_vectors_place place;
    const char *path = fuzz_path("good.h5");
    for (int i = 0; i <= rows; i++) begin[i] = i;
    const hl_vectors v = {"items", "text_digest", rows, D, 1, ids, begin, digest};
    HL_CHECK(hl_vectors_make(&place, &hl_vectors_hdf5, &v, path, "") == HL_OK);
    HL_CHECK(hl_regular_read(path, SIZE_MAX, &f->bytes, &f->n) == HL_OK);
    f->id_begin = find_bytes(f, begin, (size_t)(rows + 1) * sizeof *begin);
    f->id = find_bytes(f, ids, (size_t)rows);
}

/* The next bytes of the text, as many as there are of n, to a place. */
static void put(char *to, size_t n, const char **text, size_t *left)
{
    const size_t have = *left < n ? *left : n;
    if (have) memcpy(to, *text, have);
    *text += have, *left -= have;
}

/* An id lies in the file or has no bytes, whatever the file says of where it begins. */
static void read_all(const hl_vectors_rows *r)
{
    float vector[D];
    for (int64_t row = 0; row < r->head.rows; row++) {
        int n;
        const char *id = hl_vectors_rows_id(r, row, &n);
        HL_CHECK(n >= 0 && id >= r->id && id + n <= r->id + r->id_bytes);
        for (int i = 0; i < n; i++) sink = id[i];
        hl_vectors_rows_get(r, row, vector);
        sink = (char)vector[0];
    }
}

/* The first byte says how many rows, the second how many bytes are missing at the end; beginnings of ids follow, and
 * ids. */
hl_status fuzz_vectors_rows(const char *text, size_t n)
{
    static good_file good[MOST_ROWS];
    hl_vectors_rows r;
    const int rows = n > 0 ? 1 + (unsigned char)text[0] % MOST_ROWS : 1;
    good_file *f = &good[rows - 1];
    if (!f->bytes) make_good(f, rows);
    const size_t missing = n > 1 ? (unsigned char)text[1] : 0;
    char *bytes = hl_alloc(f->n);
    memcpy(bytes, f->bytes, f->n);
    size_t left = n > 2 ? n - 2 : 0;
    const char *from = text + (n - left);
    put(bytes + f->id_begin, (size_t)(rows + 1) * sizeof(int64_t), &from, &left);
    put(bytes + f->id, (size_t)rows, &from, &left);
    const hl_status s = hl_vectors_rows_open(&r, fuzz_file("rows.h5", bytes, f->n - missing), "items");
    if (s == HL_OK) {
        HL_CHECK(missing == 0 && r.head.rows == rows && r.head.D == D && r.id_bytes == rows);
        read_all(&r);
    }
    hl_vectors_rows_close(&r);
    free(bytes);
    return s;
}

hl_status fuzz_target_ranks(const char *text, size_t n)
{
    hl_target_ranks t;
    const hl_status s = hl_target_ranks_read(&t, fuzz_file("ranks.h5", text, n));
    if (s == HL_OK) HL_CHECK(t.user_begin[0] == 0 && t.target_begin[0] == 0);
    hl_target_ranks_free(&t);
    return s;
}
