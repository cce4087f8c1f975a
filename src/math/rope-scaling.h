/* rope-scaling.h - by which angles rotary positions turn, where a model is made for longer texts than it began with.
 *
 * Of d/2 angles a position, the i-th turns by f[i] a token, theta^(-2i/d) without a scaling.  Each scaling is a row
 * of hl_rope_scalings: to add one, a function and a line in rope-scaling.c. */
#ifndef MATH_ROPE_SCALING_H
#define MATH_ROPE_SCALING_H
#include <stdbool.h>

/* Fields are config.json's; a scaling reads those that its row names. */
typedef struct {
    int kind; /* its place in hl_rope_scalings; 0: none */
    double factor;
    double original;                                 /* original_max_position_embeddings */
    double most;                                     /* max_position_embeddings */
    double low_freq_factor, high_freq_factor;        /* llama3 */
    double beta_fast, beta_slow;                     /* yarn: turns within `original` */
    double attention_factor, mscale, mscale_all_dim; /* yarn; 0: not given */
    bool untruncated;                                /* yarn: where the ramp begins and ends is not rounded */
} hl_rope_scaling;

typedef struct {
    const char *name; /* rope_type */
    /* f (d/2), for texts of at most `longest` tokens. */
    void (*frequencies)(double *f, int d, double theta, const hl_rope_scaling *s, int longest);
    /* What cosines and sines are multiplied by; NULL: 1. */
    double (*attention)(const hl_rope_scaling *s);
} hl_rope_scaling_kind;

extern const hl_rope_scaling_kind hl_rope_scalings[];
extern const int hl_rope_scalings_count;

/* The place of a rope_type; -1 where it is not known. */
int hl_rope_scaling_find(const char *name);

/* f (d/2) is filled; what cosines and sines are multiplied by is returned. */
double hl_rope_frequencies(double *f, int d, double theta, const hl_rope_scaling *s, int longest);

#endif
