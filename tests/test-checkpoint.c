/* test-checkpoint.c - what any layout writes any layout reads, and nothing that is damaged is believed. */
#include "tests/check.h"
#include "tests/check-mpi.h"
#include "base/arena.h"
#include "base/rng.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/checkpoint/aside.h"
#include "io/files/atomic.h"
#include "io/files/blockdigest.h"
#include "io/checkpoint/checkpoint.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "io/checkpoint/steps.h"
#include "io/checkpoint/tensor-index.h"
#include "model/transformer.h"
#include <dirent.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- two sides, held here and there ---- */

enum { ITEM, USER, SIDES };
enum { WEIGHT, MEAN, SQUARE, KINDS };

static const hl_transformer shapes[SIDES] = {
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
static const char *const side_names[SIDES] = {"item", "user"};

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

static bool (*const layouts[])(int side, int rank, int p) = {everyone, apart, first_and_last};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

typedef struct {
    hl_params table[SIDES];
    hl_group holders[SIDES];
    float *x[SIDES][KINDS];
    hl_checkpoint_part part[SIDES];
    hl_checkpoint_content content;
} model;

static model *model_of(const hl_transformer *shape, int layout)
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

static model *model_new(int layout) { return model_of(shapes, layout); }

static void model_free(model *m)
{
    for (int s = 0; s < SIDES; s++) {
        for (int k = 0; k < KINDS; k++) free(m->x[s][k]);
        hl_group_close(&m->holders[s]);
        hl_params_free(&m->table[s]);
    }
    free(m);
}

/* Each number knows its place; `salt` tells runs apart. */
static float number(int side, int kind, size_t i, int salt)
{
    return (float)(side + 2 * kind) * 65536.0f + (float)i + (float)salt * 0.03125f;
}

static void fill(model *m, int salt)
{
    for (int s = 0; s < SIDES; s++)
        for (int k = 0; k < KINDS; k++)
            for (size_t i = 0; m->x[s][k] && i < m->table[s].count; i++) m->x[s][k][i] = number(s, k, i, salt);
}

static void forget(model *m)
{
    for (int s = 0; s < SIDES; s++)
        for (int k = 0; k < KINDS; k++)
            for (size_t i = 0; m->x[s][k] && i < m->table[s].count; i++) m->x[s][k][i] = NAN;
}

static bool is_filled(const model *m, int kind, int salt)
{
    for (int s = 0; s < SIDES; s++)
        for (size_t i = 0; m->x[s][kind] && i < m->table[s].count; i++)
            if (m->x[s][kind][i] != number(s, kind, i, salt)) return false;
    return true;
}

/* ---- files, which rank 0 touches ---- */

static char folder[PATH_MAX - 200];

static void new_folder(const char *name) { snprintf(folder, sizeof folder, "%s/%s", check_folder(), name); }

static bool is_first(void) { return check_world()->rank == 0; }

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static bool has(const char *name)
{
    hl_group_barrier(check_world());
    const bool is_there = access(in_folder(name), F_OK) == 0;
    hl_group_barrier(check_world()); /* rank 0 goes on to make or remove it */
    return is_there;
}

static void put(const char *name, const void *bytes, size_t n)
{
    hl_group_barrier(check_world());
    if (is_first()) CHECK_OK(hl_atomic_write(in_folder(name), bytes, n));
    hl_group_barrier(check_world());
}

static char *get(const char *name, size_t *n)
{
    char *bytes;
    hl_group_barrier(check_world());
    CHECK_OK(hl_regular_read(in_folder(name), (size_t)1 << 30, &bytes, n));
    return bytes;
}

static hl_status write_step(model *m, int64_t step, int keep, int64_t best)
{
    char state[100];
    snprintf(state, sizeof state, "{\"step\":%lld,\"score\":0.1,\"config\":\"seed: 1\\n\"}", (long long)step);
    return hl_checkpoint_write(check_world(), folder, step, &m->content, state, keep, best);
}

static hl_status open_only(const char *name, bool moments)
{
    hl_checkpoint *c;
    hl_status s = hl_checkpoint_open(&c, check_world(), in_folder(name), moments);
    hl_checkpoint_close(c);
    return s;
}

/* Step of the newest good checkpoint, -1: none, -2: a failure. */
static int64_t newest(void)
{
    hl_checkpoint *c;
    hl_status s = hl_checkpoint_open_newest(&c, check_world(), folder, true);
    int64_t step = s != HL_OK ? -2 : c ? hl_checkpoint_step(c) : -1;
    hl_checkpoint_close(c);
    return step;
}

/* ---- the sentences ---- */

static void what_any_layout_writes_any_layout_reads(void)
{
    new_folder("layouts");
    for (int i = 0; i < LAYOUTS; i++) {
        model *a = model_new(i);
        fill(a, i);
        CHECK_OK(write_step(a, 7, 0, false));
        model_free(a);
        for (int j = 0; j < LAYOUTS; j++) {
            model *b = model_new(j);
            hl_checkpoint *c;
            forget(b);
            if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-7"), true)))
                CHECK_OK(hl_checkpoint_read(c, check_world(), &b->content));
            hl_checkpoint_close(c);
            for (int k = 0; k < KINDS; k++) CHECK(is_filled(b, k, i));
            model_free(b);
        }
    }
}

static void who_wrote_it_does_not_show(void)
{
    uint64_t digest[LAYOUTS][2];
    new_folder("bytes");
    for (int i = 0; i < LAYOUTS; i++) {
        size_t n;
        model *m = model_new(i);
        fill(m, 0);
        CHECK_OK(write_step(m, 1, 0, -1));
        char *a = get("step-1/model.h5", &n);
        digest[i][0] = hl_digest(a, n);
        char *b = get("step-1/optimizer.h5", &n);
        digest[i][1] = hl_digest(b, n);
        CHECK(memcmp(digest[i], digest[0], sizeof digest[0]) == 0);
        free(a);
        free(b);
        model_free(m);
    }
}

static void weights_go_alone_where_there_are_no_moments(void)
{
    new_folder("alone");
    model *m = model_new(1);
    hl_checkpoint *c;
    fill(m, 0);
    m->content.moments = false;
    CHECK_OK(write_step(m, 0, 0, -1));
    CHECK(!has("step-0/optimizer.h5"));
    forget(m);
    if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-0"), false)))
        CHECK_OK(hl_checkpoint_read(c, check_world(), &m->content));
    CHECK(is_filled(m, WEIGHT, 0));
    hl_checkpoint_close(c);
    CHECK_FAILS(open_only("step-0", true), HL_EFORMAT, "holds no optimizer.h5");
    model_free(m);
}

static void the_state_comes_back(void)
{
    static const char state[] = "{\"z\":1,\"score\":0.1,\"epoch\":3,\"config\":\"a: "
                                "\\\"b\\\"\\n\",\"none\":null,\"list\":[1,2.5],\"big\":9007199254740993}";
    new_folder("state");
    model *m = model_new(0);
    hl_checkpoint *c;
    fill(m, 0);
    CHECK_OK(hl_checkpoint_write(check_world(), folder, 12, &m->content, state, 0, -1));
    if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-12/"), true))) {
        json_t *a = json_loads(state, 0, NULL), *b = json_loads(hl_checkpoint_state(c), 0, NULL);
        CHECK(json_equal(a, b));
        json_decref(a);
        json_decref(b);
        CHECK(hl_checkpoint_step(c) == 12);
        CHECK(strcmp(hl_checkpoint_path(c), in_folder("step-12")) == 0);
    }
    hl_checkpoint_close(c);
    model_free(m);
}

static void latest_and_best_have_names(void)
{
    char path[PATH_MAX];
    new_folder("names");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_FAILS(hl_checkpoint_find(path, check_world(), folder, "best"), HL_EFORMAT, "no checkpoint called best");
    CHECK_OK(write_step(m, 10, 0, 10));
    CHECK_OK(write_step(m, 20, 0, -1));
    CHECK_OK(hl_checkpoint_find(path, check_world(), folder, "best"));
    CHECK(strcmp(path, in_folder("step-10")) == 0);
    CHECK_OK(hl_checkpoint_find(path, check_world(), folder, "latest"));
    CHECK(strcmp(path, in_folder("step-20")) == 0);
    put("best", "../../etc\n", 10);
    CHECK_FAILS(hl_checkpoint_find(path, check_world(), folder, "best"), HL_EFORMAT, "no checkpoint called best");
    model_free(m);
}

static void old_ones_go_but_never_the_best(void)
{
    new_folder("keep");
    model *m = model_new(0);
    fill(m, 0);
    for (int step = 1; step <= 5; step++) CHECK_OK(write_step(m, step, 2, step < 2 ? -1 : 2));
    CHECK(!has("step-1") && has("step-2") && !has("step-3") && has("step-4") && has("step-5"));
    CHECK_OK(write_step(m, 6, 1, 6));
    CHECK(!has("step-2") && !has("step-4") && !has("step-5") && has("step-6"));
    model_free(m);
}

static void a_step_written_again_is_replaced(void)
{
    new_folder("again");
    model *m = model_new(0);
    hl_checkpoint *c;
    for (int salt = 0; salt < 2; salt++) {
        fill(m, salt);
        CHECK_OK(write_step(m, 3, 0, -1));
    }
    forget(m);
    if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-3"), true)))
        CHECK_OK(hl_checkpoint_read(c, check_world(), &m->content));
    CHECK(is_filled(m, WEIGHT, 1));
    hl_checkpoint_close(c);
    CHECK(!has("step-3.old") && !has("step-3.tmp"));
    model_free(m);
}

static void what_a_kill_left_is_replaced(void)
{
    new_folder("leftovers");
    if (is_first()) {
        CHECK_OK(hl_folder_make(in_folder("step-3.tmp")));
        CHECK_OK(hl_folder_make(in_folder("step-1.old/deep")));
        CHECK_OK(hl_folder_make(in_folder("step-other")));
    }
    put("step-3.tmp/model.h5", "half", 4);
    put("step-3.tmp/strange", "half", 4);
    CHECK(newest() == -1);
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 3, 0, -1));
    CHECK(newest() == 3);
    CHECK(!has("step-3/strange") && !has("step-3.tmp") && !has("step-1.old") && has("step-other"));
    model_free(m);
}

/* ---- what is ours and what is not ---- */

static void mine(const char *name)
{
    char path[100];
    if (is_first()) CHECK_OK(hl_folder_make(in_folder(name)));
    snprintf(path, sizeof path, "%s/plot", name);
    put(path, "mine", 4);
}

static void somebodys_own_folders_stay(void)
{
    new_folder("own");
    mine("step-1");
    mine("step-2");
    mine("step-notes.old");
    mine("step-by-step.tmp");
    put("step-7", "mine", 4);
    CHECK(newest() == -1);
    model *m = model_new(0);
    fill(m, 0);
    for (int step = 2; step <= 4; step++) CHECK_OK(write_step(m, step, 1, -1));
    CHECK(newest() == 4 && !has("step-2") && !has("step-3"));
    CHECK(has("step-1/plot") && has("step-2.aside/plot") && has("step-notes.old/plot") && has("step-by-step.tmp/plot")
          && has("step-7"));
    model_free(m);
}

static void a_step_whose_manifest_is_not_ours_stays(void)
{
    new_folder("foreign");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 0, -1));
    put("step-1/manifest.json", "{}", 2);
    for (int step = 2; step <= 3; step++) CHECK_OK(write_step(m, step, 1, -1));
    CHECK(has("step-1") && !has("step-2") && has("step-3"));
    model_free(m);
}

/* `best` and `latest` are for people: what is kept is what the state says. */
static void the_best_is_kept_whatever_its_file_says(void)
{
    new_folder("best-file");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 1, 1));
    put("best", "stgp-1\n", 7);
    for (int step = 2; step <= 4; step++) CHECK_OK(write_step(m, step, 1, 1));
    CHECK(has("step-1") && !has("step-2") && !has("step-3") && has("step-4"));
    model_free(m);
}

static void a_step_that_lost_its_name_gets_it_back(void)
{
    char old[PATH_MAX];
    new_folder("nameless");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 4, 0, -1));
    hl_group_barrier(check_world());
    snprintf(old, sizeof old, "%s/step-4.old", folder);
    if (is_first()) {
        CHECK_OK(hl_atomic_move(in_folder("step-4"), old));
        hl_steps_clean(folder);
    }
    CHECK(has("step-4") && !has("step-4.old") && newest() == 4);
    model_free(m);
}

/* ---- aside ---- */

static const char *const records[] = {"metrics.jsonl"};

/* Rank 0 moves; was there anything, and what is it called now? */
static bool goes_to(const char *name)
{
    char path[PATH_MAX] = "";
    hl_group_barrier(check_world());
    if (is_first()) CHECK_OK(hl_aside_move(path, folder, records, 1));
    hl_group_broadcast(check_world(), path, sizeof path, 0);
    return strcmp(path, *name ? in_folder(name) : "") == 0;
}

static void a_run_goes_aside_whole(void)
{
    new_folder("aside");
    model *m = model_new(0);
    fill(m, 0);
    mine("step-1");
    CHECK(goes_to(""));
    for (int run = 1; run <= 2; run++) {
        for (int step = 2; step <= 3; step++) CHECK_OK(write_step(m, step, 0, 2));
        put("metrics.jsonl", "{}\n", 3);
        CHECK(goes_to(run == 1 ? "old-1" : "old-2"));
        CHECK(newest() == -1 && !has("metrics.jsonl") && !has("best") && !has("latest") && has("step-1/plot"));
    }
    CHECK(has("old-1/step-3") && has("old-2/metrics.jsonl") && has("old-2/best"));
    snprintf(folder, sizeof folder, "%s/aside/old-1", check_folder());
    CHECK(newest() == 3);
    model_free(m);
}

static void a_kill_in_the_midst_is_ended_later(void)
{
    new_folder("half");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 2, 0, 2));
    mine("old-1");
    mine("old-2.part");
    CHECK(hl_aside_is_unfinished(folder));
    CHECK(goes_to("old-2"));
    CHECK(!hl_aside_is_unfinished(folder) && has("old-2/step-2") && has("old-2/plot"));
    model_free(m);
}

/* ---- damage ---- */

typedef enum { CUT, GROW, FLIP_FIRST, FLIP_LAST, REMOVE, EMPTY } harm;

static void do_harm(const char *name, harm how)
{
    size_t n;
    char *bytes = get(name, &n);
    hl_group_barrier(check_world());
    if (how == FLIP_FIRST) bytes[0] ^= 1;
    if (how == FLIP_LAST) bytes[n - 1] ^= 0x40;
    if (how == CUT) n--;
    if (how == EMPTY) n = 0;
    if (how == REMOVE && is_first()) CHECK(unlink(in_folder(name)) == 0);
    if (how != REMOVE) put(name, bytes, how == GROW ? n + 1 : n);
    hl_group_barrier(check_world());
    free(bytes);
}

static const struct {
    const char *file;
    harm how;
    const char *words;
} harms[] = {
    {"model.h5", CUT, "model.h5: has"},
    {"model.h5", GROW, "model.h5: has"},
    {"model.h5", EMPTY, "has 0 bytes where"},
    {"model.h5", FLIP_FIRST, "model.h5: is damaged: bytes 0 to"},
    {"model.h5", FLIP_LAST, "model.h5: is damaged"},
    {"model.h5", REMOVE, "model.h5: is missing"},
    {"optimizer.h5", CUT, "optimizer.h5: has"},
    {"optimizer.h5", FLIP_LAST, "optimizer.h5: is damaged"},
    {"optimizer.h5", REMOVE, "optimizer.h5: is missing"},
    {"manifest.json", CUT, "manifest.json: is damaged"},
    {"manifest.json", EMPTY, "manifest.json: is damaged"},
    {"manifest.json", FLIP_FIRST, "manifest.json: is damaged"},
    {"manifest.json", REMOVE, "manifest.json: cannot open"},
};

static void damage_is_a_sentence(void)
{
    new_folder("damage");
    model *m = model_new(1);
    fill(m, 0);
    for (size_t i = 0; i < sizeof harms / sizeof harms[0]; i++) {
        char name[60];
        snprintf(name, sizeof name, "step-5/%s", harms[i].file);
        CHECK_OK(write_step(m, 5, 0, -1));
        CHECK_OK(open_only("step-5", true));
        do_harm(name, harms[i].how);
        CHECK_FAILS(open_only("step-5", true), HL_ESTORE, harms[i].words);
        CHECK(strncmp(hl_error_text(), folder, strlen(folder)) == 0);
        CHECK_FAILS(hl_checkpoint_show(check_world(), in_folder("step-5"), stdout, false), HL_ESTORE, harms[i].words);
    }
    CHECK_FAILS(open_only("step-6", true), HL_EFORMAT, "no such checkpoint");
    model_free(m);
}

static void a_file_that_is_cut_anywhere_or_has_another_bit_is_not_believed(void)
{
    static const char *const names[] = {"step-5/model.h5", "step-5/optimizer.h5", "step-5/manifest.json"};
    const uint64_t rounds = 72 / (uint64_t)check_world()->size; /* a round takes as much longer */
    new_folder("anywhere");
    model *m = model_new(1);
    fill(m, 0);
    CHECK_OK(write_step(m, 5, 0, -1));
    for (int i = 0; i < 3; i++) {
        size_t n;
        char *bytes = get(names[i], &n);
        for (uint64_t round = 0; round < rounds; round++) {
            hl_rng r = hl_rng_at(8, HL_FOR_TESTS, round, (uint32_t)i);
            const size_t at = (size_t)hl_rng_below(&r, n);
            bytes[at] ^= (char)(1 << round % 8);
            put(names[i], bytes, round % 4 == 0 ? at : n);
            bytes[at] ^= (char)(1 << round % 8);
            CHECK_FAILS(open_only("step-5", true), HL_ESTORE, names[i]);
        }
        put(names[i], bytes, n);
        free(bytes);
    }
    CHECK_OK(open_only("step-5", true));
    model_free(m);
}

static void a_manifest_with_one_other_bit_is_not_believed(void)
{
    size_t n;
    new_folder("bits");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 5, 0, -1));
    char *bytes = get("step-5/manifest.json", &n);
    for (size_t i = 0; i < n; i += 97) {
        bytes[i] ^= 1;
        put("step-5/manifest.json", bytes, n);
        CHECK_FAILS(open_only("step-5", false), HL_ESTORE, "is damaged");
        bytes[i] ^= 1;
    }
    put("step-5/manifest.json", bytes, n);
    CHECK_OK(open_only("step-5", false));
    free(bytes);
    model_free(m);
}

/* A manifest of somebody else, with a good digest. */
static void rewrite_manifest(const char *key, json_t *value)
{
    size_t n;
    char hex[17], *text = get("step-5/manifest.json", &n);
    json_t *root = json_loadb(text, n, 0, NULL);
    free(text);
    json_object_set_new(root, key, value);
    json_object_del(root, "digest");
    text = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
    hl_digest_text(hex, hl_digest(text, strlen(text)));
    free(text);
    json_object_set_new(root, "digest", json_string(hex));
    text = json_dumps(root, 0);
    put("step-5/manifest.json", text, strlen(text));
    free(text);
    json_decref(root);
}

static void another_version_is_a_sentence(void)
{
    new_folder("version");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 5, 0, -1));
    rewrite_manifest("remark", json_string("harmless"));
    CHECK_OK(open_only("step-5", true));
    rewrite_manifest("version", json_integer(2));
    CHECK_FAILS(open_only("step-5", true), HL_EFORMAT, "written in version 2 of the format, this program reads 1");
    CHECK(newest() == -2); /* no fallback: the older ones would be as strange */
    rewrite_manifest("format", json_string("hllm dataset"));
    CHECK_FAILS(open_only("step-5", true), HL_EFORMAT, "describes no checkpoint");
    model_free(m);
}

static const struct {
    const char *key, *value; /* JSON */
} wrong_fields[] = {
    {"step", "\"5\""},
    {"step", "null"},
    {"block", "0"},
    {"block", "-1"},
    {"block", "1"},
    {"files", "{}"},
    {"files", "{\"../model.h5\":{\"size\":0,\"blocks\":[]}}"},
    {"files", "{\"model.h5\":{\"size\":1000000000000000,\"blocks\":[]}}"},
    {"files", "{\"model.h5\":{\"size\":1,\"blocks\":[\"xyz\"]}}"},
    {"files", "{\"model.h5\":{\"size\":-1,\"blocks\":[]}}"},
    {"files", "{\"model.h5\":7}"},
    {"tensors", "[]"},
    {"tensors", "{\"a\":7}"},
    {"tensors", "{\"a\":[1,1,1,1,1]}"},
    {"tensors", "{\"a\":[\"1\"]}"},
    {"state", "\"text\""},
};

static void a_manifest_of_wrong_types_is_a_sentence(void)
{
    new_folder("types");
    model *m = model_new(0);
    fill(m, 0);
    for (size_t i = 0; i < sizeof wrong_fields / sizeof wrong_fields[0]; i++) {
        CHECK_OK(write_step(m, 5, 0, -1));
        rewrite_manifest(wrong_fields[i].key, json_loads(wrong_fields[i].value, JSON_DECODE_ANY, NULL));
        CHECK_FAILS(open_only("step-5", true), HL_ESTORE, "a field is missing or of the wrong type");
    }
    model_free(m);
}

static void another_model_is_listed(void)
{
    hl_transformer others[SIDES] = {shapes[ITEM], shapes[USER]};
    others[ITEM].intermediate_size = 8;
    new_folder("models");
    model *m = model_new(0), *other = model_of(others, 0);
    hl_checkpoint *c;
    fill(m, 0);
    fill(other, 1);
    CHECK_OK(write_step(m, 5, 0, -1));
    if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-5"), true))) {
        CHECK_FAILS(hl_checkpoint_read(c, check_world(), &other->content), HL_EFORMAT,
                    "item_llm/layers.mlp.gate_proj is (3, 7, 12) where (3, 8, 12) is wanted");
        CHECK(is_filled(other, WEIGHT, 1)); /* nothing was read */
        m->content.parts = 1;
        CHECK_FAILS(hl_checkpoint_read(c, check_world(), &m->content), HL_EFORMAT,
                    "user_llm/layers.self_attn.q_proj is unknown");
        m->content.parts = 2;
        hl_params_add(&m->table[USER], "extra", 1, (int64_t[]){3}, true);
        CHECK_FAILS(hl_checkpoint_read(c, check_world(), &m->content), HL_EFORMAT, "extra is missing");
    }
    hl_checkpoint_close(c);
    model_free(other);
    model_free(m);
}

/* The manifest promises what the HDF5 file has not. */
static void a_file_that_lacks_a_tensor_is_a_sentence(void)
{
    new_folder("lacking");
    model *m = model_new(0);
    hl_checkpoint *c;
    fill(m, 0);
    m->content.parts = 1;
    CHECK_OK(write_step(m, 5, 0, -1));
    m->content.parts = 2;
    CHECK_OK(write_step(m, 6, 0, -1));
    size_t n;
    char *text = get("step-6/manifest.json", &n);
    json_t *whole = json_loadb(text, n, 0, NULL);
    rewrite_manifest("tensors", json_incref(json_object_get(whole, "tensors")));
    json_decref(whole);
    free(text);
    if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-5"), true)))
        CHECK_FAILS(hl_checkpoint_read(c, check_world(), &m->content), HL_ESTORE,
                    "model.h5: HDF5 cannot open /user_llm/");
    hl_checkpoint_close(c);
    model_free(m);
}

static void a_damaged_latest_falls_back(void)
{
    new_folder("fallback");
    model *m = model_new(1);
    hl_checkpoint *c;
    fill(m, 0);
    CHECK(newest() == -1);
    for (int step = 10; step <= 40; step += 10) CHECK_OK(write_step(m, step, 0, -1));
    CHECK(newest() == 40);
    hl_log_level(HL_ERROR);
    do_harm("step-40/model.h5", CUT);
    CHECK(newest() == 30);
    do_harm("step-30/manifest.json", REMOVE);
    CHECK(newest() == 20);
    put("latest", "step-10\n", 8);
    CHECK(newest() == 10); /* what latest says goes before what is newer */
    do_harm("step-10/optimizer.h5", FLIP_LAST);
    CHECK(newest() == 20);
    do_harm("step-20/model.h5", REMOVE);
    CHECK_FAILS(hl_checkpoint_open_newest(&c, check_world(), folder, true), HL_ESTORE,
                "none of its checkpoints (4) is whole");
    CHECK(c == NULL);
    hl_log_level(HL_INFO);
    model_free(m);
}

/* ---- faults ---- */

static const struct {
    const char *point;
    bool everywhere; /* any rank may fail there, not just rank 0 */
    const char *how, *words;
} faults[] = {
    {"checkpoint-prepare", false, "", "checkpoint-prepare"},
    {"checkpoint-open", true, "", "model.h5: cannot create or open: Input/output error; see what the disk says (rank"},
    {"checkpoint-open", true, ":2:estale", "Stale file handle; see whether it was removed or its server started anew"},
    {"checkpoint-write", true, "", "model.h5: cannot write at byte"},
    {"checkpoint-write", true, ":2:enospc", "No space left on device; make space there (rank"},
    {"checkpoint-write", true, ":5:edquot", "Disk quota exceeded; make space there, or have the quota raised"},
    {"checkpoint-read", false, ":1:eio", "model.h5: cannot read at byte"}, /* to digest it */
    {"checkpoint-flush", true, "", "model.h5: cannot flush"},
    {"checkpoint-flush", true, ":2:eio", "5: cannot flush"},
    {"checkpoint-manifest", false, "", "checkpoint-manifest"},
    {"checkpoint-rename", false, "", "checkpoint-rename"},
};

static void a_failure_on_one_rank_leaves_the_former_checkpoint(void)
{
    new_folder("faults");
    model *m = model_new(1);
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 0, -1));
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        char what[60];
        snprintf(what, sizeof what, "%s:%d%s", faults[i].point, faults[i].everywhere ? check_world()->size - 1 : 0,
                 faults[i].how);
        hl_fault_set(what);
        CHECK_FAILS(write_step(m, 2, 1, 2), HL_ESTORE, faults[i].words);
        hl_fault_set(NULL);
        CHECK(newest() == 1);
        CHECK(has("step-1") && !has("step-2") && !has("step-2.tmp"));
    }
    CHECK_OK(write_step(m, 2, 1, 2));
    CHECK(newest() == 2);
    CHECK(!has("step-1") && !has("step-2.tmp"));
    model_free(m);
}

/* Half of a run at each write and read, or a signal: no failure, and the same bytes. */
static void a_disk_that_does_half_is_asked_for_the_rest(void)
{
    static const char *const what[] = {"checkpoint-write:*:short", "checkpoint-write:*:3:eintr",
                                       "checkpoint-read:*:short", "checkpoint-read:*:1:eintr"};
    size_t n, k;
    new_folder("half-done");
    model *m = model_new(1);
    hl_checkpoint *c;
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 0, -1));
    char *whole = get("step-1/optimizer.h5", &n);
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
        hl_fault_set(what[i]);
        CHECK_OK(write_step(m, 2, 0, -1));
        forget(m);
        if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-2"), true)))
            CHECK_OK(hl_checkpoint_read(c, check_world(), &m->content));
        hl_checkpoint_close(c);
        hl_fault_set(NULL);
        for (int kind = 0; kind < KINDS; kind++) CHECK(is_filled(m, kind, 0));
        char *again = get("step-2/optimizer.h5", &k);
        CHECK(k == n && memcmp(whole, again, n) == 0);
        free(again);
    }
    free(whole);
    model_free(m);
}

/* One rank cannot read what the others can. */
static void a_failure_to_read_on_one_rank_is_everyones(void)
{
    static const char *const what[] = {"checkpoint-open:%d:estale", "checkpoint-read:%d:eio"};
    new_folder("unread");
    model *m = model_new(1);
    hl_checkpoint *c;
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 0, -1));
    for (size_t i = 0; i < sizeof what / sizeof what[0]; i++) {
        char fault[60];
        snprintf(fault, sizeof fault, what[i], check_world()->size - 1);
        if (CHECK_OK(hl_checkpoint_open(&c, check_world(), in_folder("step-1"), true))) {
            hl_fault_set(fault);
            CHECK_FAILS(hl_checkpoint_read(c, check_world(), &m->content), HL_ESTORE, "step-1/model.h5: cannot");
            hl_fault_set(NULL);
            CHECK_OK(hl_checkpoint_read(c, check_world(), &m->content));
        }
        hl_checkpoint_close(c);
    }
    CHECK(is_filled(m, WEIGHT, 0));
    model_free(m);
}

/* The manifest is what it says, and the file is another one: nothing outside of it is read. */
static void a_file_of_other_arrays_is_a_sentence(void)
{
    static const hl_tensor good = {"a", 1, {1000}};
    static const struct {
        hl_tensor_entry entry;
        const char *words;
    } wrong[] = {
        {{{"b", 1, {1000}}, "", 0}, "HDF5 cannot open /b"},
        {{{"a", 1, {999}}, "", 0}, "/a has another shape"},
        {{{"a", 2, {1, 1000}}, "", 0}, "/a has another shape"},
        {{{"a", 1, {1000}}, "m", 0}, "HDF5 cannot open m/a"},
    };
    hl_tensor_entry e = {good, "", 0};
    hl_h5_frame image;
    new_folder("");
    if (is_first() && CHECK_OK(hl_tensor_index_make(&e, 1, &image))) {
        const int64_t at = e.at;
        CHECK_OK(hl_atomic_write(in_folder("arrays"), image.bytes, (size_t)image.size));
        CHECK_OK(hl_tensor_index_find(&e, 1, in_folder("arrays")));
        CHECK(e.at == at && at + 4000 <= image.size);
        for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
            e = wrong[i].entry;
            CHECK_FAILS(hl_tensor_index_find(&e, 1, in_folder("arrays")), HL_ESTORE, wrong[i].words);
        }
        e.tensor = good, e.under = "";
        CHECK_OK(hl_atomic_write(in_folder("arrays"), image.bytes, (size_t)image.size - 1));
        CHECK_FAILS(hl_tensor_index_find(&e, 1, in_folder("arrays")), HL_ESTORE, "arrays: HDF5 cannot open the file");
        CHECK_OK(hl_atomic_write(in_folder("arrays"), "x", 1));
        CHECK_FAILS(hl_tensor_index_find(&e, 1, in_folder("arrays")), HL_ESTORE, "HDF5 cannot open the file");
        CHECK_FAILS(hl_tensor_index_find(&e, 1, in_folder("none")), HL_ESTORE, "cannot be opened");
        hl_h5_frame_free(&image);
    }
    CHECK(true);
}

/* Between the rename and the move of latest: both are good, the former is still the latest. */
static void a_failure_before_latest_moves_loses_nothing(void)
{
    new_folder("moved");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_OK(write_step(m, 1, 0, -1));
    hl_fault_set("checkpoint-latest:0");
    CHECK_FAILS(write_step(m, 2, 0, -1), HL_ESTORE, "checkpoint-latest");
    hl_fault_set(NULL);
    CHECK(newest() == 1);
    CHECK_OK(open_only("step-2", true));
    CHECK_OK(write_step(m, 2, 0, -1));
    CHECK(newest() == 2);
    model_free(m);
}

static void a_folder_that_cannot_be_made_is_a_sentence(void)
{
    new_folder("");
    put("file", "x", 1);
    new_folder("file/run");
    model *m = model_new(0);
    fill(m, 0);
    CHECK_FAILS(write_step(m, 1, 0, -1), HL_ESTORE, "cannot make this folder");
    model_free(m);
}

/* The next two do something only for tests/end-checkpoint.sh, which starts them: a job with HLLM_FAULT that does not
 * live to tell, and one that is shown with HLLM_LEFT what the first has left. */
static void a_fault_from_outside_strikes_the_second_checkpoint(void)
{
    const char *fault = getenv("HLLM_FAULT");
    if (!fault) return check_skip("a job that does not live to tell: end-checkpoint.sh starts it");
    hl_fault_set(NULL);
    new_folder("end");
    model *m = model_new(1);
    fill(m, 1);
    CHECK_OK(write_step(m, 1, 0, -1));
    hl_fault_set(fault);
    CHECK_FAILS(write_step(m, 2, 0, -1), HL_ESTORE, "the job should have ended");
    model_free(m);
}

static void what_the_strike_left_goes_on_from_the_first(void)
{
    const char *left = getenv("HLLM_LEFT");
    if (!left) return check_skip("what a job has left: end-checkpoint.sh shows it");
    snprintf(folder, sizeof folder, "%s", left);
    model *m = model_new(0);
    hl_checkpoint *c;
    if (CHECK_OK(hl_checkpoint_open_newest(&c, check_world(), folder, true))) {
        CHECK(c && hl_checkpoint_step(c) == 1);
        CHECK_OK(hl_checkpoint_read(c, check_world(), &m->content));
        for (int k = 0; k < KINDS; k++) CHECK(is_filled(m, k, 1));
    }
    hl_checkpoint_close(c);
    CHECK_OK(write_step(m, 2, 0, -1));
    CHECK(newest() == 2 && !has("step-2.tmp"));
    model_free(m);
}

/* ---- parts ---- */

static void digests_of_blocks_are_those_of_their_bytes(void)
{
    enum { N = 10007, BLOCK = 1000 };
    char bytes[N];
    uint64_t digest[11];
    new_folder("");
    for (int i = 0; i < N; i++) bytes[i] = (char)(i * i % 251);
    put("blocks", bytes, N);
    CHECK(hl_block_count(N, BLOCK) == 11);
    CHECK(hl_block_count(0, BLOCK) == 0);
    CHECK_OK(hl_block_digests(digest, check_world(), in_folder("blocks"), N, BLOCK));
    for (int i = 0; i < 11; i++) CHECK(digest[i] == hl_digest(bytes + i * BLOCK, i < 10 ? BLOCK : N % BLOCK));
    CHECK_FAILS(hl_block_digests(digest, check_world(), in_folder("blocks"), N + 1, BLOCK), HL_ESTORE, "was cut off");
    CHECK_FAILS(hl_block_digests(digest, check_world(), in_folder("none"), N, BLOCK), HL_ESTORE, "cannot open");
}

static void it_says_what_it_holds(void)
{
    new_folder("show");
    model *m = model_new(0);
    char *text = NULL;
    size_t n = 0;
    fill(m, 0);
    CHECK_OK(write_step(m, 9, 0, -1));
    for (int json = 0; json < 2; json++) {
        FILE *out = open_memstream(&text, &n);
        CHECK_OK(hl_checkpoint_show(check_world(), in_folder("step-9"), out, json));
        fclose(out);
        if (is_first() && !json)
            CHECK(strstr(text, "a checkpoint of step 9, whole") && strstr(text, "3 x 3 x 4 x 12\n"));
        if (is_first() && json) {
            json_t *root = json_loadb(text, n, 0, NULL);
            CHECK(json_integer_value(json_object_get(root, "step")) == 9);
            json_decref(root);
        }
        if (!is_first()) CHECK(n == 0);
        free(text);
    }
    model_free(m);
}

static const test tests[] = {
    {"what any layout writes any layout reads", what_any_layout_writes_any_layout_reads},
    {"who wrote it does not show", who_wrote_it_does_not_show},
    {"weights go alone where there are no moments", weights_go_alone_where_there_are_no_moments},
    {"the state comes back", the_state_comes_back},
    {"latest and best have names", latest_and_best_have_names},
    {"old ones go but never the best", old_ones_go_but_never_the_best},
    {"a step written again is replaced", a_step_written_again_is_replaced},
    {"what a kill left is replaced", what_a_kill_left_is_replaced},
    {"somebody's own folders stay", somebodys_own_folders_stay},
    {"a step whose manifest is not ours stays", a_step_whose_manifest_is_not_ours_stays},
    {"the best is kept whatever its file says", the_best_is_kept_whatever_its_file_says},
    {"a step that lost its name gets it back", a_step_that_lost_its_name_gets_it_back},
    {"a run goes aside whole", a_run_goes_aside_whole},
    {"a kill in the midst is ended later", a_kill_in_the_midst_is_ended_later},
    {"damage is a sentence", damage_is_a_sentence},
    {"a file that is cut anywhere or has another bit is not believed",
     a_file_that_is_cut_anywhere_or_has_another_bit_is_not_believed},
    {"a manifest with one other bit is not believed", a_manifest_with_one_other_bit_is_not_believed},
    {"another version is a sentence", another_version_is_a_sentence},
    {"a manifest of wrong types is a sentence", a_manifest_of_wrong_types_is_a_sentence},
    {"another model is listed", another_model_is_listed},
    {"a file that lacks a tensor is a sentence", a_file_that_lacks_a_tensor_is_a_sentence},
    {"a damaged latest falls back", a_damaged_latest_falls_back},
    {"a failure on one rank leaves the former checkpoint", a_failure_on_one_rank_leaves_the_former_checkpoint},
    {"a disk that does half is asked for the rest", a_disk_that_does_half_is_asked_for_the_rest},
    {"a failure to read on one rank is everyone's", a_failure_to_read_on_one_rank_is_everyones},
    {"a file of other arrays is a sentence", a_file_of_other_arrays_is_a_sentence},
    {"a failure before latest moves loses nothing", a_failure_before_latest_moves_loses_nothing},
    {"a folder that cannot be made is a sentence", a_folder_that_cannot_be_made_is_a_sentence},
    {"a fault from outside strikes the second checkpoint", a_fault_from_outside_strikes_the_second_checkpoint},
    {"what the strike left goes on from the first", what_the_strike_left_goes_on_from_the_first},
    {"digests of blocks are those of their bytes", digests_of_blocks_are_those_of_their_bytes},
    {"it says what it holds", it_says_what_it_holds},
};
HL_TESTS("checkpoint", tests)
