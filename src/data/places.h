/* places.h - sums over places of a list: of 1 / place, which is MRR's, and of 1 / log2(place + 1), which is NDCG's. */
#ifndef DATA_PLACES_H
#define DATA_PLACES_H
#include <stdint.h>

/* Sums over the places begin, begin + 1, ... end - 1, begin >= 1; 0 where end <= begin.  Long sums take no longer
 * than the logarithm of their length, and are good to 1e-12 of themselves. */
double hl_places_inverse(int64_t begin, int64_t end);
double hl_places_gain(int64_t begin, int64_t end);

#endif
