/* minmax.h - the smaller and the larger of two numbers.
 *
 * hl_min(a, b) and hl_max(a, b) take numbers of any of the types below, as after the usual conversions of a + b, and
 * evaluate each once.  Where neither is smaller, as where one is NaN, they are b. */
#ifndef BASE_MINMAX_H
#define BASE_MINMAX_H

#define HL_MINMAX(name, type)                                                  \
    static inline type hl_min_##name(type a, type b) { return a < b ? a : b; } \
    static inline type hl_max_##name(type a, type b) { return a > b ? a : b; }
HL_MINMAX(int, int)
HL_MINMAX(unsigned, unsigned)
HL_MINMAX(long, long)
HL_MINMAX(ulong, unsigned long)
HL_MINMAX(llong, long long)
HL_MINMAX(ullong, unsigned long long)
HL_MINMAX(float, float)
HL_MINMAX(double, double)
#undef HL_MINMAX

#define HL_OF_TYPE(act, a, b)                  \
    _Generic((a) + (b), int                    \
             : act##_int, unsigned             \
             : act##_unsigned, long            \
             : act##_long, unsigned long       \
             : act##_ulong, long long          \
             : act##_llong, unsigned long long \
             : act##_ullong, float             \
             : act##_float, double             \
             : act##_double)((a), (b))
#define hl_min(a, b) HL_OF_TYPE(hl_min, a, b)
#define hl_max(a, b) HL_OF_TYPE(hl_max, a, b)

#endif
