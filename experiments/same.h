/* same.h - the ranks of a job were started alike: same program, command, options and configuration files; and where
 * their machines differ.
 *
 * Ranks that differ would wait for each other for ever, or train something that nobody asked for.  All functions are
 * collective, and come before anything that depends on what they compare. */
#ifndef EXPERIMENTS_SAME_H
#define EXPERIMENTS_SAME_H
#include "experiments/config.h"
#include "mpi/group.h"

/* The program (version, commit, compiler, flags) and its arguments, argv[0] the command.  With has_config, options
 * of the configuration are left to hl_same_config: what counts there is the value that comes out.  HL_EUSAGE names
 * the first that differs. */
hl_status hl_same_command(const hl_group *world, int argc, char **argv, bool has_config);

/* A file that rank 0 has read (text, n bytes): a rank that has a file of that path has the same.  HL_EUSAGE. */
hl_status hl_same_file(const hl_group *world, const char *path, const char *text, size_t n);

/* Every option's value, from wherever it comes.  HL_EUSAGE names the first that differs. */
hl_status hl_same_config(const hl_group *world, const hl_config *c);

/* Kernels, BLAS and threads, which round each in their way: a warning with counts, since nodes may be of several
 * kinds. */
void hl_same_machines(const hl_group *world, int threads);

#endif
