/* activation.h - what an MLP does between its products: a table of functions. */
#ifndef MODEL_ACTIVATION_H
#define MODEL_ACTIVATION_H
#include "model/transformer.h"

/* h (T, F), and du given dh, with h again; a row of u has F numbers, or twice as many where a half gates the other. */
typedef struct hl_activation {
    void (*forward)(float *h, const float *u, int T, int F);
    void (*backward)(float *du, float *h, const float *dh, const float *u, int T, int F);
} hl_activation;

const hl_activation *hl_activation_of(const hl_transformer *c);

#endif
