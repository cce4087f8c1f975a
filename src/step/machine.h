/* machine.h - what a rank with its threads can do in a second, and what a model's work takes it.
 *
 * Either one rate for all products, or what was measured: seconds as sums of coefficients times what is counted,
 *
 *     a product    1, rows x out, rows x in, in x out, rows x in x out     (calls, packing, writing, multiplying)
 *     attention    scores x width, scores, numbers of queries, keys and values: of whole strips
 *     a panel      as a product, of matrices that lie in tiles on a grid of ranks
 *     the rest     layers, hidden numbers, numbers of the MLPs, weights, rows of tokens, rows of kinds
 *     the loss     pairs of a row and a negative, pairs x width
 *
 * each forward and backward, fitted over many shapes (hllm bench calibrate).  Beside these stand passes over long
 * arrays, a number each, and what ranks do together, by the bytes of a call. */
#ifndef STEP_MACHINE_H
#define STEP_MACHINE_H
#include "model/work.h"
#include "step/noise.h"
#include <stdbool.h>

typedef enum { HL_FORWARD_WAY, HL_BACKWARD_WAY, HL_WAYS } hl_way_of_pass;

enum { HL_PRODUCT_TERMS = 5, HL_ATTENTION_TERMS = 3, HL_PASS_TERMS = 6, HL_LOSS_TERMS = 2 };

/* What is done to each number of a long array. */
typedef enum {
    HL_NUMBERS_UPDATE,  /* AdamW of a weight */
    HL_NUMBERS_SQUARES, /* the norm of the gradients */
    HL_NUMBERS_CLEAR,
    HL_NUMBERS_READ, /* rows of a table, copied */
    HL_NUMBERS_ADD,  /* added to rows of a table */
    HL_NUMBERS
} hl_number_pass;

/* What ranks do together with an array.  Activations have just been computed and lie in a cache; weights and gradients
 * come from memory, which takes longer. */
typedef enum {
    HL_TOGETHER_SUM,         /* every rank gets the sum */
    HL_TOGETHER_SCATTER,     /* the owner of a block its sum */
    HL_TOGETHER_GATHER,      /* every rank all blocks */
    HL_TOGETHER_WEIGHTS_SUM, /* the same of weights or gradients */
    HL_TOGETHER_WEIGHTS_SCATTER,
    HL_TOGETHER_WEIGHTS_GATHER,
    HL_TOGETHER_EXCHANGE,  /* rows from each to each */
    HL_TOGETHER_BROADCAST, /* of one rank's to all */
    HL_TOGETHER_MESSAGE,   /* from one to another */
    HL_TOGETHERS
} hl_together;

/* Between which ranks messages travel. */
typedef enum {
    HL_WIRE_NODE,    /* ranks of one node */
    HL_WIRE_NETWORK, /* ranks of several */
    HL_WIRE_LEVELS
} hl_wire_level;

/* What ranks took together, by the bytes that each sent in a call, which ascend: straight lines in between, and on as
 * the last one goes.  Algorithms and caches change with the size, so no sum of calls and bytes is near all of them. */
enum { HL_TOGETHER_SIZES = 10 };
typedef struct {
    int n;         /* of them; at least 2, or 0: not measured */
    double rounds; /* in which the ranks that measured came together: log2 of how many they were, at least */
    double sent[HL_TOGETHER_SIZES], seconds[HL_TOGETHER_SIZES];
} hl_together_curve;

typedef struct {
    double product[HL_WAYS][HL_PRODUCT_TERMS];
    double attention[HL_WAYS][HL_ATTENTION_TERMS];
    double pass[HL_WAYS][HL_PASS_TERMS];
    double panel[HL_WAYS][HL_PRODUCT_TERMS];
    double loss[HL_WAYS][HL_LOSS_TERMS];
    double numbers[HL_NUMBERS];
    hl_together_curve together[HL_WIRE_LEVELS][HL_TOGETHERS]; /* of a level all or none */
} hl_coefficients;

/* Root of the mean square of what the fits were off, as shares of the seconds that they were of; and of what repeated
 * measurements of the same were. */
typedef struct {
    double layers, loss, together, repeat;
} hl_machine_off;

typedef struct {
    double flops;                 /* a second, in products of the models' widths */
    double memory;                /* bytes a second to and from memory */
    double wire;                  /* bytes a second between two ranks */
    double latency;               /* seconds of a message */
    double disk_write, disk_read; /* bytes a second of a node; 0: not known */
    double speed;   /* FLOP/s of the fixed product of app/bench/speed.h at which seconds are these; 0: not known */
    bool is_fitted; /* coefficients say what work, loss and passes over numbers take, rather than flops and memory */
    bool has_ranks; /* ... and what ranks do together, at one level at least; the other is taken to be like it */
    int ranks_per_node; /* node n has the ranks from n * ranks_per_node on; 0: all ranks are on one */
    hl_coefficients fit;
    hl_noise noise;
    hl_machine_off off; /* zeros: not known */
    double
        learned; /* what steps took by what was forecast, with which all of these are scaled; 0: nothing is learned */
    double low, high; /* between which shares of a forecast steps have been; 0: nobody has looked */
} hl_machine;

/* All that the machine does takes so many times as long. */
void hl_machine_scale(hl_machine *m, double by);

/* What is counted of a product, of attention, of the rest. */
void hl_machine_product_terms(double x[HL_PRODUCT_TERMS], double rows, double in, double out);
void hl_machine_attention_terms(double x[HL_ATTENTION_TERMS], const hl_work *w);
void hl_machine_pass_terms(double x[HL_PASS_TERMS], const hl_work *w);

/* Seconds of the forward, or the backward, of a model. */
double hl_machine_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way);

/* Seconds of one rank: a pass over n numbers; the loss of so many pairs of a row and a negative, of width D. */
double hl_machine_numbers(const hl_machine *m, hl_number_pass what, double n);
double hl_machine_loss(const hl_machine *m, double pairs, int D, hl_way_of_pass way);

/* The level of messages between two ranks, or among all ranks from `first` to `last`. */
hl_wire_level hl_machine_level(const hl_machine *m, int first, int last);

/* Has anybody measured what ranks of this level do together? */
bool hl_machine_knows(const hl_machine *m, hl_wire_level level);

/* Seconds of an array of so many bytes among p ranks, in so many calls, each with as much of it; 0 where p is 1.  A
 * rank sends twice (p - 1) / p of the bytes for a sum, that once for blocks and rows, all of them for the rest.
 * Without calls: of one message, its bytes alone. */
double hl_machine_sent(hl_together what, double bytes, int p);
double hl_machine_together(const hl_machine *m, hl_together what, hl_wire_level level, double bytes, int p,
                           double calls);

/* Of its products alone, and of its attention. */
double hl_machine_product_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way);
double hl_machine_attention_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way);

#endif
