/* rank-mapping.h - which process takes which rank of a layout, where the users' ranks are to be somewhere in
 * particular.
 *
 * A layout puts the users on its last ranks.  Processes are numbered by whoever started them, mostly node after node,
 * so users would crowd on the last nodes.  Here processes take ranks of the layout so that users are spread over all,
 * or over the nodes.  A replica of the User LLM is on neighbours; process 0 stays rank 0, unless all are users. */
#ifndef STEP_RANK_MAPPING_H
#define STEP_RANK_MAPPING_H
#include "step/layout.h"

typedef enum { HL_USERS_LAST, HL_USERS_SPREAD, HL_USERS_PER_NODE } hl_rank_mapping;

/* rank (ranks): the rank in the layout of each process; node (ranks): a number for the node of each, from 0 on.  Each
 * process gets one rank.  Colocated users are everywhere, and every process keeps its number. */
void hl_rank_mapping_make(int *rank, const hl_layout *l, hl_rank_mapping how, const int *node);

#endif
