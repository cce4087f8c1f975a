/* groups.h - users apart: by how popular their target is, or by how long their history is.
 *
 * To add a grouping: its number here, its row in groups.c, and where its edges can be given an option. */
#ifndef DATA_GROUPS_H
#define DATA_GROUPS_H
#include "data/targets.h"

/* What users are told apart by: a number of each target.  met (items): how often items occur in the training parts. */
typedef struct {
    const char *name; /* as the option `by` has it */
    const char *what; /* in words */
    int64_t (*value)(const hl_targets *t, int64_t i, const int64_t *met);
} hl_grouping;

enum { HL_BY_POPULARITY, HL_BY_LENGTH, HL_GROUPINGS };
extern const hl_grouping hl_groupings[HL_GROUPINGS];

/* NULL: there is none of this name. */
const hl_grouping *hl_grouping_find(const char *name);

enum { HL_GROUPS_MOST = 64 };

/* Group g has the values from[g] to to[g]; groups ascend, and values that are equal are in one. */
typedef struct {
    int n;
    int64_t from[HL_GROUPS_MOST], to[HL_GROUPS_MOST];
} hl_groups;

/* Of value (n), at most so many groups of about as many values each; fewer where many values are equal. */
void hl_groups_by_quantiles(hl_groups *g, const int64_t *value, int64_t n, int groups);

/* Groups that begin at these edges (n), which ascend, and one below them; from 0 to `most`.  Without those that end
 * before they begin. */
void hl_groups_by_edges(hl_groups *g, const int *edge, int n, int64_t most);

/* The group of a value; -1: none has it. */
int hl_groups_find(const hl_groups *g, int64_t value);

#endif
