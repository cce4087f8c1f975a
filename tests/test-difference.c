/* test-difference.c - a ledger is read back as it was written, and where two differ is found. */
#include "app/train/difference.h"
#include "io/record/record.h"
#include "tests/check.h"
#include <limits.h>
#include <string.h>

enum { TENSORS = 3 };
static const char *const names[TENSORS] = {"a", "b", "c"};
static char path[PATH_MAX];

static const char *file_of(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

static hl_sketch sketch_of(uint64_t digest, double norm)
{
    hl_sketch s = {.digest = digest, .norm = norm};
    for (int j = 0; j < HL_PROJECTIONS; j++) s.projection[j] = norm / 3 * (j - 1.5);
    return s;
}

static void write_step(hl_record *r, int64_t step, double loss)
{
    hl_record_begin(r, "ledger");
    hl_record_int(r, "step", step);
    hl_record_number(r, "loss", loss);
    hl_record_digest(r, "loss_bits", (uint64_t)step + 100);
    hl_record_digest(r, "gradients", 2);
    hl_record_digest(r, "weights", 3);
    for (int k = 0; k < TENSORS; k++) {
        const hl_sketch g = sketch_of(0xf000000000000000u + (uint64_t)k, 0.1 * (k + 1)),
                        w = sketch_of((uint64_t)k, k == 2 ? NAN : 1);
        hl_record_sketch(r, names[k], "gradient", &g);
        hl_record_sketch(r, names[k], "weight", &w);
    }
    CHECK_OK(hl_record_end(r));
}

/* Two run lines, steps 1, 2 and 3, and this text behind. */
static void write_ledger(const char *name, const char *behind)
{
    hl_record *r;
    remove(file_of(name));
    CHECK_OK(hl_record_open(&r, path, 0, NULL));
    CHECK_OK(hl_record_run(r, &(hl_record_facts){.ranks = 1}));
    write_step(r, 1, 0.1);
    write_step(r, 2, NAN);
    CHECK_OK(hl_record_run(r, &(hl_record_facts){.ranks = 2}));
    write_step(r, 3, 1.0 / 3);
    hl_record_close(r);
    FILE *f = fopen(path, "a");
    fputs(behind, f);
    fclose(f);
}

static bool same_sketch(const hl_sketch *a, hl_sketch b)
{
    bool same = a->digest == b.digest && (a->norm == b.norm || (isnan(a->norm) && isnan(b.norm)));
    for (int j = 0; j < HL_PROJECTIONS; j++)
        same = same && (a->projection[j] == b.projection[j] || (isnan(a->projection[j]) && isnan(b.projection[j])));
    return same;
}

static void a_ledger_is_read_as_it_was_written(void)
{
    hl_ledger_reader *r;
    const hl_ledger_line *l;
    write_ledger("whole", "{\"kind\":\"ledger\",\"st"); /* the last line is torn */
    CHECK_OK(hl_ledger_reader_open(&r, path));
    for (int step = 1; step <= 3; step++) {
        if (!CHECK_OK(hl_ledger_reader_next(&l, r)) || !l) continue;
        CHECK(l->step == step && l->n == TENSORS && l->loss_bits == (uint64_t)step + 100 && l->gradients == 2
              && l->weights == 3);
        CHECK(step == 2 ? isnan(l->loss) : l->loss == (step == 1 ? 0.1 : 1.0 / 3));
        for (int k = 0; k < l->n; k++) {
            CHECK(strcmp(l->tensor[k].name, names[k]) == 0);
            CHECK(same_sketch(&l->tensor[k].gradient, sketch_of(0xf000000000000000u + (uint64_t)k, 0.1 * (k + 1))));
            CHECK(same_sketch(&l->tensor[k].weight, sketch_of((uint64_t)k, k == 2 ? NAN : 1)));
        }
        CHECK(json_integer_value(json_object_get(hl_ledger_reader_run(r), "ranks")) == (step < 3 ? 1 : 2));
    }
    CHECK_OK(hl_ledger_reader_next(&l, r));
    CHECK(!l);
    hl_ledger_reader_close(r);
}

static void what_is_no_ledger_is_refused(void)
{
    static const struct {
        const char *behind, *words;
    } bad[] = {
        {"hello\n", "line 6 is not a JSON object"},
        {"[1]\n", "line 6 is not a JSON object"},
        {"{\"kind\":\"step\",\"step\":4}\n", "line 6 is neither a run nor a step"},
        {"{\"kind\":\"run\",\"schema\":99}\n", "line 6: written in schema 99"},
        {"{\"kind\":\"ledger\",\"step\":3}\n", "line 6 is not of a later step"},
        {"{\"kind\":\"ledger\",\"step\":4}\n", "line 6 lacks what a step leaves"},
        {"{\"kind\":\"ledger\",\"step\":4,\"loss\":1,\"loss_bits\":\"0\",\"gradients\":\"0000000000000000\","
         "\"weights\":\"0000000000000000\",\"tensors\":{}}\n",
         "line 6 lacks"},
    };
    hl_ledger_reader *r;
    const hl_ledger_line *l;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_ledger("bad", bad[i].behind);
        CHECK_OK(hl_ledger_reader_open(&r, path));
        for (int k = 0; k < 3; k++) CHECK_OK(hl_ledger_reader_next(&l, r));
        CHECK_FAILS(hl_ledger_reader_next(&l, r), HL_EFORMAT, bad[i].words);
        hl_ledger_reader_close(r);
    }
    CHECK_FAILS(hl_ledger_reader_open(&r, check_folder()), HL_EFORMAT, "ledger.jsonl: cannot be opened");
    hl_ledger_reader_close(r);
    hl_ledger_reader_close(NULL);
}

/* A line with norms of 1, and its own copy of the tensors. */
static void make_line(hl_ledger_line *l, hl_ledger_tensor tensor[TENSORS])
{
    *l = (hl_ledger_line){.step = 1, .loss = 2, .loss_bits = 7, .n = TENSORS, .tensor = tensor};
    for (int k = 0; k < TENSORS; k++)
        tensor[k] =
            (hl_ledger_tensor){names[k], {.digest = (uint64_t)k, .norm = 1}, {.digest = (uint64_t)k + 50, .norm = 1}};
}

static void move(hl_sketch *s, double by)
{
    s->digest++;
    s->projection[1] += by;
}

static void differences_are_found_and_measured(void)
{
    hl_ledger_line a, b;
    hl_ledger_tensor at[TENSORS], bt[TENSORS];
    make_line(&a, at);
    make_line(&b, bt);
    for (int p = 0; p < HL_IN_PHASES; p++) CHECK(hl_difference_in((hl_in_phase)p, &a, &b, -1).differ == 0);
    move(&bt[1].gradient, 0.01);
    move(&bt[2].gradient, 0.25);
    move(&bt[0].weight, 0);
    hl_difference d = hl_difference_in(HL_IN_GRADIENTS, &a, &b, -1);
    CHECK(d.tensors == 3 && d.differ == 2 && strcmp(d.first, "b") == 0 && strcmp(d.largest, "c") == 0 && !d.close);
    CHECK_NEAR(d.first_by, 0.01, 1e-15);
    CHECK_NEAR(d.largest_by, 0.25, 1e-15);
    d = hl_difference_in(HL_IN_GRADIENTS, &a, &b, 0.1);
    CHECK(d.differ == 1 && strcmp(d.first, "c") == 0 && strcmp(d.close, "b") == 0);
    CHECK_NEAR(d.close_by, 0.01, 1e-15);
    d = hl_difference_in(HL_IN_WEIGHTS, &a, &b, -1);
    CHECK(d.differ == 1 && strcmp(d.first, "a") == 0 && d.first_by == 0);
    CHECK(hl_difference_in(HL_IN_WEIGHTS, &a, &b, 0).differ == 0);
    bt[0].weight.norm = NAN;
    CHECK(hl_difference_in(HL_IN_WEIGHTS, &a, &b, 1e30).differ == 1);
}

static void the_loss_is_compared_by_bits_and_by_size(void)
{
    hl_ledger_line a, b;
    hl_ledger_tensor at[TENSORS], bt[TENSORS];
    make_line(&a, at);
    make_line(&b, bt);
    b.loss = 2.5, b.loss_bits = 8;
    CHECK_NEAR(hl_difference_in(HL_IN_LOSS, &a, &b, -1).first_by, 0.2, 1e-15);
    CHECK(hl_difference_in(HL_IN_LOSS, &a, &b, 0.19).differ == 1);
    hl_difference d = hl_difference_in(HL_IN_LOSS, &a, &b, 0.21);
    CHECK(d.differ == 0 && d.close_by > 0.19);
    b.loss = NAN;
    CHECK(hl_difference_in(HL_IN_LOSS, &a, &b, 1e30).differ == 1);
}

static void a_missing_tensor_is_a_difference(void)
{
    hl_ledger_line a, b;
    hl_ledger_tensor at[TENSORS], bt[TENSORS];
    make_line(&a, at);
    make_line(&b, bt);
    a.n = 2;
    hl_difference d = hl_difference_in(HL_IN_WEIGHTS, &a, &b, 1);
    CHECK(d.tensors == 3 && d.differ == 1 && strcmp(d.first, "c") == 0 && isinf(d.first_by));
    d = hl_difference_in(HL_IN_WEIGHTS, &b, &a, 1);
    CHECK(d.tensors == 3 && d.differ == 1 && strcmp(d.first, "c") == 0 && isinf(d.first_by));
    hl_ledger_tensor swap = bt[0]; /* another order is none */
    bt[0] = bt[2], bt[2] = swap, a.n = 3;
    CHECK(hl_difference_in(HL_IN_WEIGHTS, &a, &b, -1).differ == 0);
}

static const test tests[] = {
    {"a ledger is read as it was written", a_ledger_is_read_as_it_was_written},
    {"what is no ledger is refused", what_is_no_ledger_is_refused},
    {"differences are found and measured", differences_are_found_and_measured},
    {"the loss is compared by bits and by size", the_loss_is_compared_by_bits_and_by_size},
    {"a missing tensor is a difference", a_missing_tensor_is_a_difference},
};
HL_TESTS("difference", tests)
