/* doctor-machine.c - what hllm doctor looks at on each machine: system, memory, limits, shared memory, environment. */
#include "base/limits.h"
#include "base/minmax.h"
#include "base/process.h"
#include "app/bench/doctor.h"
#include "app/train/threads.h"
#include "mpi/comm/launch.h"
#include "mpi/comm/openmpi.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const double MB = 1e6, GB = 1e9;

/* The first line of a file without its end; "" where there is none. */
static void first_line(char *line, int room, const char *path)
{
    FILE *f = fopen(path, "r");
    if (!f || !fgets(line, room, f)) line[0] = 0;
    if (f) fclose(f);
    line[strcspn(line, "\n")] = 0;
}

/* ---- system */

static int count_numa_nodes(void)
{
    int n = 0;
    DIR *dir = opendir("/sys/devices/system/node");
    for (const struct dirent *e; dir && (e = readdir(dir));)
        n += strncmp(e->d_name, "node", 4) == 0 && isdigit((unsigned char)e->d_name[4]);
    if (dir) closedir(dir);
    return n ? n : 1;
}

/* "always [madvise] never": the word in brackets. */
static void chosen(char *out, size_t room, const char *path)
{
    char line[200];
    first_line(line, sizeof line, path);
    const char *begin = strchr(line, '['), *end = begin ? strchr(begin, ']') : NULL;
    snprintf(out, room, "%.*s", end ? (int)(end - begin - 1) : 7, end ? begin + 1 : "unknown");
}

/* Others that compute here, apart from the ranks of this job. */
static void look_at_load(hl_doctor *d)
{
    double load;
    const long online = sysconf(_SC_NPROCESSORS_ONLN);
    if (getloadavg(&load, 1) != 1) return;
    const bool is_busy = load > (double)online + d->node.size;
    hl_finding *f =
        hl_doctor_say(d, is_busy ? HL_DOUBTFUL : HL_FINE,
                      is_busy ? "wait for the other jobs, or ask the batch system for whole machines" : NULL,
                      "%.2g processes wanted to run in the last minute%s", load,
                      is_busy ? ": others compute on these processors" : "");
    hl_finding_figure(f, "load", load);
}

void hl_doctor_system(hl_doctor *d)
{
    struct utsname u;
    char pages[32], processor[100];
    chosen(pages, sizeof pages, "/sys/kernel/mm/transparent_hugepage/enabled");
    hl_process_processor(processor, sizeof processor);
    if (uname(&u) != 0) return;
    hl_finding *f =
        hl_doctor_say(d, HL_FINE, NULL, "%s, %ld processors online, %d NUMA node%s, %s %s, transparent huge pages: %s",
                      processor, sysconf(_SC_NPROCESSORS_ONLN), count_numa_nodes(), count_numa_nodes() == 1 ? "" : "s",
                      u.sysname, u.release, pages);
    hl_finding_figure(f, "processors", (double)sysconf(_SC_NPROCESSORS_ONLN));
    hl_finding_figure(f, "numa_nodes", count_numa_nodes());
    if (strcmp(pages, "never") == 0)
        hl_doctor_say(d, HL_NOTED, "echo madvise >/sys/kernel/mm/transparent_hugepage/enabled, as root",
                      "transparent huge pages are off: large arrays are slower to go through");
    look_at_load(d);
}

/* ---- memory */

void hl_doctor_memory(hl_doctor *d)
{
    hl_cgroup group;
    const double available = hl_limits_memory_available(hl_limits_root()),
                 total = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    hl_cgroup_find(&group, hl_limits_root());
    hl_finding *f = hl_doctor_say(d, HL_FINE, NULL, "%.1f GB of %.1f GB are available", available / GB, total / GB);
    hl_finding_figure(f, "available_bytes", available);
    hl_finding_figure(f, "total_bytes", total);
    if (isfinite(group.memory)) {
        const bool is_tight = group.memory < available;
        f = hl_doctor_say(d, is_tight ? HL_NOTED : HL_FINE,
                          is_tight ? "ask for more memory (sbatch --mem, docker run --memory) if the models need it"
                                   : NULL,
                          "the control group allows %.1f GB", group.memory / GB);
        hl_finding_figure(f, "limit_bytes", group.memory);
    }
}

/* ---- limits of the process */

static const struct {
    unsigned resource; /* as getrlimit calls it */
    const char *name, *flag, *why;
    rlim_t least;
    hl_grade grade; /* where there is less */
} bounds[] = {
    {RLIMIT_NOFILE, "open files", "-n", "shards and connections to other ranks are files", 1024, HL_DOUBTFUL},
    {RLIMIT_STACK, "stack", "-s", "threads take their stacks from it", 4 << 20, HL_DOUBTFUL},
    {RLIMIT_AS, "address space", "-v", "mapped files and arrays count", RLIM_INFINITY, HL_DOUBTFUL},
    {RLIMIT_DATA, "data", "-d", "arrays count", RLIM_INFINITY, HL_DOUBTFUL},
    {RLIMIT_FSIZE, "size of a file", "-f", "a checkpoint of a large model would be cut off", RLIM_INFINITY,
     HL_DOUBTFUL},
    {RLIMIT_NPROC, "processes", "-u", "each thread counts", 256, HL_DOUBTFUL},
};

/* InfiniBand needs memory that stays where it is. */
static void look_at_memlock(hl_doctor *d)
{
    struct rlimit r;
    const bool has_fabric = access("/sys/class/infiniband", F_OK) == 0;
    if (!has_fabric || getrlimit(RLIMIT_MEMLOCK, &r) != 0 || r.rlim_cur == RLIM_INFINITY) return;
    hl_doctor_say(d, HL_DOUBTFUL, "ulimit -l unlimited, in the limits of the batch system's daemon",
                  "locked memory is limited to %.0f kB and there is an InfiniBand device, which needs it",
                  (double)r.rlim_cur / 1e3);
}

void hl_doctor_limits(hl_doctor *d)
{
    bool is_fine = true;
    for (size_t i = 0; i < sizeof bounds / sizeof bounds[0]; i++) {
        struct rlimit r;
        char remedy[100];
        if (getrlimit(bounds[i].resource, &r) != 0 || r.rlim_cur == RLIM_INFINITY || r.rlim_cur >= bounds[i].least)
            continue;
        snprintf(remedy, sizeof remedy, "ulimit %s %s", bounds[i].flag,
                 bounds[i].least == RLIM_INFINITY ? "unlimited" : "with more");
        hl_doctor_say(d, bounds[i].grade, remedy, "%s: the limit is %.4g, and %s", bounds[i].name, (double)r.rlim_cur,
                      bounds[i].why);
        is_fine = false;
    }
    look_at_memlock(d);
    if (is_fine)
        hl_doctor_say(d, HL_FINE, NULL,
                      "open files, stack, address space, size of files and processes are not limited too tightly");
}

/* ---- shared memory and temporary files */

/* What killed jobs have left: segments of Open MPI whose owners are gone are not told apart; they are only counted. */
static int count_segments(double *bytes, const char *folder)
{
    int n = 0;
    DIR *dir = opendir(folder);
    *bytes = 0;
    for (const struct dirent *e; dir && (e = readdir(dir));)
        n += strncmp(e->d_name, "vader_segment.", 14) == 0 || strncmp(e->d_name, "sm_segment.", 11) == 0;
    if (dir) closedir(dir);
    *bytes = n * hl_openmpi_shared_bytes(2) / 2;
    return n;
}

void hl_doctor_shm(hl_doctor *d)
{
    struct statvfs fs;
    const char *folder = hl_openmpi_shared_folder();
    const int ranks = d->node.size, left = count_segments(&(double){0}, folder) - (ranks > 1 ? ranks : 0);
    const double room = hl_openmpi_room(folder), needed = hl_openmpi_shared_bytes(hl_max(ranks, 2));
    const double size = statvfs(folder, &fs) == 0 ? (double)fs.f_blocks * (double)fs.f_frsize : 0;
    hl_finding *f;
    if (room <= 0)
        f = hl_doctor_say(
            d, HL_DOUBTFUL, "mount it for writing, or name a local folder in OMPI_MCA_btl_vader_backing_directory",
            "%s (%.1f MB) is %s: messages between ranks of a machine go another way", folder, size / MB,
            size > 0 && !(fs.f_flag & ST_RDONLY) && access(folder, W_OK) == 0 ? "full" : "read-only or not there");
    else if (room < needed)
        f = hl_doctor_say(
            d, HL_DOUBTFUL,
            "enlarge it (docker run --shm-size), or name a local folder in OMPI_MCA_btl_vader_backing_directory",
            "%s has %.1f MB of %.1f MB free and %d ranks of a machine need %.1f MB: their messages go another way",
            folder, room / MB, size / MB, hl_max(ranks, 2), needed / MB);
    else f = hl_doctor_say(d, HL_FINE, NULL, "%s has %.1f MB of %.1f MB free", folder, room / MB, size / MB);
    hl_finding_figure(f, "free_bytes", room);
    hl_finding_figure(f, "size_bytes", size);
    if (left > 0)
        hl_doctor_say(d, HL_NOTED, "remove the files vader_segment.* there, when no job runs",
                      "%d segments of other jobs, running or killed, are in %s", left, folder);
}

void hl_doctor_tmp(hl_doctor *d)
{
    const double least = 50 * MB;
    const char *folder = hl_openmpi_tmp();
    const double room = hl_openmpi_room(folder);
    hl_finding *f;
    if (room < HL_OPENMPI_TMP_BYTES)
        f = hl_doctor_say(d, HL_FAILS, "set TMPDIR to a local folder that can be written and has room",
                          "%s cannot be written or is full (%.1f MB), and MPI needs it to start", folder, room / MB);
    else if (room < least)
        f = hl_doctor_say(d, HL_DOUBTFUL, "make space there, or set TMPDIR to another local folder",
                          "%s has only %.1f MB free", folder, room / MB);
    else f = hl_doctor_say(d, HL_FINE, NULL, "%s has %.1f GB free", folder, room / GB);
    hl_finding_figure(f, "free_bytes", room);
}

/* ---- copies from one process to another */

/* Read a word of a child that waits: 0, or why not. */
static int read_child(void)
{
    long there = 42, here = 0;
    int status;
    pid_t child = fork();
    if (child < 0) return errno;
    if (child == 0) {
        pause();
        _exit(0);
    }
    struct iovec to = {&here, sizeof here}, from = {&there, sizeof there};
    int error = process_vm_readv(child, &to, 1, &from, 1, 0) == (ssize_t)sizeof here ? 0 : errno;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    return error ? error : here == there ? 0 : EFAULT;
}

void hl_doctor_cma(hl_doctor *d)
{
    char scope[16];
    first_line(scope, sizeof scope, "/proc/sys/kernel/yama/ptrace_scope");
    const int error = read_child();
    if (error)
        hl_doctor_say(
            d, HL_NOTED,
            "start containers with --cap-add SYS_PTRACE; OMPI_MCA_btl_vader_single_copy_mechanism=none if Open MPI "
            "complains",
            "ranks of a machine cannot copy from one another (process_vm_readv: %s): large messages are copied twice",
            strerror(error));
    else if (atoi(scope) >= 2)
        hl_doctor_say(d, HL_NOTED, "sysctl kernel.yama.ptrace_scope=1",
                      "kernel.yama.ptrace_scope is %s: ranks of a machine may not copy from one another", scope);
    else
        hl_doctor_say(d, HL_FINE, NULL, "ranks of a machine copy large messages directly (process_vm_readv%s%s)",
                      scope[0] ? ", ptrace_scope " : "", scope);
}

/* ---- environment */

static bool matters(const char *variable)
{
    static const char *const begins[] = {"OMP_",
                                         "GOMP_",
                                         "KMP_",
                                         "OPENBLAS_",
                                         "MKL_",
                                         "BLIS_",
                                         "GOTO_",
                                         "DNNL_",
                                         "HLLM_",
                                         "MPICH_",
                                         "UCX_",
                                         "FI_",
                                         "SLURM_NTASKS=",
                                         "SLURM_JOB_ID=",
                                         "SLURM_JOB_NUM_NODES=",
                                         "SLURM_CPUS_PER_TASK=",
                                         "SLURM_CPU_BIND=",
                                         "SLURM_MEM_PER_NODE=",
                                         "MALLOC_"};
    static const char *const of_users[] = {"OMPI_MCA_btl",    "OMPI_MCA_pml",       "OMPI_MCA_hwloc_",
                                           "OMPI_MCA_rmaps_", "OMPI_MCA_mpi_yield", "OMPI_MCA_odls_"};
    for (size_t i = 0; i < sizeof begins / sizeof begins[0]; i++)
        if (strncmp(variable, begins[i], strlen(begins[i])) == 0) return true;
    for (size_t i = 0; i < sizeof of_users / sizeof of_users[0]; i++)
        if (strncmp(variable, of_users[i], strlen(of_users[i])) == 0) return true;
    return false;
}

static void list_variables(char *list, size_t room)
{
    size_t at = 0;
    list[0] = 0;
    for (char **v = environ; *v && at < room; v++)
        if (matters(*v)) at += (size_t)snprintf(list + at, room - at, "%s%.60s", at ? " " : "", *v);
    for (char *c = list; *c; c++)
        if (iscntrl((unsigned char)*c)) *c = '?';
}

void hl_doctor_environment(hl_doctor *d)
{
    char list[380];
    const char *kernel = getenv("OPENBLAS_CORETYPE");
    list_variables(list, sizeof list);
    hl_doctor_say(d, HL_FINE, NULL, "%s", list[0] ? list : "no variable of MPI, OpenMP or BLAS is set");
    if (hl_threads_check(hl_threads_of_environment(), (int)sysconf(_SC_NPROCESSORS_ONLN)) != HL_OK)
        hl_doctor_say(d, HL_FAILS, "unset OMP_NUM_THREADS, or set it to the processors of a rank",
                      "OMP_NUM_THREADS=%.40s is beyond reason", getenv("OMP_NUM_THREADS"));
    if (kernel && *kernel)
        hl_doctor_say(d, HL_NOTED, "unset OPENBLAS_CORETYPE unless the kernel is meant",
                      "OPENBLAS_CORETYPE=%.40s decides which kernel OpenBLAS takes", kernel);
}
