/* test-checkpoint.c - what any layout writes any layout reads, and what is kept under which name. */
#include "base/digest.h"
#include "io/checkpoint/aside.h"
#include "io/checkpoint/steps.h"
#include "io/files/atomic.h"
#include "io/files/blockdigest.h"
#include "io/files/folder.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/two-sides.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

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
    {"digests of blocks are those of their bytes", digests_of_blocks_are_those_of_their_bytes},
    {"it says what it holds", it_says_what_it_holds},
};
HL_TESTS("checkpoint", tests)
