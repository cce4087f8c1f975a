/* test-prepare-places.c - a dataset is there whole or not at all, whatever ends the preparation. */
#include "base/fault.h"
#include "base/stop.h"
#include "io/dataset/prepare.h"
#include "io/files/folder.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include "tests/preparing.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

static void what_is_not_a_dataset_is_left_alone(void)
{
    hl_prepare_settings s = csv_pair("foreign", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(s.folder));
    CHECK_OK(hl_folder_make(in_folder("foreign.hllm")));
    file_write(in_folder("foreign.hllm/thesis.txt"), "years", 5);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "is not a dataset of ours; it is left alone");
    file_write(in_folder("foreign.hllm/manifest.json"), "{\"format\":\"zip\"}", 16);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "manifest.json is not that of a dataset; it is left alone");
    CHECK(exists(in_folder("foreign.hllm/thesis.txt")));
    file_write(in_folder("plain"), "x", 1);
    s.folder = in_folder("plain");
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "is not a dataset of ours");
    CHECK(exists(in_folder("plain")));
    CHECK_OK(hl_folder_make(in_folder("empty")));
    s.folder = in_folder("empty");
    CHECK_OK(prepare(&s));
}

static void a_place_that_cannot_be_written_is_a_storage_failure(void)
{
    hl_prepare_settings s = csv_pair("place", small_interactions, small_texts);
    file_write(in_folder("file"), "x", 1);
    s.folder = in_folder("file/dataset");
    CHECK_FAILS(prepare(&s), HL_ESTORE, "/file: cannot make this folder"); /* what is in the way */
}

static void a_leftover_staging_folder_is_written_anew_unless_it_holds_something_else(void)
{
    hl_prepare_settings s = csv_pair("left", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(in_folder("left.hllm.tmp")));
    file_write(in_folder("left.hllm.tmp/items-00077.h5"), "half", 4);
    file_write(in_folder("left.hllm.tmp/manifest.json.new"), "{", 1);
    CHECK_OK(prepare(&s));
    CHECK(!exists(in_folder("left.hllm.tmp")));
    CHECK(!exists(in_folder("left.hllm/items-00077.h5")));
    CHECK_OK(hl_folder_make(in_folder("left.hllm.tmp")));
    file_write(in_folder("left.hllm.tmp/thesis.txt"), "years", 5);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "left.hllm.tmp: holds thesis.txt");
    CHECK(exists(in_folder("left.hllm.tmp/thesis.txt")));
    CHECK(is_trusted(&s));
}

static void two_runs_do_not_write_one_dataset(void)
{
    hl_prepare_settings s = csv_pair("two", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(in_folder("two.hllm.tmp")));
    int fd = check_world()->rank == 0 ? open(in_folder("two.hllm.tmp"), O_RDONLY | O_DIRECTORY) : -1;
    if (fd >= 0) CHECK(flock(fd, LOCK_EX) == 0);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "two.hllm: another run is making this dataset");
    if (fd >= 0) close(fd);
    CHECK_OK(prepare(&s));
}

static void a_failure_on_one_rank_is_one_of_all_and_the_old_dataset_stays(void)
{
    static const char *const points[] = {"dataset-write", "dataset-rename"};
    for (int i = 0; i < 2; i++) {
        hl_prepare_settings s = csv_pair("fault", small_interactions, small_texts);
        char what[40];
        s.shard_items = 1; /* every rank has something to write */
        CHECK_OK(prepare(&s));
        snprintf(what, sizeof what, "%s:%d", points[i], i == 0 ? check_world()->size - 1 : 0);
        s.max_text_length = 20;
        hl_fault_set(what);
        CHECK_FAILS(prepare(&s), HL_ESTORE, "fault.hllm");
        hl_fault_set(NULL);
        CHECK(!exists(in_folder("fault.hllm.tmp")));
        s.max_text_length = 40;
        CHECK(is_current(&s) && is_trusted(&s));
        on_rank_0_remove(s.folder);
    }
}

/* A run of one rank that is killed where everything is written but the folder does not have its name. */
static void kill_before_rename(const hl_prepare_settings *s)
{
    hl_group alone = {.comm = MPI_COMM_SELF, .size = 1};
    int status = 0;
    if (check_world()->rank == 0) {
        pid_t child = fork();
        if (child == 0) {
            hl_prepare_report r;
            hl_fault_set("dataset-rename:0:kill");
            hl_prepare(&alone, s, &r);
            _exit(0);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    hl_group_barrier(check_world());
}

static void a_killed_run_leaves_nothing_that_is_trusted(void)
{
    hl_prepare_settings s = csv_pair("killed", small_interactions, small_texts);
    kill_before_rename(&s);
    CHECK(exists(in_folder("killed.hllm.tmp/manifest.json")));
    CHECK(!exists(s.folder));
    CHECK(!is_current(&s) && !is_trusted(&s));
    CHECK_OK(prepare(&s));
    CHECK(is_current(&s) && is_trusted(&s));
    s.max_text_length = 20;
    kill_before_rename(&s);
    s.max_text_length = 40;
    CHECK(is_current(&s) && is_trusted(&s));
}

/* Called in the middle of the first reading. */
static void change_the_file(void *self, const char *what, double share)
{
    (void)what;
    (void)share;
    FILE *f = fopen(self, "r+b");
    if (f && fseek(f, -2, SEEK_END) == 0) fputc('9', f);
    if (f) fclose(f);
}

static void a_file_that_changes_while_it_is_read_is_refused(void)
{
    hl_prepare_settings s = large_pair("changing", 9000);
    s.progress_self = (void *)(uintptr_t)in_folder("data/changing.csv");
    if (check_world()->rank == 0) s.progress = change_the_file;
    size_t n;
    char *bytes = file_bytes(in_folder("data/changing.csv"), &n);
    CHECK(bytes && n > 3);
    if (bytes) bytes[n - 2] = '0';
    file_write(in_folder("data/changing.csv"), bytes, n);
    set_time(in_folder("data/changing.csv"), 1000000000); /* the clock of files may stand still for some milliseconds */
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "changing.csv: changed while it was read");
    free(bytes);
}

/* A signal in the middle of the first reading. */
static void ask_to_stop(void *self, const char *what, double share)
{
    (void)self;
    (void)what;
    (void)share;
    hl_stop_ask();
}

static void a_signal_to_one_rank_gives_the_preparation_up(void)
{
    hl_prepare_settings s = large_pair("stopped", 9000);
    if (check_world()->rank == check_world()->size - 1) s.progress = ask_to_stop;
    CHECK_FAILS(prepare(&s), HL_ESTOP, "stopped by a signal while reading");
    CHECK(!exists(in_folder("stopped.hllm")) && !exists(in_folder("stopped.hllm.tmp")));
    hl_stop_forget();
    s.progress = NULL;
    CHECK_OK(prepare(&s));
}

/* Reference data */

static const test tests[] = {
    {"what is not a dataset is left alone", what_is_not_a_dataset_is_left_alone},
    {"a place that cannot be written is a storage failure", a_place_that_cannot_be_written_is_a_storage_failure},
    {"a leftover staging folder is written anew unless it holds something else",
     a_leftover_staging_folder_is_written_anew_unless_it_holds_something_else},
    {"two runs do not write one dataset", two_runs_do_not_write_one_dataset},
    {"a failure on one rank is one of all and the old dataset stays",
     a_failure_on_one_rank_is_one_of_all_and_the_old_dataset_stays},
    {"a killed run leaves nothing that is trusted", a_killed_run_leaves_nothing_that_is_trusted},
    {"a file that changes while it is read is refused", a_file_that_changes_while_it_is_read_is_refused},
    {"a signal to one rank gives the preparation up", a_signal_to_one_rank_gives_the_preparation_up},
};
HL_TESTS("prepare-places", tests)
