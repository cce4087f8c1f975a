/* process.c - who a process is: machine, number, batch job, and since when; and whether its launcher still lives. */
#include "base/process.h"
#include "base/log.h"
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

/* Where batch systems say the number of a job: Slurm, PBS, LSF, Flux, OAR, Fujitsu's. */
static const char *const job_names[] = {"SLURM_JOB_ID", "PBS_JOBID",  "LSB_JOBID",
                                        "FLUX_JOB_ID",  "OAR_JOB_ID", "PJM_JOBID"};

/* What launchers of ranks tell each of them: Open MPI's, PMIx (also srun's), PMI. */
static const char *const rank_names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"};

static pid_t launcher;

static const char *first_set(const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *value = getenv(names[i]);
        if (value && *value) return value;
    }
    return NULL;
}

void hl_process_find(hl_process *p)
{
    const char *job = first_set(job_names, sizeof job_names / sizeof job_names[0]),
               *restarts = getenv("SLURM_RESTART_COUNT");
    time_t now = time(NULL);
    struct tm utc;
    *p = (hl_process){.pid = (long)getpid(), .restarts = restarts ? atoi(restarts) : 0};
    snprintf(p->job, sizeof p->job, "%s", job ? job : "");
    if (gethostname(p->host, sizeof p->host - 1) != 0) snprintf(p->host, sizeof p->host, "an unknown host");
    strftime(p->since, sizeof p->since, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
}

void hl_process_host(char host[65])
{
    hl_process me;
    hl_process_find(&me);
    memcpy(host, me.host, sizeof me.host);
}

void hl_process_processor(char *out, size_t room)
{
    char line[300];
    FILE *f = fopen("/proc/cpuinfo", "r");
    snprintf(out, room, "unknown processor");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "model name", 10) != 0 || !strchr(line, ':')) continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(out, room, "%s", strchr(line, ':') + 2);
        break;
    }
    if (f) fclose(f);
}

void hl_process_text(char *out, size_t room, const hl_process *p)
{
    char job[100] = "", restarts[40] = "";
    if (p->restarts) snprintf(restarts, sizeof restarts, " (restart %d)", p->restarts);
    if (*p->job) snprintf(job, sizeof job, ", of job %s%s", p->job, restarts);
    snprintf(out, room, "process %ld on %s%s, since %s", p->pid, p->host, job, p->since);
}

/* ---- the launcher */

void hl_process_remember_launcher(void) { launcher = getppid(); }

static void *watch(void *patience)
{
    const struct timespec half = {.tv_nsec = 500 * 1000 * 1000};
    while (getppid() == launcher) nanosleep(&half, NULL);
    double seconds = *(double *)patience;
    const struct timespec rest = {.tv_sec = (time_t)seconds,
                                  .tv_nsec = (long)(1e9 * (seconds - (double)(time_t)seconds))};
    nanosleep(&rest, NULL);
    hl_log(HL_INFO, "the launcher of the ranks (process %ld) is gone, so they end; start the same command again",
           (long)launcher);
    _exit(1);
}

void hl_process_watch_launcher(double patience)
{
    static double seconds;
    bool is_rank = first_set(rank_names, sizeof rank_names / sizeof rank_names[0]) != NULL;
    sigset_t all, mine;
    pthread_t thread;
    seconds = patience;
    if (!is_rank || !launcher) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &mine); /* signals are for the thread that works */
    if (pthread_create(&thread, NULL, watch, &seconds) == 0) pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &mine, NULL);
}
