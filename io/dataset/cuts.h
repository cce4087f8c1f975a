/* cuts.h - where a split cuts the interactions, and what each part has. */
#ifndef IO_DATASET_CUTS_H
#define IO_DATASET_CUTS_H
#include "base/error.h"
#include "io/dataset/interactions.h"
#include "io/dataset/split-report.h"
#include "mpi/comm/group.h"

/* Apply the rule to the interactions x, of which each rank has the ones of its own users; count what each part gets.
 *
 * Of N interactions in the order of time, a temporal split takes the last test * N for the test part and the valid *
 * N before them for the validation part, each rounded to the nearest number.  Interactions at one time stay
 * together, since nobody knows which came first: all interactions at the time of a part's first one belong to that
 * part.  So a part has its share at the least, and every interaction of a part is earlier than all of the later
 * parts.  The cuts do not depend on the number of ranks.
 *
 * The same on every rank.  HL_EFORMAT, with the reason, where a part would be empty or have no target: all times are
 * equal, or one time has too many interactions.  path: the interactions file, for the sentence.  Collective. */
hl_status hl_cuts_find(hl_split *s, hl_split_report *r, const hl_split_rule *rule, const hl_group *g,
                       const hl_interactions *x, const char *path);

#endif
