/* same.h - were the ranks of a job started alike: with the same program, command, options and configuration files?
 *
 * Ranks that differ would wait for each other for ever, or train something that nobody asked for.  All functions are
 * collective, and are called before anything that depends on what they compare. */
#ifndef APP_CONFIG_SAME_H
#define APP_CONFIG_SAME_H
#include "app/config/config.h"
#include "mpi/comm/group.h"

/* Compare the program (version, commit, compiler, flags) and its arguments; argv[0] is the command.  With has_config
 * the options of the configuration are left to hl_same_config, which compares their values.  HL_EUSAGE names the
 * first difference. */
hl_status hl_same_command(const hl_group *world, int argc, char **argv, bool has_config);

/* Compare a file that rank 0 has read (text, n bytes) with the file of that path on other ranks, where they have
 * one.  HL_EUSAGE. */
hl_status hl_same_file(const hl_group *world, const char *path, const char *text, size_t n);

/* Compare every option's value, wherever it comes from.  HL_EUSAGE names the first difference. */
hl_status hl_same_config(const hl_group *world, const hl_config *c);

/* Warn, with counts, where kernels, BLAS or threads differ: they round differently, but nodes may be of several
 * kinds. */
void hl_same_machines(const hl_group *world, int threads);

#endif
