/* seats.h - which process sits on which rank of a layout, where the users' ranks are to be somewhere in particular.
 *
 * A layout puts the users on its last ranks.  Processes are numbered by whoever started them, mostly node after node, so users
 * would crowd on the last nodes.  Here processes take ranks of the layout so that users are spread over all, or over
 * the nodes.  A replica of the User LLM sits on neighbours; process 0 stays rank 0, unless all are users. */
#ifndef MODEL_SEATS_H
#define MODEL_SEATS_H
#include "model/layout.h"

typedef enum { HL_USERS_LAST, HL_USERS_SPREAD, HL_USERS_PER_NODE } hl_user_seats;

/* rank (ranks): the rank in the layout of each process; node (ranks): a number for the node of each, from 0 on.  Each process gets
 * one rank.  Colocated users are everywhere, and every process keeps its number. */
void hl_seats_choose(int *rank, const hl_layout *l, hl_user_seats how, const int *node);

#endif
