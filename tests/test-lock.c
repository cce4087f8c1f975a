/* test-lock.c - a folder belongs to one job at a time, whatever ends that job. */
#include "tests/check.h"
#include "base/clock.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/lock.h"
#include "io/files/regular.h"
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[PATH_MAX], path[PATH_MAX];

static void new_folder(const char *name)
{
    snprintf(folder, sizeof folder, "%s/%.100s", check_folder(), name);
    snprintf(path, sizeof path, "%s/%.100s/lock", check_folder(), name);
    CHECK_OK(hl_folder_make(folder));
}

static bool says(const char *words)
{
    char *text;
    size_t n;
    CHECK_OK(hl_regular_read(path, 1000, &text, &n));
    bool does = strstr(text, words) != NULL;
    free(text);
    return does;
}

static void a_folder_has_one_owner(void)
{
    hl_lock *mine, *other, *next;
    char whose[60];
    new_folder("one");
    setenv("SLURM_JOB_ID", "42", 1);
    CHECK_OK(hl_lock_take(&mine, folder, 0));
    unsetenv("SLURM_JOB_ID");
    snprintf(whose, sizeof whose, "another job works in this folder: process %ld on ", (long)getpid());
    CHECK_FAILS(hl_lock_take(&other, folder, 0), HL_EUSAGE, whose);
    hl_lock_release(other);
    CHECK_FAILS(hl_lock_take(&other, folder, 0), HL_EUSAGE, ", of job 42, since 20");
    hl_lock_release(other);
    hl_lock_release(mine);
    CHECK_OK(hl_lock_take(&next, folder, 0));
    hl_lock_release(next);
}

/* A second descriptor of the file that is closed must not give the folder away. */
static void whoever_reads_the_file_takes_nothing(void)
{
    hl_lock *mine, *other;
    new_folder("read");
    CHECK_OK(hl_lock_take(&mine, folder, 0));
    CHECK(says("\"pid\""));
    CHECK_FAILS(hl_lock_take(&other, folder, 0), HL_EUSAGE, "another job");
    hl_lock_release(other);
    hl_lock_release(mine);
}

/* A child that has the folder and then ends by `how`; 0: it gives it back. */
static pid_t child_with_folder(int how)
{
    int told[2];
    char byte = 0;
    CHECK(pipe(told) == 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        hl_lock *l;
        bool has = hl_lock_take(&l, folder, 0) == HL_OK;
        if (write(told[1], has ? "y" : "n", 1) != 1) _exit(1);
        usleep(700 * 1000);
        if (how) raise(how);
        hl_lock_release(l);
        _exit(0);
    }
    CHECK(read(told[0], &byte, 1) == 1 && byte == 'y');
    close(told[0]);
    close(told[1]);
    return child;
}

static void the_folder_is_free_after(int how)
{
    hl_lock *mine;
    new_folder(how ? "killed" : "ended");
    pid_t child = child_with_folder(how);
    CHECK_FAILS(hl_lock_take(&mine, folder, 0.1), HL_EUSAGE, "another job");
    hl_lock_release(mine);
    double begin = hl_seconds();
    CHECK_OK(hl_lock_take(&mine, folder, 20)); /* waits */
    CHECK(hl_seconds() - begin > 0.2);
    CHECK(says("\"since\"") && !says("\"ended\""));
    hl_lock_release(mine);
    CHECK(says("\"ended\""));
    waitpid(child, NULL, 0);
}

static void an_owner_that_ends_gives_it_back(void) { the_folder_is_free_after(0); }

static void the_lock_of_a_killed_owner_is_taken_over(void) { the_folder_is_free_after(SIGKILL); }

static void what_stands_in_the_file_does_not_matter(void)
{
    static const char *const texts[] = {
        "", "nonsense", "{}", "{\"host\": 1}",
        "{\"host\": \"h\", \"pid\": 1, \"job\": \"\", \"restarts\": 0, \"since\": \"x\"}"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hl_lock *l;
        new_folder("texts");
        CHECK_OK(hl_atomic_write(path, texts[i], strlen(texts[i])));
        CHECK_OK(hl_lock_take(&l, folder, 0));
        hl_lock_release(l);
    }
}

static void a_folder_that_cannot_be_made_cannot_be_had(void)
{
    hl_lock *l;
    new_folder("file");
    CHECK_OK(hl_atomic_write(path, "", 0));
    strcat(folder, "/lock/not");
    CHECK_FAILS(hl_lock_take(&l, folder, 0), HL_ESTORE, "/lock: cannot make this folder");
    hl_lock_release(l);
    hl_lock_release(NULL);
}

static bool is_there(void) { return access(folder, F_OK) == 0; }

static void a_folder_in_which_nothing_happened_goes_with_its_lock(void)
{
    hl_lock *l;
    char other[PATH_MAX + 10];
    new_folder("empty");
    CHECK_OK(hl_lock_take(&l, folder, 0));
    hl_lock_release(l);
    CHECK(is_there()); /* it was there before */
    strcat(folder, "/inside");
    CHECK_OK(hl_lock_take(&l, folder, 0));
    CHECK(is_there());
    hl_lock_release(l);
    CHECK(!is_there());
    CHECK_OK(hl_lock_take(&l, folder, 0));
    snprintf(other, sizeof other, "%s/file", folder);
    CHECK_OK(hl_atomic_write(other, "", 0));
    hl_lock_release(l);
    CHECK(is_there());
}

/* Whoever waited for a lock that was taken away with its folder makes both anew. */
static void a_lock_that_was_taken_away_is_nobodys(void)
{
    hl_lock *mine, *other;
    new_folder("away");
    strcat(folder, "/inside");
    CHECK_OK(hl_lock_take(&mine, folder, 0));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) { /* it inherits the lock, and keeps it 0.3 s longer than the file is there */
        usleep(300 * 1000);
        _exit(0);
    }
    hl_lock_release(mine);
    CHECK(!is_there());
    CHECK_OK(hl_lock_take(&mine, folder, 5));
    CHECK_FAILS(hl_lock_take(&other, folder, 0), HL_EUSAGE, "another job");
    hl_lock_release(other);
    waitpid(child, NULL, 0);
    hl_lock_release(mine);
}

static const test tests[] = {
    {"a folder has one owner", a_folder_has_one_owner},
    {"whoever reads the file takes nothing", whoever_reads_the_file_takes_nothing},
    {"an owner that ends gives it back", an_owner_that_ends_gives_it_back},
    {"the lock of a killed owner is taken over", the_lock_of_a_killed_owner_is_taken_over},
    {"what stands in the file does not matter", what_stands_in_the_file_does_not_matter},
    {"a folder that cannot be made cannot be had", a_folder_that_cannot_be_made_cannot_be_had},
    {"a folder in which nothing happened goes with its lock", a_folder_in_which_nothing_happened_goes_with_its_lock},
    {"a lock that was taken away is nobody's", a_lock_that_was_taken_away_is_nobodys},
};
HL_TESTS("lock", tests)
