/* test-bench.c - a measurement is everybody's, and figures are shown as they are. */
#include "base/arena.h"
#include "app/bench/bench-show.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>
#include <time.h>

static hl_meter quick(void) { return (hl_meter){.ranks = check_world(), .quick = true}; }

/* An act that the last rank is slow at, and that counts. */
static void dawdle(void *self)
{
    bool is_last = check_world()->rank == check_world()->size - 1;
    ++*(int64_t *)self;
    if (is_last) nanosleep(&(struct timespec){.tv_nsec = 3000000}, NULL);
}

static void the_slowest_rank_counts(void)
{
    const hl_meter m = quick();
    int64_t calls = 0;
    double seconds = hl_meter_seconds(&m, dawdle, &calls);
    CHECK(seconds >= 0.003 && seconds < 60);
    CHECK_NEAR(hl_group_max(check_world(), seconds), seconds, 0);
}

/* A collective would hang otherwise. */
static void everyone_calls_equally_often(void)
{
    const hl_meter m = quick();
    int64_t calls = 0;
    hl_meter_seconds(&m, dawdle, &calls);
    CHECK(calls >= 5);
    CHECK_NEAR(hl_group_max(check_world(), (double)calls), (double)calls, 0);
}

static void count(void *self) { ++*(int64_t *)self; }

static void what_is_too_short_for_a_clock_is_called_often(void)
{
    const hl_meter m = quick();
    int64_t calls = 0;
    double seconds = hl_meter_seconds(&m, count, &calls);
    CHECK(calls > 1000);
    CHECK(seconds > 0 && seconds < 1e-3);
}

static void rates_are_everybodys(void)
{
    const hl_meter m = quick();
    const hl_peaks peaks = hl_meter_peaks(&m);
    const double rates[] = {peaks.gemm, peaks.stream.triad, peaks.stream.update,
                            hl_meter_products(&m, &hl_meter_shapes[0]), hl_meter_attention(&m, &hl_meter_shapes[0])};
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        CHECK(rates[i] > 0 && isfinite(rates[i]));
        CHECK_NEAR(hl_group_max(check_world(), rates[i]), rates[i], 0);
    }
    CHECK(hl_stream_best(&peaks.stream) >= peaks.stream.triad && hl_stream_best(&peaks.stream) >= peaks.stream.update);
}

static void one_rank_has_no_wire(void)
{
    const hl_meter m = quick();
    const hl_wire wire = hl_meter_wire(&m);
    bool is_alone = check_world()->size == 1;
    CHECK((wire.latency == 0) == is_alone && (wire.bandwidth == 0) == is_alone);
    CHECK(wire.latency >= 0 && wire.bandwidth >= 0 && isfinite(wire.bandwidth));
}

/* ---- showing */

static json_t *some_figures(void)
{
    return json_pack("{s:i, s:s, s:[{s:s, s:f, s:n}, {s:s, s:f, s:i}]}", "ranks", 3, "math", "slow", "kernels",
                     "kernel", "add", "gbs", 12.3456, "gflops", "kernel", "multiply", "gbs", 0.5, "gflops", 7);
}

static char *shown(const json_t *figures, bool json)
{
    char *text;
    size_t n;
    FILE *out = open_memstream(&text, &n);
    hl_bench_show(figures, out, json);
    fclose(out);
    return text;
}

static void people_get_lines_and_tables(void)
{
    json_t *figures = some_figures();
    char *text = shown(figures, false);
    CHECK(strcmp(text, "ranks                  3\n"
                       "math                   slow\n"
                       "\n"
                       "kernels\n"
                       "kernel                          gbs       gflops \n"
                       "add                           12.35            - \n"
                       "multiply                        0.5            7 \n")
          == 0);
    free(text);
    json_decref(figures);
}

static void machines_get_the_same(void)
{
    json_t *figures = some_figures();
    char *text = shown(figures, true);
    json_t *again = json_loads(text, 0, NULL);
    CHECK(again && json_equal(again, figures));
    json_decref(again);
    free(text);
    json_decref(figures);
}

static const test tests[] = {
    {"the slowest rank counts", the_slowest_rank_counts},
    {"everyone calls equally often", everyone_calls_equally_often},
    {"what is too short for a clock is called often", what_is_too_short_for_a_clock_is_called_often},
    {"rates are everybody's", rates_are_everybodys},
    {"one rank has no wire", one_rank_has_no_wire},
    {"people get lines and tables", people_get_lines_and_tables},
    {"machines get the same", machines_get_the_same},
};
HL_TESTS("bench", tests)
