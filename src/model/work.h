/* work.h - what a forward of a model multiplies and passes over, by shape: enough to say how long it takes.
 *
 * A backward multiplies twice as much.  Seconds are a machine's (step/machine.h). */
#ifndef MODEL_WORK_H
#define MODEL_WORK_H
#include <stdbool.h>

/* y (rows, out) = x (rows, in) w^T, so often. */
typedef struct {
    double rows, in, out, times;
} hl_work_product;

enum { HL_WORK_PRODUCTS = 12 };

typedef struct {
    int products;
    hl_work_product product[HL_WORK_PRODUCTS];
    double attention;    /* operations: q k^T and p v */
    double scores;       /* pairs of a query and a key in strips (math/strip.h), in all heads: an exponential each */
    double attended;     /* of these the products with a head's width */
    double turned;       /* numbers of queries, keys and values, in whole strips */
    double layers;       /* blocks */
    double hidden, wide; /* numbers of all rows between products: of the width of the model, of that of its MLPs */
    double embedded;     /* numbers of rows of the token table */
    double spread;   /* numbers of rows that are computed once for a kind: copied to all of it, and added up for it */
    bool are_panels; /* products are of tiles on a grid */
    double other;    /* operations of whatever else */
    double scratch;  /* bytes that the backward of a block takes for a while, those of the largest */
} hl_work;

/* rows, times 0: none.  Products of a shape that is there already are counted with it. */
void hl_work_add_product(hl_work *w, double rows, double in, double out);

/* Floating point operations. */
double hl_work_flop(const hl_work *w);

/* n up to a multiple of the lanes; the pairs of a query and a key in the strips (math/strip.h) of a run of L tokens. */
double hl_work_up(double n, int lanes);
double hl_work_pairs_in_strips(double L, int window, bool both_ways, int lanes);

#endif
