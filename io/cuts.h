/* cuts.h - where a split cuts the interactions that were read, and what each part has. */
#ifndef IO_CUTS_H
#define IO_CUTS_H
#include "base/error.h"
#include "io/interactions.h"
#include "io/split-report.h"
#include "mpi/group.h"

/* What the rule is on the interactions x, each rank's being those of its own users; and the counts.
 *
 * Of N interactions in the order of time, a temporal split takes the last `test` N for test and the `valid` N
 * before them for validation, each rounded to the nearest number.  Interactions at one time are not to be parted,
 * since nobody knows which came first: all those at the time of a part's first one belong to that part, so that a
 * part has its share at the least and nothing that is as late as a later part is in an earlier one.  The cuts do not
 * depend on the number of ranks.
 *
 * The same on every rank.  HL_EFORMAT where a part would be empty, or nobody would have a target in one, with the
 * reason: all times are equal, or one time has too many interactions.  path: of the interactions, for the sentence.
 * Collective. */
hl_status hl_cuts_find(hl_split *s, hl_split_report *r, const hl_split_rule *rule, const hl_group *g,
                       const hl_interactions *x, const char *path);

#endif
