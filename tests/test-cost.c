/* test-cost.c - a step is priced as its acts are, and nobody is faster than what they wait for. */
#include "model/user.h"
#include "step/cost.h"
#include "tests/check.h"
#include "tests/toy.h"
#include <math.h>
#include <stdlib.h>

enum { RANKS = 9 };

static const hl_transformer shape = {.hidden_size = 32,
                                     .intermediate_size = 64,
                                     .num_hidden_layers = 6,
                                     .num_attention_heads = 4,
                                     .num_key_value_heads = 2,
                                     .head_dim = 8,
                                     .vocab_size = 50,
                                     .rms_norm_eps = 1e-5,
                                     .rope_theta = 1e4,
                                     .initializer_range = 0.02};

typedef struct {
    toy t;
    hl_arena arena;
    hl_batch b;
    hl_plan p;
    hl_layout l;
    hl_share share;
    hl_schedule list[RANKS];
    hl_cost cost[RANKS];
    double step;
} job;

static void open_job(job *j, int ranks, const hl_layout_wish *wish, int zero, hl_machine m)
{
    hl_rng r = hl_rng_at(3, HL_FOR_TESTS, 9, 0);
    *j = (job){.arena = hl_arena_growing("job")};
    toy_open(&j->t, 400, 20, 3);
    toy_draw_batch(&j->b, &j->t, 12, 9, 60, &r, &j->arena);
    hl_plan_make(&j->p, &j->b, &j->t.corpus,
                 &(hl_plan_rules){.chunk_tokens = 60, .user_micro_batch_rows = 20, .item_tokens = 1, .dedup = true}, 32,
                 &j->arena);
    CHECK_OK(hl_layout_make(&j->l, ranks, wish));
    hl_share_make(&j->share, &j->l, &j->p, &j->arena);
    j->share.lockstep = zero >= 2;
    for (int rank = 0; rank < ranks; rank++) hl_schedule_make(&j->list[rank], &j->l, &j->p, &j->share, rank, &j->arena);
    const hl_cost_job c = {.layout = &j->l,
                           .plan = &j->p,
                           .share = &j->share,
                           .schedule = j->list,
                           .shape = {&shape, &shape},
                           .item_tokens = 1,
                           .zero = zero,
                           .machine = m};
    j->step = hl_cost_play(j->cost, &c);
}

static void close_job(job *j)
{
    hl_arena_free(&j->arena);
    toy_close(&j->t);
}

static const hl_machine machine = {.flops = 1e9, .memory = 1e9, .wire = 1e9, .latency = 1e-6};
/* Where only operations cost. */
static const hl_machine products_only = {.flops = 1e9, .memory = INFINITY, .wire = INFINITY};

static double sum_of(const hl_cost *c)
{
    double sum = c->begin;
    for (int a = 0; a < HL_ACTS; a++) sum += c->seconds[a];
    return sum;
}

static void seconds_add_up(void)
{
    static const hl_layout_wish wishes[] = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}},
                                            {HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}},
                                            {HL_COLOCATED, {{0, 2, 2}, {0, 1, 3}}},
                                            {HL_HYBRID, {{0, 1, 3}, {1, 2, 1}}},
                                            {HL_SEPARATE, {{0, 2, 2}, {1, 1, 2}}}};
    for (int i = 0; i < 20; i++) {
        job j;
        double last = 0;
        open_job(&j, 6 + i % 4, &wishes[i % 5], i / 5, machine);
        for (int r = 0; r < j.l.ranks; r++) {
            CHECK(fabs(sum_of(&j.cost[r]) - j.cost[r].step) <= 1e-12 * j.cost[r].step + 1e-15);
            CHECK(j.cost[r].waiting >= 0 && j.cost[r].waiting <= j.cost[r].step);
            last = fmax(last, j.cost[r].step);
        }
        CHECK(j.step == last && j.step > 0);
        close_job(&j);
    }
}

/* One rank: micro-batches cost what their tokens do, backward twice as much as forward, and nobody waits. */
static void one_rank_pays_for_operations(void)
{
    job j;
    double cost = 0;
    open_job(&j, 1, &(hl_layout_wish){.kind = HL_COLOCATED}, 0, products_only);
    for (int c = 0; c < j.p.micro_batches; c++) cost += j.p.micro_batch_tokens[c];
    double layers = 5 + hl_transformer_last_cost(&shape, 100),
           seconds = cost * layers * hl_transformer_layer_flop(&shape) / 1e9;
    CHECK_NEAR(j.cost[0].seconds[HL_ITEM_FORWARD], seconds, 1e-9 * seconds);
    CHECK_NEAR(j.cost[0].seconds[HL_ITEM_BACKWARD], 2 * seconds, 1e-9 * seconds);
    CHECK(j.cost[0].waiting == 0);
    close_job(&j);
}

/* What all ranks do is the same whatever the layout; who waits and who sends is not. */
static void work_does_not_depend_on_the_layout(void)
{
    job one, many;
    open_job(&one, 1, &(hl_layout_wish){.kind = HL_COLOCATED}, 0, products_only);
    double work = one.step;
    for (int k = 0; k < 4; k++) {
        static const hl_layout_wish wishes[] = {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}},
                                                {HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}},
                                                {HL_COLOCATED, {{0, 1, 2}, {0, 1, 1}}},
                                                {HL_HYBRID, {{0, 2, 1}, {1, 1, 1}}}};
        double busy = 0, loss = 0;
        open_job(&many, 4, &wishes[k], 0, products_only);
        for (int r = 0; r < 4; r++) {
            busy += many.cost[r].step - many.cost[r].waiting - many.cost[r].seconds[HL_LOSS];
            loss = fmax(loss, many.cost[r].seconds[HL_LOSS]);
        }
        CHECK_NEAR(busy / (work - one.cost[0].seconds[HL_LOSS]), 1, 0.02);
        CHECK(many.step >= 0.98 * work / 4 && many.step <= work + loss);
        close_job(&many);
    }
    close_job(&one);
}

/* A pipeline of P stages and n micro-batches takes (n + P - 1) / n as long as its work on P ranks, each way: the
 * bubble. */
static void a_pipeline_has_a_bubble(void)
{
    job j;
    open_job(&j, 3, &(hl_layout_wish){HL_COLOCATED, {{1, 1, 3}, {1, 1, 1}}}, 0, products_only);
    double longest = 0, waiting = j.cost[0].waiting;
    for (int r = 0; r < 3; r++) longest = fmax(longest, j.cost[r].step - j.cost[r].waiting);
    CHECK(j.step > longest);
    CHECK(waiting > 0 && waiting < j.step / 2);
    close_job(&j);
}

/* Seconds to give rows on a machine where only the wire costs: bytes of a rank a byte a second, of p ranks (p - 1) / p.
 * Nobody waits in it, since nothing else takes time but the ways before it, which all ranks go together. */
static double give_rows(double *back, double *row_bytes, int ranks, hl_layout_kind kind, int users)
{
    static const hl_machine wire_only = {.flops = INFINITY, .memory = INFINITY, .wire = 1};
    const hl_layout_wish wish = {kind, {{0, 1, 1}, {users, 1, 1}}};
    job j;
    open_job(&j, ranks, &wish, 0, wire_only);
    const double seconds = j.cost[0].seconds[HL_GIVE_ROWS] * ranks / (ranks - 1);
    *back = j.cost[0].seconds[HL_RETURN_ROWS] * ranks / (ranks - 1);
    *row_bytes = (double)j.p.rows * shape.hidden_size * sizeof(float);
    close_job(&j);
    return seconds;
}

/* One user replica sends all rows, with their targets, to each of seven item ranks, and gets a gradient from each;
 * where every rank has some rows it is what all get that takes longest, unless shares are uneven. */
static void rows_take_as_long_as_their_holder_sends(void)
{
    double back, bytes;
    const double one = give_rows(&back, &bytes, 8, HL_SEPARATE, 1);
    CHECK_NEAR(one, 7 * 2 * bytes, 1e-9 * one);
    CHECK_NEAR(back, 7 * bytes, 1e-9 * back);
    const double four = give_rows(&back, &bytes, 8, HL_SEPARATE, 4);
    CHECK(four >= 2 * bytes * (1 - 1e-9) && four <= one / 2);
    CHECK_NEAR(back, four / 2, 1e-9 * four);
    const double all = give_rows(&back, &bytes, 1 + 1, HL_COLOCATED, 2);
    CHECK(all >= 2 * bytes * (1 - 1e-9) && all <= 2 * 2 * bytes);
}

/* ---- noise */

static const hl_noise noise = {
    .n = 3, .ranks = 2, .seconds = {1e-4, 1e-2, 1}, .share = {0.08, 0.04, 0.01}, .most = {0.3, 0.2, 0.015}};

static void the_slowest_is_late_by_what_was_measured(void)
{
    for (int i = 0; i < noise.n; i++) CHECK_NEAR(hl_noise_share(&noise, noise.seconds[i], 2), noise.share[i], 1e-12);
    CHECK_NEAR(hl_noise_share(&noise, 1e-3, 2), sqrt(0.08 * 0.04), 1e-12);
    CHECK_NEAR(hl_noise_share(&noise, 1e-5, 2), 0.08, 1e-12);
    CHECK_NEAR(hl_noise_share(&noise, 100, 2), 0.01 / 4, 1e-12); /* as from 0.04 to 0.01 */
}

static void more_ranks_are_later_but_not_than_the_latest(void)
{
    double former = 0;
    for (int p = 1; p <= 64; p *= 2) {
        const double share = hl_noise_share(&noise, 1e-4, p);
        CHECK(p == 1 ? share == 0 : share > former || share == 0.3);
        former = share;
    }
    CHECK_NEAR(hl_noise_share(&noise, 1, 1 << 20), 0.015, 1e-12);
    CHECK(hl_noise_share(&(hl_noise){0}, 1, 8) == 0);
}

static double step_of(int ranks, const hl_layout_wish *wish, int zero, const hl_noise *with)
{
    job j;
    hl_machine m = products_only;
    m.noise = *with;
    open_job(&j, ranks, wish, zero, m);
    const double step = j.step;
    close_job(&j);
    return step;
}

/* A flat curve, so that it does not matter how long ranks are apart. */
static void ranks_that_meet_in_each_layer_wait_for_all_of_it(void)
{
    static const hl_noise none = {0}, flat = {.n = 1, .ranks = 2, .seconds = {1}, .share = {0.1}, .most = {1}};
    const hl_layout_wish apart = {HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}},
                         layers = {HL_COLOCATED, {{1, 2, 1}, {1, 2, 1}}};
    CHECK(step_of(1, &apart, 0, &flat) == step_of(1, &apart, 0, &none));
    for (int zero = 0; zero <= 3; zero++) {
        const double later = step_of(2, &apart, zero, &flat) / step_of(2, &apart, zero, &none);
        CHECK(later > 1 && later <= 1.21);
    }
    const double later = step_of(2, &layers, 0, &flat) / step_of(2, &layers, 0, &none);
    CHECK(later > 1.09 && later < 1.11); /* but for what replicas of one rank do */
}

/* ---- messages within nodes and between them */

/* A second a byte, times so much. */
static void set_wire(hl_machine *m, hl_wire_level level, double times)
{
    m->has_ranks = true;
    for (int i = 0; i < HL_TOGETHERS; i++)
        m->fit.together[level][i] =
            (hl_together_curve){.n = 2, .rounds = 1, .sent = {1, 1e9}, .seconds = {times, 1e9 * times}};
}

static void ask_costs(double seconds[HL_ACTS], hl_machine m, int ranks_per_node)
{
    job j;
    m.ranks_per_node = ranks_per_node;
    open_job(&j, 4, &(hl_layout_wish){HL_COLOCATED, {{2, 2, 1}, {2, 2, 1}}}, 0, m);
    for (int a = 0; a < HL_ACTS; a++) seconds[a] = j.cost[0].seconds[a];
    close_job(&j);
}

/* Two replicas of two ranks a stage: a node has a replica, so its ranks' sums stay within it and those of replicas do
 * not. */
static void messages_are_those_of_their_ranks_level(void)
{
    hl_machine both = {.flops = INFINITY, .memory = INFINITY};
    double one[HL_ACTS], two[HL_ACTS], each[HL_ACTS];
    set_wire(&both, HL_WIRE_NODE, 1);
    set_wire(&both, HL_WIRE_NETWORK, 10);
    ask_costs(one, both, 0);
    ask_costs(two, both, 2);
    ask_costs(each, both, 1);
    CHECK(one[HL_ITEM_FORWARD] > 0 && one[HL_SUM_ITEM] > 0);
    CHECK_NEAR(two[HL_ITEM_FORWARD] / one[HL_ITEM_FORWARD], 1, 1e-9);
    CHECK_NEAR(each[HL_ITEM_FORWARD] / one[HL_ITEM_FORWARD], 10, 1e-9);
    CHECK_NEAR(two[HL_SUM_ITEM] / one[HL_SUM_ITEM], 10, 1e-9);
    CHECK_NEAR(two[HL_TALLY] / one[HL_TALLY], 10, 1e-9);
}

static void a_level_that_is_not_known_is_like_the_other(void)
{
    for (int known = 0; known < HL_WIRE_LEVELS; known++) {
        hl_machine m = {.flops = INFINITY, .memory = INFINITY};
        double one[HL_ACTS], each[HL_ACTS];
        set_wire(&m, (hl_wire_level)known, 3);
        CHECK(hl_machine_knows(&m, (hl_wire_level)known) && !hl_machine_knows(&m, (hl_wire_level)(1 - known)));
        ask_costs(one, m, 0);
        ask_costs(each, m, 1);
        for (int a = 0; a < HL_ACTS; a++) CHECK(one[a] == each[a]);
    }
}

static void zero_divides_what_is_held(void)
{
    double former = INFINITY;
    for (int zero = 0; zero <= 3; zero++) {
        job j;
        open_job(&j, 4, &(hl_layout_wish){.kind = HL_COLOCATED}, zero, machine);
        const hl_cost_job c = {.layout = &j.l,
                               .plan = &j.p,
                               .share = &j.share,
                               .schedule = j.list,
                               .shape = {&shape, &shape},
                               .item_tokens = 1,
                               .zero = zero,
                               .machine = machine};
        hl_stage_params shares[HL_SIDES];
        for (hl_side i = 0; i < HL_SIDES; i++) hl_stage_params_open(&shares[i], &j.l, i, &shape, 1);
        double bytes = hl_cost_state_bytes(&c, shares, 1);
        for (hl_side i = 0; i < HL_SIDES; i++) hl_stage_params_close(&shares[i]);
        CHECK(bytes < 0.95 * former);
        former = bytes;
        close_job(&j);
    }
}

/* Half of a table of 1000 items, and 9 other numbers. */
static void a_table_has_gradients_of_the_rows_of_a_step(void)
{
    enum { WIDTH = 8, MINE = 500, OTHER = 9 };
    static const struct {
        int texts, rows;
    } cases[] = {{0, 0}, {1, 1}, {100, 50}, {1000, MINE}, {5000, MINE}};
    hl_params t = {0};
    hl_params_add_cut(&t, &(hl_param_name){"table", "table", -1, 1}, 2, (int64_t[]){1000, WIDTH, 0}, 0,
                      &(hl_cut){0, MINE, 0, MINE})
        ->row_sparse = true;
    hl_params_add(&t, "other", 1, (int64_t[]){OTHER}, true);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int waiting = 0; waiting < 3; waiting++) {
            const hl_zero_state s = hl_zero_state_of(&t, 0, 1, 0, waiting, cases[i].texts, false);
            const size_t gradients = (size_t)cases[i].rows * WIDTH + OTHER;
            CHECK(s.gradients == gradients && s.waiting == gradients * (size_t)waiting);
            CHECK(s.weights == t.count && s.moments == t.count);
        }
    hl_params_free(&t);
}

/* Pairs of a token and a key that it sees, one by one: of its run of L tokens the last `window`. */
static double count_pairs(int L, int window, bool last_only)
{
    double n = 0;
    for (int q = last_only ? L - 1 : 0; q < L; q++)
        for (int k = 0; k <= q; k++) n += !window || q - k < window;
    return n;
}

/* The pairs that a window leaves out in the layers from window_from on, of which the last may be read out at the last
 * tokens alone. */
static double pairs_left_out(const hl_pack *p, const hl_transformer *narrow)
{
    double n = 0;
    for (int layer = narrow->window_from; layer < narrow->num_hidden_layers; layer++) {
        const bool few = p->last_only && layer == narrow->num_hidden_layers - 1;
        const int window = narrow->sliding_window;
        if (!few) n += count_pairs(p->prefix, 0, false) - count_pairs(p->prefix, window, false);
        for (int i = 0; i < p->segments; i++) {
            const int L = p->begin[i + 1] - p->begin[i];
            n += count_pairs(L, 0, few) - count_pairs(L, window, few);
        }
    }
    return n;
}

static double flop_of(const hl_transformer *s, const hl_pack *p)
{
    hl_user_model m;
    hl_user_open(&m, s, &(hl_stack_settings){.positions = 80}, &hl_alone);
    const hl_work work = hl_stack_work(&m.stack, p);
    const double flop = hl_work_flop(&work);
    hl_user_close(&m);
    return flop;
}

/* Products of all tokens, and pairs of a token with a key of its run or of the prefix. */
static void all_layers_cost_what_they_multiply(void)
{
    static const int begin[] = {0, 7, 8, 20, 60};
    const hl_pack p = {.T = 60, .segments = 3, .begin = begin + 1, .prefix = 7};
    const double pairs = count_pairs(7, 0, false) + count_pairs(1, 0, false) + count_pairs(12, 0, false)
                         + count_pairs(40, 0, false) + 53 * 7;
    const double layer =
        60 * hl_transformer_layer_flop(&shape) + 4 * pairs * shape.num_attention_heads * shape.head_dim;
    CHECK_NEAR(flop_of(&shape, &p), shape.num_hidden_layers * layer, 0);
}

/* Segments of 1, 12 and 40 tokens, without and with a prefix of 7, which is a run of its own. */
static void attention_costs_the_keys_that_are_seen(void)
{
    static const int windows[] = {1, 9, 40, 70}, plain[] = {0, 1, 13, 53}, after[] = {0, 7, 8, 20, 60};
    for (int trial = 0; trial < 4 * 2 * 2; trial++) {
        const bool has_prefix = trial % 2;
        const hl_pack pack = {.T = has_prefix ? 60 : 53,
                              .segments = 3,
                              .begin = has_prefix ? after + 1 : plain,
                              .last_only = trial / 2 % 2,
                              .prefix = has_prefix ? 7 : 0};
        hl_transformer narrow = shape;
        narrow.sliding_window = windows[trial / 4];
        narrow.window_from = 2;
        CHECK_NEAR(flop_of(&shape, &pack) - flop_of(&narrow, &pack),
                   4 * pairs_left_out(&pack, &narrow) * shape.num_attention_heads * shape.head_dim, 0);
    }
}

static const test tests[] = {
    {"seconds add up", seconds_add_up},
    {"one rank pays for operations", one_rank_pays_for_operations},
    {"work does not depend on the layout", work_does_not_depend_on_the_layout},
    {"a pipeline has a bubble", a_pipeline_has_a_bubble},
    {"rows take as long as their holder sends", rows_take_as_long_as_their_holder_sends},
    {"the slowest is late by what was measured", the_slowest_is_late_by_what_was_measured},
    {"more ranks are later but not than the latest", more_ranks_are_later_but_not_than_the_latest},
    {"ranks that meet in each layer wait for all of it", ranks_that_meet_in_each_layer_wait_for_all_of_it},
    {"messages are those of their ranks' level", messages_are_those_of_their_ranks_level},
    {"a level that is not known is like the other", a_level_that_is_not_known_is_like_the_other},
    {"zero divides what is held", zero_divides_what_is_held},
    {"a table has gradients of the rows of a step", a_table_has_gradients_of_the_rows_of_a_step},
    {"all layers cost what they multiply", all_layers_cost_what_they_multiply},
    {"attention costs the keys that are seen", attention_costs_the_keys_that_are_seen},
};
HL_TESTS("cost", tests)
