/* test-checkpoint-damage.c - nothing that is damaged or of somebody else is believed. */
#include "base/digest.h"
#include "base/log.h"
#include "base/rng.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/two-sides.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
    hl_transformer others[SIDES] = {model_shapes[ITEM], model_shapes[USER]};
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

static const test tests[] = {
    {"damage is a sentence", damage_is_a_sentence},
    {"a file that is cut anywhere or has another bit is not believed",
     a_file_that_is_cut_anywhere_or_has_another_bit_is_not_believed},
    {"a manifest with one other bit is not believed", a_manifest_with_one_other_bit_is_not_believed},
    {"another version is a sentence", another_version_is_a_sentence},
    {"a manifest of wrong types is a sentence", a_manifest_of_wrong_types_is_a_sentence},
    {"another model is listed", another_model_is_listed},
    {"a file that lacks a tensor is a sentence", a_file_that_lacks_a_tensor_is_a_sentence},
    {"a damaged latest falls back", a_damaged_latest_falls_back},
};
HL_TESTS("checkpoint-damage", tests)
