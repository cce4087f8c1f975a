/* test-checkpoint-faults.c - a failure while a checkpoint is written or read is one of all ranks, and loses nothing. */
#include "base/fault.h"
#include "io/checkpoint/tensor-index.h"
#include "io/files/atomic.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/two-sides.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static const test tests[] = {
    {"a failure on one rank leaves the former checkpoint", a_failure_on_one_rank_leaves_the_former_checkpoint},
    {"a disk that does half is asked for the rest", a_disk_that_does_half_is_asked_for_the_rest},
    {"a failure to read on one rank is everyone's", a_failure_to_read_on_one_rank_is_everyones},
    {"a file of other arrays is a sentence", a_file_of_other_arrays_is_a_sentence},
    {"a failure before latest moves loses nothing", a_failure_before_latest_moves_loses_nothing},
    {"a folder that cannot be made is a sentence", a_folder_that_cannot_be_made_is_a_sentence},
    {"a fault from outside strikes the second checkpoint", a_fault_from_outside_strikes_the_second_checkpoint},
    {"what the strike left goes on from the first", what_the_strike_left_goes_on_from_the_first},
};
HL_TESTS("checkpoint-faults", tests)
