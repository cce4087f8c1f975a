/* dtype.c - the types of numbers in files of weights. */
#include "io/weights/dtype.h"
#include <stdint.h>
#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "safetensors are little-endian, and so must the machine be");

static float half_to_float(uint16_t h)
{
    uint32_t sign = (uint32_t)(h & 0x8000) << 16, exponent = (h >> 10) & 31, fraction = h & 1023, bits;
    if (exponent == 31) bits = 0x7f800000 | fraction << 13; /* infinity, NaN */
    else if (exponent) bits = (exponent + 112) << 23 | fraction << 13;
    else {
        float small = (float)fraction * 0x1p-24f; /* subnormal halves are normal floats */
        memcpy(&bits, &small, sizeof bits);
    }
    bits |= sign;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static void from_f32(float *x, const char *bytes, size_t n) { memcpy(x, bytes, n * sizeof *x); }

static void from_f16(float *x, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, bytes + 2 * i, sizeof h);
        x[i] = half_to_float(h);
    }
}

static void from_bf16(float *x, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t h;
        memcpy(&h, bytes + 2 * i, sizeof h);
        uint32_t bits = (uint32_t)h << 16;
        memcpy(&x[i], &bits, sizeof bits);
    }
}

static void from_f64(float *x, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double d;
        memcpy(&d, bytes + 8 * i, sizeof d);
        x[i] = (float)d;
    }
}

/* Types that may stand in a file; those without a function cannot be read as weights. */
static const hl_dtype dtypes[] = {
    {"F32", 4, from_f32}, {"F16", 2, from_f16}, {"BF16", 2, from_bf16}, {"F64", 8, from_f64}, {"F8_E4M3", 1, NULL},
    {"F8_E5M2", 1, NULL}, {"I64", 8, NULL},     {"I32", 4, NULL},       {"I16", 2, NULL},     {"I8", 1, NULL},
    {"U64", 8, NULL},     {"U32", 4, NULL},     {"U16", 2, NULL},       {"U8", 1, NULL},      {"BOOL", 1, NULL},
};
enum { DTYPES = sizeof dtypes / sizeof dtypes[0] };

const hl_dtype *hl_dtype_find(const char *name)
{
    for (int i = 0; i < DTYPES; i++)
        if (name && strcmp(dtypes[i].name, name) == 0) return &dtypes[i];
    return NULL;
}
