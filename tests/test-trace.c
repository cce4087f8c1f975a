/* test-trace.c - a trace says what each rank did, when, and how long it waited for others. */
#include "app/bench/trace-file.h"
#include "base/clock.h"
#include "base/path.h"
#include "mpi/train/step.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- clocks and waits */

static double late_clock(void) { return hl_seconds() + 1000.0 * check_world()->rank; }

static void a_clock_is_known_within_its_bound(void)
{
    hl_clock_offset c;
    hl_clocks_compare(&c, check_world(), late_clock);
    CHECK(c.bound >= 0 && c.bound < 60);
    CHECK_NEAR(c.offset, -1000.0 * check_world()->rank, c.bound + 1e-9);
}

/* All ranks are on one machine here. */
static void what_may_be_the_same_clock_is_the_same(void)
{
    hl_clock_offset c;
    hl_clocks_compare(&c, check_world(), hl_seconds);
    CHECK(c.offset == 0);
}

/* The first comes late; of the others one at the least was there in time. */
static void who_waits_for_a_late_rank_has_waited(void)
{
    hl_group_barrier(check_world());
    const double began = hl_seconds(), before = hl_group_waited();
    if (check_world()->rank == 0) nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    hl_group_barrier(check_world());
    const double waited = hl_group_waited() - before;
    CHECK(waited >= 0 && waited <= hl_seconds() - began);
    const double most = hl_group_max(check_world(), check_world()->rank > 0 ? waited : 0);
    CHECK(most > 0.1 || check_world()->size == 1);
}

/* ---- a step */

enum { ITEMS = 60, USERS = 37, S = 4, LONGEST = 6, MOST_ITEMS = 9, SAMPLES = 8 };

static const hl_transformer shape = {.hidden_size = 16,
                                     .intermediate_size = 24,
                                     .num_hidden_layers = 2,
                                     .num_attention_heads = 4,
                                     .num_key_value_heads = 4,
                                     .head_dim = 4,
                                     .vocab_size = 64,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.1};

typedef struct {
    toy t;
    hl_job j;
    hl_arena arena;
    hl_batch batch;
} world;

static void world_open(world *w)
{
    const int p = check_world()->size;
    const hl_layout_wish wish = {HL_COLOCATED, {{0, 1, p > 1 ? 2 : 1}, {0, 1, 1}}};
    hl_layout layout;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40, .user_micro_batch_rows = 8, .item_tokens = 1},
                                   .nce_thres = 0.999f,
                                   .activation_budget = -1,
                                   .for_training = true,
                                   .longest_text = LONGEST,
                                   .longest_history = S};
    *w = (world){.arena = hl_arena_growing("a batch")};
    toy_open(&w->t, ITEMS, LONGEST, 5);
    toy_draw_users(&w->t, USERS, MOST_ITEMS, 6);
    CHECK_OK(hl_layout_make(&layout, p, &wish));
    w->j.world = check_world();
    snprintf(w->j.layout, sizeof w->j.layout, "a layout");
    hl_mesh_open(&w->j.mesh, check_world(), &layout);
    hl_engine_open(&w->j.engine, &w->j.mesh, &w->t.corpus, &shape, &shape, &rules);
    hl_sharding_init(&w->j.engine.sharding[HL_ITEM], 3);
    hl_sharding_init(&w->j.engine.sharding[HL_USER], 4);
    hl_rng rng = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    toy_draw_batch(&w->batch, &w->t, SAMPLES, S, 40, &rng, &w->arena);
}

static void world_close(world *w)
{
    hl_engine_close(&w->j.engine);
    hl_mesh_close(&w->j.mesh);
    toy_close(&w->t);
    hl_arena_free(&w->arena);
}

static void step(hl_trace *t, hl_step_report *r, world *w)
{
    const hl_step_orders orders = {.learning_rate = 1e-3, .update = true, .trace = t};
    CHECK_OK(hl_step_run(r, &w->j.engine, &w->batch, &orders));
}

static void acts_are_in_order_and_add_up_to_the_report(void)
{
    world w;
    hl_trace t = {0};
    hl_step_report r;
    double own[HL_ACTS + 1] = {0};
    world_open(&w);
    step(&t, &r, &w);
    CHECK(t.n > 5 && t.at[0].act == HL_ACTS && t.at[t.n - 1].act == HL_UPDATE);
    for (int i = 0; i < t.n; i++) {
        const hl_trace_event *e = &t.at[i];
        own[e->act] += e->end - e->begin;
        CHECK(e->end >= e->begin && (i == 0 || e->begin >= t.at[i - 1].end));
        CHECK(e->waited >= 0 && e->waited <= e->end - e->begin);
    }
    for (int a = 0; a < HL_ACTS; a++) CHECK_NEAR(own[a], r.own[a], 1e-9);
    CHECK(t.at[t.n - 1].end - t.at[0].begin <= r.seconds);
    free(t.at);
    world_close(&w);
}

/* ---- the file */

static double number(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

/* Every rank counts its own in the file that the first has written. */
static void count_mine(const char *path, const hl_trace *t)
{
    json_t *file = json_load_file(path, JSON_REJECT_DUPLICATES, NULL), *e;
    size_t i;
    int mine = 0;
    CHECK(file != NULL);
    json_array_foreach(json_object_get(file, "traceEvents"), i, e)
    {
        if (strcmp(json_string_value(json_object_get(e, "ph")), "X") != 0
            || (int)number(e, "tid") != check_world()->rank)
            continue;
        if (mine < t->n) {
            const hl_trace_event *o = &t->at[mine];
            CHECK(strcmp(json_string_value(json_object_get(e, "name")), hl_trace_name(o->act)) == 0);
            CHECK_NEAR(number(e, "ts"), (o->begin - t->at[0].begin) * 1e6 + 500, 1e-3);
            CHECK_NEAR(number(e, "dur"), (o->end - o->begin) * 1e6, 1e-3);
        }
        mine++;
    }
    CHECK(mine == t->n);
    json_decref(file);
}

static void the_file_has_every_act_of_every_rank(void)
{
    world w;
    hl_trace t = {0};
    hl_step_report r;
    char path[PATH_MAX];
    world_open(&w);
    step(&t, &r, &w);
    hl_path(path, "%s/trace.json", check_folder());
    hl_group_broadcast(check_world(), path, sizeof path, 0);
    const hl_clock_offset clock = {.offset = 500e-6 - t.at[0].begin}; /* each rank's first act begins at 500 */
    CHECK_OK(hl_trace_file(path, &t, &clock, 0, &w.j));
    count_mine(path, &t);
    free(t.at);
    world_close(&w);
}

static void a_file_that_cannot_be_made_is_said_by_all(void)
{
    world w;
    hl_trace t = {0};
    hl_step_report r;
    const hl_clock_offset clock = {0};
    world_open(&w);
    step(&t, &r, &w);
    CHECK_FAILS(hl_trace_file("/nowhere/trace.json", &t, &clock, 0, &w.j), HL_ESTORE, "/nowhere/trace.json");
    free(t.at);
    world_close(&w);
}

static const test tests[] = {
    {"a clock is known within its bound", a_clock_is_known_within_its_bound},
    {"what may be the same clock is the same", what_may_be_the_same_clock_is_the_same},
    {"who waits for a late rank has waited", who_waits_for_a_late_rank_has_waited},
    {"acts are in order, and add up to the report", acts_are_in_order_and_add_up_to_the_report},
    {"the file has every act of every rank", the_file_has_every_act_of_every_rank},
    {"a file that cannot be made is said by all", a_file_that_cannot_be_made_is_said_by_all},
};
HL_TESTS("trace", tests)
