/* noise.h - how much later the slowest of several ranks is, by chance, than ranks are on average.
 *
 * Equal work takes ranks unequal time: others use the machine, clocks change.  Whoever comes first to what ranks do
 * together waits.  With work of T seconds between two such acts the slowest is late by share(T) T; the shorter the
 * work, the larger the share, since over long work good and bad luck even out.
 * Petrini, Kerbyson, Pakin: The case of the missing supercomputer performance, 2003, call it noise. */
#ifndef STEP_NOISE_H
#define STEP_NOISE_H

enum { HL_NOISE_SIZES = 6 };

/* What `ranks` ranks were late, by the seconds of their work, which ascend.  Shares are of these seconds, above 0: what
 * the slowest was late on average, and what a rank was late at the most. */
typedef struct {
    int n; /* 0: not known, and nobody is late */
    int ranks;
    double seconds[HL_NOISE_SIZES], share[HL_NOISE_SIZES], most[HL_NOISE_SIZES];
} hl_noise;

/* The share that the slowest of p ranks is late after work of so many seconds; 0 where p is 1.  Local. */
double hl_noise_share(const hl_noise *c, double seconds, int p);

#endif
