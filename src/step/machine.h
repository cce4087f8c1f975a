/* machine.h - what a rank with its threads can do in a second, and what a model's work takes it.
 *
 * Either one rate for all products, or what was measured: seconds as sums of coefficients times what is counted,
 *
 *     a product    1, rows x out, rows x in, in x out, rows x in x out     (calls, packing, writing, multiplying)
 *     attention    operations, scores, numbers of queries, keys and values
 *     the rest     layers, hidden numbers, numbers of the MLPs
 *
 * each forward and backward, fitted over many shapes (hllm bench calibrate). */
#ifndef STEP_MACHINE_H
#define STEP_MACHINE_H
#include "model/work.h"
#include <stdbool.h>

typedef enum { HL_FORWARD_WAY, HL_BACKWARD_WAY, HL_WAYS } hl_way_of_pass;

enum { HL_PRODUCT_TERMS = 5, HL_ATTENTION_TERMS = 3, HL_PASS_TERMS = 3 };

typedef struct {
    double product[HL_WAYS][HL_PRODUCT_TERMS];
    double attention[HL_WAYS][HL_ATTENTION_TERMS];
    double pass[HL_WAYS][HL_PASS_TERMS];
} hl_coefficients;

typedef struct {
    double flops;   /* a second, in products of the models' widths */
    double memory;  /* bytes a second to and from memory */
    double wire;    /* bytes a second between two ranks */
    double latency; /* seconds of a message */
    bool is_fitted; /* coefficients say what a model's work takes, rather than flops and memory */
    hl_coefficients fit;
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

/* Of its products alone, and of its attention. */
double hl_machine_product_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way);
double hl_machine_attention_seconds(const hl_machine *m, const hl_work *w, hl_way_of_pass way);

#endif
