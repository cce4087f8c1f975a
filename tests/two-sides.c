/* two-sides.c - weights and moments of two small sides, held by these ranks or those, and checkpoints of them. */
#include "tests/two-sides.h"
#include "base/arena.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdlib.h>
#include <unistd.h>

const hl_transformer model_shapes[SIDES] = {
    {.hidden_size = 12,
     .intermediate_size = 7,
     .num_hidden_layers = 3,
     .num_attention_heads = 3,
     .num_key_value_heads = 1,
     .head_dim = 4,
     .vocab_size = 31},
    {.hidden_size = 12,
     .intermediate_size = 5,
     .num_hidden_layers = 1,
     .num_attention_heads = 2,
     .num_key_value_heads = 2,
     .head_dim = 6,
     .vocab_size = 1},
};
const char *const side_names[SIDES] = {"item", "user"};

/* Who holds a side among p ranks. */
static bool everyone(int side, int rank, int p)
{
    (void)side, (void)rank, (void)p;
    return true;
}

static bool apart(int side, int rank, int p)
{
    int item_ranks = p == 1 ? 1 : (2 * p + 2) / 3 < p ? (2 * p + 2) / 3 : p - 1;
    return p == 1 || (side == ITEM) == (rank < item_ranks);
}

static bool first_and_last(int side, int rank, int p) { return rank == (side == ITEM ? 0 : p - 1); }

static bool (*const layouts[LAYOUTS])(int side, int rank, int p) = {everyone, apart, first_and_last};

model *model_of(const hl_transformer *shape, int layout)
{
    const hl_group *g = check_world();
    model *m = hl_alloc_zero(1, sizeof *m);
    for (int s = 0; s < SIDES; s++) {
        hl_transformer_params(&m->table[s], &shape[s], side_names[s], s == ITEM,
                              (hl_transformer_layers){0, shape[s].num_hidden_layers}, &hl_alone);
        if (s == ITEM) hl_params_add(&m->table[s], "item_emb_tokens", 3, (int64_t[]){1, 1, 12}, true);
        else hl_params_add(&m->table[s], "logit_scale", 0, NULL, true);
        bool mine = layouts[layout](s, g->rank, g->size);
        hl_group_subset(&m->holders[s], g, mine);
        for (int k = 0; k < KINDS && mine; k++) m->x[s][k] = hl_alloc(m->table[s].count * sizeof(float));
        m->part[s] = (hl_checkpoint_part){&m->table[s],  &m->table[s],    &m->holders[s], m->x[s][WEIGHT],
                                          m->x[s][MEAN], m->x[s][SQUARE], NULL,           NULL};
    }
    m->content = (hl_checkpoint_content){m->part, SIDES, true, NULL};
    return m;
}

model *model_new(int layout) { return model_of(model_shapes, layout); }

void model_free(model *m)
{
    for (int s = 0; s < SIDES; s++) {
        for (int k = 0; k < KINDS; k++) free(m->x[s][k]);
        hl_group_close(&m->holders[s]);
        hl_params_free(&m->table[s]);
    }
    free(m);
}

float number(int side, int kind, size_t i, int salt)
{
    return (float)(side + 2 * kind) * 65536.0f + (float)i + (float)salt * 0.03125f;
}

void fill(model *m, int salt)
{
    for (int s = 0; s < SIDES; s++)
        for (int k = 0; k < KINDS; k++)
            for (size_t i = 0; m->x[s][k] && i < m->table[s].count; i++) m->x[s][k][i] = number(s, k, i, salt);
}

void forget(model *m)
{
    for (int s = 0; s < SIDES; s++)
        for (int k = 0; k < KINDS; k++)
            for (size_t i = 0; m->x[s][k] && i < m->table[s].count; i++) m->x[s][k][i] = NAN;
}

bool is_filled(const model *m, int kind, int salt)
{
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; m->x[s][kind] && i < m->table[s].count; i++)
            if (m->x[s][kind][i] != number(s, kind, i, salt)) return false;
    return true;
}

char folder[PATH_MAX - 200];

void new_folder(const char *name) { snprintf(folder, sizeof folder, "%s/%s", check_folder(), name); }

bool is_first(void) { return check_world()->rank == 0; }

const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

bool has(const char *name)
{
    hl_group_barrier(check_world());
    const bool is_there = access(in_folder(name), F_OK) == 0;
    hl_group_barrier(check_world()); /* rank 0 goes on to make or remove it */
    return is_there;
}

void put(const char *name, const void *bytes, size_t n)
{
    hl_group_barrier(check_world());
    if (is_first()) CHECK_OK(hl_atomic_write(in_folder(name), bytes, n));
    hl_group_barrier(check_world());
}

char *get(const char *name, size_t *n)
{
    char *bytes;
    hl_group_barrier(check_world());
    CHECK_OK(hl_regular_read(in_folder(name), (size_t)1 << 30, &bytes, n));
    return bytes;
}

hl_status write_step(model *m, int64_t step, int keep, int64_t best)
{
    char state[100];
    snprintf(state, sizeof state, "{\"step\":%lld,\"score\":0.1,\"config\":\"seed: 1\\n\"}", (long long)step);
    return hl_checkpoint_write(check_world(), folder, step, &m->content, state, keep, best);
}

hl_status open_only(const char *name, bool moments)
{
    hl_checkpoint *c;
    hl_status s = hl_checkpoint_open(&c, check_world(), in_folder(name), moments);
    hl_checkpoint_close(c);
    return s;
}

int64_t newest(void)
{
    hl_checkpoint *c;
    hl_status s = hl_checkpoint_open_newest(&c, check_world(), folder, true);
    int64_t step = s != HL_OK ? -2 : c ? hl_checkpoint_step(c) : -1;
    hl_checkpoint_close(c);
    return step;
}
