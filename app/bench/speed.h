/* speed.h - how fast a rank computes now: a fixed product, timed beside what is measured.
 *
 * Neighbours on a machine and clocks that follow its heat change the speed of a core within seconds, by half and more.
 * Seconds times the speed just before and after them are those of a machine of one speed, the reference, and can be
 * compared with what was measured at another time.  The product fits in a cache of its own core. */
#ifndef APP_BENCH_SPEED_H
#define APP_BENCH_SPEED_H
#include "mpi/comm/group.h"

typedef struct {
    float *y, *x, *w;
    int rows, calls;
    double reference; /* FLOP/s that count as speed 1 */
    double *seen;     /* (n) all speeds so far */
    size_t room;
    int n;
} hl_speed;

/* The reference is `flops`, or with 0 about the most that the ranks do within a second.  Collective; the same on all.
 */
void hl_speed_open(hl_speed *s, const hl_group *ranks, double flops, bool quick);
void hl_speed_close(hl_speed *s);

/* Of this rank with its threads, over some milliseconds: 1 is that of the reference.  Local; ranks that are to be as
 * busy as in a job call together. */
double hl_speed_now(hl_speed *s);

/* The speed that `part` of all so far were below, and sorts them; 1 where none has been seen.  Local. */
double hl_speed_quantile(hl_speed *s, double part);

/* The median of x (n) over the third in which the machine was fastest: speed (n).  There nobody disturbed, and what a
 * disturbance does to the product is not what it does to all else.  Local. */
double hl_speed_median(const double *x, const double *speed, int n);

/* The same over those above `least`, of which there are some. */
double hl_speed_median_above(const double *x, const double *speed, int n, double least);

#endif
