/* test-process.c - a process can say who it is, and a rank does not outlive its launcher. */
#include "tests/check.h"
#include "base/clock.h"
#include "base/process.h"
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void words_are(const char *job, const char *restarts, const char *wanted)
{
    hl_process p;
    char text[300];
    setenv("SLURM_JOB_ID", job, 1);
    setenv("SLURM_RESTART_COUNT", restarts, 1);
    hl_process_find(&p);
    hl_process_text(text, sizeof text, &p);
    CHECK(p.pid == (long)getpid());
    CHECK(strstr(text, wanted) != NULL);
    CHECK(strstr(text, p.host) != NULL);
    CHECK(strlen(p.since) == 20 && p.since[10] == 'T' && p.since[19] == 'Z');
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
}

static void a_process_names_its_job(void)
{
    words_are("42", "2", ", of job 42 (restart 2), since 20");
    words_are("42", "0", ", of job 42, since 20");
    hl_process p;
    hl_process_find(&p);
    CHECK(!*p.job && p.restarts == 0);
}

/* The other systems name theirs in their own way. */
static void other_batch_systems_have_jobs_too(void)
{
    hl_process p;
    setenv("PBS_JOBID", "17.server", 1);
    hl_process_find(&p);
    CHECK(strcmp(p.job, "17.server") == 0);
    unsetenv("PBS_JOBID");
}

/* A rank that would live on for four seconds, and its launcher, who is gone at once; seconds until the rank has
 * ended. */
static double outlives(const char *rank)
{
    int end[2];
    char none;
    CHECK(pipe(end) == 0);
    fflush(NULL);
    pid_t launcher = fork();
    if (launcher == 0) {
        unsetenv("OMPI_COMM_WORLD_SIZE"), unsetenv("PMIX_RANK"), unsetenv("PMI_RANK");
        if (rank) setenv("PMIX_RANK", rank, 1);
        if (fork() == 0) { /* the rank; its end of the pipe closes with it */
            hl_process_remember_launcher();
            hl_process_watch_launcher(0);
            close(end[0]);
            if (write(end[1], "1", 1) == 1) usleep(4 * 1000 * 1000);
            _exit(0);
        }
        if (read(end[0], &none, 1) != 1) _exit(1);
        _exit(0);
    }
    close(end[1]);
    waitpid(launcher, NULL, 0);
    double begin = hl_seconds();
    CHECK(read(end[0], &none, 1) == 0);
    close(end[0]);
    return hl_seconds() - begin;
}

static void a_rank_ends_with_its_launcher(void) { CHECK(outlives("0") < 3); }

static void a_process_without_a_launcher_may_outlive_its_shell(void) { CHECK(outlives(NULL) > 3); }

static const test tests[] = {
    {"a process names its job", a_process_names_its_job},
    {"other batch systems have jobs too", other_batch_systems_have_jobs_too},
    {"a rank ends with its launcher", a_rank_ends_with_its_launcher},
    {"a process without a launcher may outlive its shell", a_process_without_a_launcher_may_outlive_its_shell},
};
HL_TESTS("process", tests)
