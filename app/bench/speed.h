/* speed.h - how fast a rank computes now: a fixed product, timed beside what is measured.
 *
 * Neighbours on a machine and clocks that follow its heat change the speed of a core within some hundredths of a
 * second, by a third and more.  So the product and what is measured take turns, and the means of both
 * are compared:
 * mean seconds times mean speed are those of a machine of one speed, the reference, and can be compared with what was
 * measured at another time.  One product beside one short measurement would say little, and the fastest of many are
 * rare.  What others take from a product they take from other ops in part only: two measurements agree best where the
 * machine was about as fast.  The product fits in a cache of its own core. */
#ifndef APP_BENCH_SPEED_H
#define APP_BENCH_SPEED_H
#include "mpi/comm/group.h"

typedef struct {
    float *y, *x, *w;
    int rows, calls;
    double reference; /* FLOP/s that count as speed 1 */
    double seconds;   /* of one look at it */
    double *seen;     /* (n) all speeds so far */
    double squares;   /* of what means of repeated measurements were off, as shares of them */
    int noted;
    size_t room;
    int n;
} hl_speed;

/* The reference is `flops`, or with 0 what the ranks do within a second.  Collective; the same on all.
 */
void hl_speed_open(hl_speed *s, const hl_group *ranks, double flops, bool quick);
void hl_speed_close(hl_speed *s);

/* Of this rank with its threads, over some milliseconds: 1 is that of the reference.  Local; ranks that are to be as
 * busy as in a job call together. */
double hl_speed_now(hl_speed *s);

/* Seconds of so many products, which are in no mean.  Local. */
double hl_speed_products(const hl_speed *s, int products);

/* Look `times` times; the mean speed of these. */
double hl_speed_look(hl_speed *s, int times);

/* The mean speed since so many had been seen: that of their mean seconds. */
double hl_speed_since(const hl_speed *s, int seen);

/* The mean of x (n) without the fifth that is longest, in which somebody else had the core.  Local. */
double hl_speed_mean(const double *x, int n);

/* x (n) are measurements of the same, one after the other: note by how much both halves of them differ; the root of the
 * mean square of what all means were off, so.  Local. */
void hl_speed_note(hl_speed *s, const double *x, int n);
double hl_speed_repeat(const hl_speed *s);

/* The speed that `part` of all so far were below, and sorts them; 1 where none has been seen.  Local. */
double hl_speed_quantile(hl_speed *s, double part);

#endif
