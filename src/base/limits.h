/* limits.h - what the system lets this process have: memory, and shares of processors.
 *
 * A control group (cgroup, version 1 or 2) limits a container or a batch job below what the machine has; malloc does
 * not know that, and the process is killed when it touches too much.  `root` is "" but in tests, where it holds a
 * copy of the files of /proc and /sys. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

typedef struct {
    double memory; /* bytes; INFINITY: no limit */
    double cpus;   /* processors' worth of time; INFINITY: no limit */
} hl_cgroup;

/* The tightest limits of the control groups that this process is in.  HLLM_SYSTEM_ROOT names another root than "". */
void hl_cgroup_find(hl_cgroup *c, const char *root);

/* Bytes that could be had without swapping anything, and swap that is free; 0 where the system does not say. */
double hl_limits_memory_available(const char *root);

/* The root that HLLM_SYSTEM_ROOT names, for tests; "" else. */
const char *hl_limits_root(void);

/* A limit as /proc and cgroups write it: "max" and huge numbers are none. */
double hl_limits_parse(const char *text);

#endif
