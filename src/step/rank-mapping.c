/* rank-mapping.c - which process takes which rank of a layout, where the users' ranks are to be somewhere in
 * particular. */
#include "step/rank-mapping.h"
#include <stdlib.h>

/* The ends of n blocks of processes are as far apart as can be, the last one at the end. */
static void spread(bool *is_user, int ranks, int replicas, int width)
{
    for (int i = 0; i < replicas; i++) {
        const int end = (int)(((int64_t)(i + 1) * ranks + replicas - 1) / replicas);
        for (int r = end - width; r < end; r++) is_user[r] = true;
    }
}

static int count_nodes(const int *node, int ranks)
{
    int most = 0;
    for (int r = 0; r < ranks; r++)
        if (node[r] > most) most = node[r];
    return most + 1;
}

/* The last `width` free processes of a node, or of all nodes (-1); false: there are not so many.  Process 0 is not
 * taken. */
static bool take_last(bool *is_user, const int *node, int ranks, int which, int width)
{
    int found = 0;
    for (int r = 1; r < ranks; r++) found += !is_user[r] && (which < 0 || node[r] == which);
    if (found < width) return false;
    for (int r = ranks - 1; width > 0; r--)
        if (!is_user[r] && (which < 0 || node[r] == which)) is_user[r] = true, width--;
    return true;
}

/* A replica a node, from the last node on, round and round; where none has room, wherever there is some. */
static void one_a_node(bool *is_user, const int *node, int ranks, int replicas, int width)
{
    const int nodes = count_nodes(node, ranks);
    for (int i = 0; i < replicas; i++) {
        bool mapped = false;
        for (int k = 0; k < nodes && !mapped; k++)
            mapped = take_last(is_user, node, ranks, (2 * nodes - 1 - i % nodes - k) % nodes, width);
        if (!mapped && !take_last(is_user, node, ranks, -1, width))
            for (int r = 0; r < ranks; r++) is_user[r] = true; /* all are users */
    }
}

void hl_rank_mapping_make(int *rank, const hl_layout *l, hl_rank_mapping how, const int *node)
{
    const int ranks = l->ranks, width = hl_layout_width(l, HL_USER), replicas = hl_layout_replicas(l, HL_USER);
    for (int r = 0; r < ranks; r++) rank[r] = r;
    if (l->kind == HL_COLOCATED || how == HL_USERS_LAST || l->side[HL_USER].ranks == ranks) return;
    bool *is_user = hl_alloc_zero((size_t)ranks, sizeof *is_user);
    if (how == HL_USERS_SPREAD) spread(is_user, ranks, replicas, width);
    else one_a_node(is_user, node, ranks, replicas, width);
    int user = l->side[HL_USER].begin, other = 0;
    for (int r = 0; r < ranks; r++) {
        if (other == l->side[HL_USER].begin) other += l->side[HL_USER].ranks;
        rank[r] = is_user[r] ? user++ : other++;
    }
    free(is_user);
}
