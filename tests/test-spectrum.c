/* test-spectrum.c - the spread of the catalogue's vectors, whoever holds them. */
#include "mpi/eval/spectrum.h"
#include "base/part.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/ref-ease.h"
#include <stdlib.h>

enum { D = 7 };

/* Vectors that all ranks know, lengths and weights all different; row t of the whole is whole[t * D]. */
static double *whole;
static hl_catalogue share;

typedef double of_number(int text, int k, hl_rng *r);

static void open_catalogue(int texts, of_number *number)
{
    const hl_group *g = check_world();
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 20, (uint32_t)texts);
    share = (hl_catalogue){.texts = texts,
                           .weight = hl_alloc((size_t)texts * sizeof(int)),
                           .begin = (int)hl_part_begin(texts, g->size, g->rank),
                           .mine = (int)hl_part_count(texts, g->size, g->rank)};
    whole = hl_alloc((size_t)(texts * D) * sizeof *whole);
    for (int i = 0; i < texts * D; i++) whole[i] = number(i / D, i % D, &r);
    for (int t = 0; t < texts; t++) share.weight[t] = 1 + t % 3;
    share.vector = hl_alloc((size_t)(share.mine * D) * sizeof *share.vector);
    share.scale = hl_alloc_zero((size_t)share.mine, sizeof *share.scale);
    for (int i = 0; i < share.mine * D; i++) share.vector[i] = (float)whole[share.begin * D + i];
    for (int i = 0; i < share.mine; i++) {
        double squares = 0;
        for (int k = 0; k < D; k++) squares += (double)share.vector[i * D + k] * (double)share.vector[i * D + k];
        share.scale[i] = (float)(1 / sqrt(squares));
    }
}

static hl_spectrum find(void)
{
    hl_spectrum s;
    hl_arena scratch = hl_arena_growing("a test");
    hl_spectrum_find(&s, check_world(), &share, D, &scratch);
    hl_arena_free(&scratch);
    return s;
}

static void close_catalogue(void)
{
    hl_catalogue_close(&share);
    free(whole);
}

static double random_number(int text, int k, hl_rng *r)
{
    return (1 + text) * hl_rng_normal(r) + (k == 2 ? 0.7 * (1 + text) : 0);
}

static hl_spectrum twin(int texts)
{
    double moment[D * D] = {0}, value[D], items = 0, entropy = 0;
    for (int t = 0; t < texts; t++) items += share.weight[t];
    for (int t = 0; t < texts; t++) {
        double squares = 0;
        for (int k = 0; k < D; k++) squares += whole[t * D + k] * whole[t * D + k];
        for (int i = 0; i < D * D; i++)
            moment[i] += share.weight[t] / items * whole[t * D + i / D] * whole[t * D + i % D] / squares;
    }
    ref_eigenvalues(value, moment, D);
    for (int i = 0; i < D; i++) entropy -= value[i] * log(value[i]);
    return (hl_spectrum){exp(entropy), value[D - 1]};
}

static void the_spectrum_is_that_of_the_twin(void)
{
    static const int sizes[] = {20, 700};
    for (int i = 0; i < 2; i++) {
        open_catalogue(sizes[i], random_number);
        hl_spectrum got = find(), want = twin(sizes[i]);
        CHECK_NEAR(got.effective_rank, want.effective_rank, 1e-6);
        CHECK_NEAR(got.first_share, want.first_share, 1e-7);
        close_catalogue();
    }
}

static double same_direction(int text, int k, hl_rng *r)
{
    (void)r;
    return (text % 2 ? -1 : 2) * (k + 1.0);
}

static void vectors_of_one_direction_have_rank_one(void)
{
    open_catalogue(50, same_direction);
    hl_spectrum s = find();
    CHECK_NEAR(s.effective_rank, 1, 1e-5);
    CHECK_NEAR(s.first_share, 1, 1e-6);
    close_catalogue();
}

/* Weights go 1, 2, 3, 1, ...: three rounds of the axes give each axis 6. */
static double one_axis(int text, int k, hl_rng *r)
{
    (void)r;
    return text % D == k ? 3 : 0;
}

static void vectors_along_all_axes_have_full_rank(void)
{
    open_catalogue(3 * D, one_axis);
    hl_spectrum s = find();
    CHECK_NEAR(s.effective_rank, D, 1e-5);
    CHECK_NEAR(s.first_share, 1.0 / D, 1e-6);
    close_catalogue();
}

static double mostly_random(int text, int k, hl_rng *r) { return text == 3 && k == 1 ? NAN : hl_rng_normal(r); }

static void one_vector_that_is_none_has_no_spectrum(void)
{
    open_catalogue(20, mostly_random);
    hl_spectrum s = find();
    CHECK(isnan(s.effective_rank) && isnan(s.first_share));
    close_catalogue();
}

static const test tests[] = {
    {"the spectrum is that of the twin, each item counted", the_spectrum_is_that_of_the_twin},
    {"vectors of one direction have rank one", vectors_of_one_direction_have_rank_one},
    {"vectors along all axes have full rank", vectors_along_all_axes_have_full_rank},
    {"where a vector is not finite there is no spectrum", one_vector_that_is_none_has_no_spectrum},
};
HL_TESTS("spectrum", tests)
