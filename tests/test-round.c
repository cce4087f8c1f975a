/* test-round.c - a checkpoint goes round layouts and comes back as it was, to the last bit. */
#include "io/checkpoint/checkpoint.h"
#include "mpi/train/engine.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static const hl_transformer item = {.hidden_size = 24,
                                    .intermediate_size = 40,
                                    .num_hidden_layers = 4,
                                    .num_attention_heads = 6,
                                    .num_key_value_heads = 2,
                                    .head_dim = 4,
                                    .vocab_size = 31,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.02};
static const hl_transformer user = {.hidden_size = 24,
                                    .intermediate_size = 17,
                                    .num_hidden_layers = 3,
                                    .num_attention_heads = 3,
                                    .num_key_value_heads = 3,
                                    .head_dim = 8,
                                    .vocab_size = 31,
                                    .rms_norm_eps = 1e-5,
                                    .rope_theta = 1e4,
                                    .initializer_range = 0.02};

typedef struct {
    hl_layout_wish wish;
    int zero, ranks;    /* at least so many */
    int rows[HL_SIDES]; /* of grids; 0: none */
} stop;

static const stop stops[] = {
    {{HL_COLOCATED, {{0, 1, 1}, {0, 1, 1}}}, 0, 1, {0, 0}}, {{HL_SEPARATE, {{0, 1, 1}, {1, 1, 1}}}, 1, 2, {0, 0}},
    {{HL_COLOCATED, {{0, 2, 1}, {0, 1, 2}}}, 2, 2, {0, 0}}, {{HL_COLOCATED, {{0, 1, 2}, {0, 2, 1}}}, 3, 2, {0, 0}},
    {{HL_HYBRID, {{0, 1, 3}, {1, 1, 2}}}, 1, 3, {0, 0}},    {{HL_SEPARATE, {{0, 3, 1}, {1, 1, 1}}}, 3, 4, {0, 0}},
    {{HL_COLOCATED, {{1, 7, 1}, {1, 5, 1}}}, 0, 7, {0, 0}}, {{HL_SEPARATE, {{2, 1, 2}, {1, 2, 2}}}, 2, 8, {0, 0}},
    {{HL_COLOCATED, {{0, 2, 1}, {0, 1, 1}}}, 1, 2, {2, 0}}, {{HL_COLOCATED, {{1, 4, 1}, {1, 3, 1}}}, 0, 4, {2, 1}},
    {{HL_COLOCATED, {{1, 6, 1}, {1, 6, 1}}}, 2, 6, {3, 2}}, {{HL_COLOCATED, {{0, 4, 1}, {1, 8, 1}}}, 3, 8, {4, 2}},
};
enum { STOPS = sizeof stops / sizeof stops[0] };

typedef struct {
    hl_mesh mesh;
    hl_engine e;
    hl_checkpoint_part part[2];
} place;

static hl_checkpoint_part part_of(hl_sharding *h)
{
    const hl_shards *moments = h->w && h->zero > 0 ? &h->shards : NULL, *weights = h->zero >= 3 ? moments : NULL;
    return (hl_checkpoint_part){h->table, &h->whole, h->dp, h->w, h->m, h->v, moments, weights};
}

static void open_place(place *p, const stop *s)
{
    static const hl_corpus nothing;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 40, .user_micro_batch_rows = 8, .item_tokens = 1},
                                   .for_training = true,
                                   .zero = s->zero,
                                   .activation_budget = -1,
                                   .longest_text = 8,
                                   .longest_history = 8};
    hl_layout layout;
    CHECK_OK(hl_layout_make(&layout, check_world()->size, &s->wish));
    hl_layout_take_grids(&layout, s->rows, HL_SUMMA);
    hl_mesh_open(&p->mesh, check_world(), &layout);
    hl_engine_open(&p->e, &p->mesh, &nothing, &item, &user, &rules);
    p->part[0] = part_of(&p->e.sharding[HL_ITEM]);
    p->part[1] = part_of(&p->e.sharding[HL_USER]);
}

static void close_place(place *p)
{
    hl_engine_close(&p->e);
    hl_mesh_close(&p->mesh);
}

/* Moments that tell each number from the others. */
static void make_up(hl_sharding *h)
{
    hl_sharding_init(h, 5);
    float *whole = h->w ? hl_alloc(h->table->count * sizeof *whole) : NULL;
    for (uint64_t seed = 6; h->w && seed <= 7; seed++) {
        hl_params_init(h->table, whole, seed);
        float *moment = seed == 6 ? h->m : h->v;
        for (size_t i = 0; i < h->table->count; i++)
            if (hl_sharding_has(h, i)) moment[i] = whole[i];
    }
    free(whole);
}

static uint64_t digest_of(const hl_sharding *h)
{
    int64_t sum = (int64_t)hl_sharding_digest(h);
    hl_group_all_reduce_int(check_world(), &sum, 1);
    return (uint64_t)sum;
}

static hl_checkpoint_content content_of(place *p) { return (hl_checkpoint_content){p->part, 2, true, NULL}; }

static void write_place(place *p, const char *folder, int64_t step)
{
    const hl_checkpoint_content c = content_of(p);
    CHECK_OK(hl_checkpoint_write(check_world(), folder, step, &c, "{}", 0, -1));
}

static void read_place(place *p, const char *folder, int64_t step)
{
    char path[PATH_MAX];
    hl_checkpoint *opened = NULL;
    const hl_checkpoint_content c = content_of(p);
    snprintf(path, sizeof path, "%.4000s/step-%d", folder, (int)step);
    CHECK_OK(hl_checkpoint_open(&opened, check_world(), path, true));
    CHECK_OK(hl_checkpoint_read(opened, check_world(), &c));
    hl_checkpoint_close(opened);
    if (p->e.sharding[HL_ITEM].w) hl_sharding_gather_weights(&p->e.sharding[HL_ITEM]);
    if (p->e.sharding[HL_USER].w) hl_sharding_gather_weights(&p->e.sharding[HL_USER]);
}

static bool same_file(const char *folder, int64_t step, int64_t other, const char *name)
{
    char command[2 * PATH_MAX + 100];
    snprintf(command, sizeof command, "cmp -s '%s/step-%d/%s' '%s/step-%d/%s'", folder, (int)step, name, folder,
             (int)other, name);
    return check_world()->rank != 0 || system(command) == 0;
}

/* Every stop reads what the one before wrote, at another layout, and writes it again: the same bytes. */
static void a_checkpoint_goes_round(void)
{
    char folder[PATH_MAX];
    place p;
    int64_t step = 1;
    snprintf(folder, sizeof folder, "%s/round", check_folder());
    open_place(&p, &stops[0]);
    make_up(&p.e.sharding[HL_ITEM]);
    make_up(&p.e.sharding[HL_USER]);
    uint64_t items = digest_of(&p.e.sharding[HL_ITEM]), users = digest_of(&p.e.sharding[HL_USER]);
    write_place(&p, folder, step);
    close_place(&p);
    for (int k = 1; k <= STOPS; k++) {
        const stop *s = &stops[k % STOPS];
        if (check_world()->size < s->ranks) continue;
        open_place(&p, s);
        read_place(&p, folder, step);
        CHECK(digest_of(&p.e.sharding[HL_ITEM]) == items && digest_of(&p.e.sharding[HL_USER]) == users);
        write_place(&p, folder, ++step);
        close_place(&p);
        hl_group_barrier(check_world());
        CHECK(same_file(folder, 1, step, "model.h5"));
        CHECK(same_file(folder, 1, step, "optimizer.h5"));
    }
}

static const test tests[] = {
    {"a checkpoint goes round layouts and comes back as it was", a_checkpoint_goes_round},
};
HL_TESTS("round", tests)
