/* interactions.h - the interactions file: who met what, and when.
 *
 * The columns item, user and timestamp are found by their names, or by their order in a file of three
 * (io/dataset/columns.h), labels where they are wanted by the name that is given (io/dataset/label.h); other columns
 * are not read.  Ids are any bytes, at least one; a timestamp is a whole number
 * of 64 bits (io/dataset/timestamp.h).  Items and users are numbered in the order of first appearance.  Every item of
 * the file is in the catalogue; users with fewer than three interactions are left out.
 *
 * Each rank reads the rows of its part of the file.  The ranks number the ids together, and send the interactions to
 * the ranks that keep their users.  So a rank has the memory of all ids, of a part of the file and of its own
 * interactions. */
#ifndef IO_DATASET_INTERACTIONS_H
#define IO_DATASET_INTERACTIONS_H
#include "base/error.h"
#include "io/dataset/deal.h"
#include "io/files/excerpt.h"
#include "io/dataset/idtable.h"
#include "io/dataset/label.h"
#include "io/dataset/manifest.h"
#include "io/files/progress.h"
#include "data/split.h"
#include "mpi/comm/group.h"
#include <stddef.h>
#include <stdint.h>

typedef struct {
    hl_idtable *items, *users; /* all of the file; item number i of the table is item i + 1 */
    int32_t *kept;             /* (users of the table) number in the dataset; -1: left out */
    hl_deal deal;              /* users of the dataset; below, one slot a user of mine */
    int32_t *user;             /* (slots) number in the table */
    int64_t *begin;            /* (slots + 1) */
    int32_t *item;             /* (begin[slots]) by time, equal times in the order of the file */
    int64_t *time;
    uint8_t *label; /* of each item; NULL: no labels are wanted */
    hl_source_facts facts;
    char times_apart[2][HL_EXCERPT]; /* a time on each side of a gap, each on the rank that read it; empty elsewhere */
    char ids_missing
        [2][HL_EXCERPT];      /* a user and an item whose ids say that they are missing, on rank 0; empty elsewhere */
    hl_prepare_report report; /* what I know alone: the whole file's counts on rank 0, my users' on every rank */
} hl_interactions;

/* Read the file for the ranks of g.  Collective.
 * Close *x also after a failure. */
hl_status hl_interactions_read(hl_interactions *x, const hl_group *g, const char *path, size_t field_limit,
                               int64_t shard_users, const hl_label_choice *labels, hl_progress *progress);
void hl_interactions_close(hl_interactions *x);

#endif
