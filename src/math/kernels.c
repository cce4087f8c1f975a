/* kernels.c - which kernels of our own make products and attention. */
#include "math/kernels.h"
#include "math/simd.h"
#include <string.h>

static bool has_avx512(void)
{
    return HL_HAS("avx512f") && HL_HAS("avx512vl") && HL_HAS("avx512bw") && HL_HAS("avx512dq") && HL_HAS("avx512cd");
}

static bool has_avx2(void) { return HL_HAS("avx2") && HL_HAS("fma"); }

static bool is_processor(void) { return true; }

typedef struct {
    const char *name;
    bool (*is_here)(void);
    bool is_wide, has_vectors;
} kernels;

static const kernels all[] = {
    /* the best first; the last are everywhere */
    {"avx512", has_avx512, .is_wide = true, .has_vectors = true},
    {"avx2", has_avx2, .has_vectors = true},
    {"plain", is_processor, .has_vectors = false},
};
enum { KINDS = sizeof all / sizeof all[0] };

static const kernels *chosen; /* NULL: the best */

static const kernels *best(void)
{
    const kernels *k = all;
    while (!k->is_here()) k++;
    return k;
}

static const kernels *here(void) { return chosen ? chosen : best(); }

static const kernels *find(const char *name)
{
    for (int i = 0; i < KINDS; i++)
        if (strcmp(all[i].name, name) == 0) return &all[i];
    return NULL;
}

hl_status hl_kernels_choose(const char *name)
{
    chosen = NULL;
    if (!name || !*name) return HL_OK;
    const kernels *k = find(name);
    if (!k)
        return HL_FAIL(HL_EUSAGE,
                       "HLLM_KERNELS=%.40s: there are no such kernels; avx512, avx2 or plain, or unset it for the best",
                       name);
    if (!k->is_here())
        return HL_FAIL(HL_EUSAGE,
                       "HLLM_KERNELS=%s: this processor, or this build, has no such instructions; "
                       "unset it for the best that there are, %s",
                       name, best()->name);
    chosen = k;
    return HL_OK;
}

const char *hl_kernels_name(void) { return here()->name; }

bool hl_has_wide_vectors(void) { return here()->is_wide; }

bool hl_has_vectors(void) { return here()->has_vectors; }
