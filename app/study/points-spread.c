/* points-spread.c - how many ranks a point has, and on how many nodes. */
#include "app/study/points.h"

enum { MOST_RANKS = 1000000 };

static int times(int whole, int part) { return (int)(((int64_t)whole + part - 1) / part); }

hl_status hl_points_spread(hl_point *p, int node_ranks)
{
    const int said = p->ranks;
    if (!p->nodes && !p->ranks_per_node) {
        p->ranks = said ? said : 1;
        return HL_OK;
    }
    if (!p->nodes) p->nodes = said ? times(said, p->ranks_per_node) : 1;
    if (!p->ranks_per_node) p->ranks_per_node = said ? times(said, p->nodes) : node_ranks;
    const int64_t ranks = (int64_t)p->nodes * p->ranks_per_node;
    if (said && ranks != said)
        return HL_FAIL(HL_EUSAGE,
                       "%d ranks are not %d nodes of %d ranks; give nodes and ranks_per_node, whose product they are",
                       said, p->nodes, p->ranks_per_node);
    if (ranks > MOST_RANKS)
        return HL_FAIL(HL_EUSAGE, "%d nodes of %d ranks have more than %d ranks", p->nodes, p->ranks_per_node,
                       MOST_RANKS);
    p->ranks = (int)ranks;
    return HL_OK;
}
