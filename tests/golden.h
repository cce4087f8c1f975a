/* golden.h - read a golden file: one batch of HLLM, or of a model of item ids, with weights, gradients and losses in
 * double precision.
 *
 * tests/data/make-golden.py and make-golden-inputs.py make them with an independent PyTorch program. */
#ifndef TESTS_GOLDEN_H
#define TESTS_GOLDEN_H
#include "data/corpus.h"
#include "data/id-corpus.h"
#include "model/transformer.h"
#include "data/sampler.h"
#include "math/criterion.h"
#include <stdbool.h>

typedef struct {
    int64_t file; /* HDF5's handle */
    hl_transformer item, user;
    int users, S, T, ranks, steps;
    bool mean_pool;
    bool items_frozen; /* for tests: nothing of the items is trained but the temperature */
    const hl_criterion *criterion;
    double nce_thres, lr, weight_decay;
    double fusion_lambda; /* of labels */
    uint8_t *label;       /* S + 1 a user; NULL: none */
    hl_corpus corpus;     /* tokens and duplicates of the texts; no users */
    int32_t **text;
    int *text_length;
    hl_corpus own;
    hl_id_corpus ids; /* of a model of item ids, whose corpus is this one's; no text then */
    hl_batch batch;
    double *table; /* (items, D) of items whose vectors are cached; NULL: they are made */
    int64_t *time; /* S + 1 a user; of a model of item ids made up where the file has none */
} golden;

/* name: a file of tests/data. false, and the test has failed, where it is not there. */
bool golden_open(golden *g, const char *name);

/* The same of a user model of this family whose items are a table of vectors. */
bool golden_open_ids(golden *g, const char *name, const char *family);

/* From now on the items of a file of texts are a table of their golden vectors, which nothing trains. */
void golden_cache_items(golden *g);
void golden_close(golden *g);

bool golden_has(const golden *g, const char *path);

/* The weights of a parameter, as golden_doubles. */
int64_t golden_weights(const golden *g, const char *name, double **out);

/* A dataset as doubles; the count.  The caller frees *out. */
int64_t golden_doubles(const golden *g, const char *path, double **out);

/* The one number of a scalar dataset. */
double golden_number(const golden *g, const char *path);

/* Any HDF5 file: the same, with the handle of H5Fopen. */
int64_t h5_doubles(int64_t file, const char *path, double **out);

#endif
