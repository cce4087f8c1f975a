/* agreement.h - do all ranks have the same names and values?
 *
 * Each rank has a list.  Where all lists are equal the comparison costs two messages of eight bytes; the lists
 * travel only where they differ. */
#ifndef MPI_COMM_AGREEMENT_H
#define MPI_COMM_AGREEMENT_H
#include "mpi/comm/group.h"

/* A list of names and values, which it owns.  Starts from {0}; release with hl_settings_free. */
typedef struct {
    char *name, *value;
} hl_setting;
typedef struct {
    hl_setting *at;
    int n;
    size_t room;
} hl_settings;

/* Add a setting at the end of the list.  Local. */
void hl_settings_add(hl_settings *s, const char *name, const char *value);
void hl_settings_free(hl_settings *s);

/* Sort by name, then by value: for lists in which a rank may lack names.  Local. */
void hl_settings_sort(hl_settings *s);

/* HL_OK where all lists equal rank 0's; else `status` on all ranks, with the first name that differs, both values,
 * rank and host of each, how many ranks differ, and `advice`.  The lists have the same names in the same order, or
 * are sorted.  Collective. */
hl_status hl_settings_agree(const hl_group *g, const hl_settings *mine, hl_status status, const char *advice);

/* out: how many ranks have which value, "avx512 on 3 ranks (from rank 0 of node a on), avx2 on 1 rank (rank 3 of
 * node b)".  False and "" where all have the same.  Collective. */
bool hl_settings_count(char *out, size_t room, const hl_group *g, const char *value);

#endif
