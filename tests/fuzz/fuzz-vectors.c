/* fuzz-vectors.c - readers of files of vectors and of ranks.  HDF5's own reader stands behind two of them: what is
 * given to it has kept its digest, so made-up bytes end before it. */
#include "io/dataset/target-ranks.h"
#include "io/vectors/vectors.h"
#include "tests/fuzz/fuzz.h"
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

hl_status fuzz_target_ranks(const char *text, size_t n)
{
    hl_target_ranks t;
    const hl_status s = hl_target_ranks_read(&t, fuzz_file("ranks.h5", text, n));
    if (s == HL_OK) HL_CHECK(t.user_begin[0] == 0 && t.target_begin[0] == 0);
    hl_target_ranks_free(&t);
    return s;
}
