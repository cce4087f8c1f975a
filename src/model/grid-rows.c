/* grid-rows.c - which segments of a pack each row of a grid of ranks has. */
#include "model/grid-rows.h"
#include "model/tensor-group.h"

/* The row of the grid that has segment s: the one in whose share of the tokens its middle lies. */
static int row_with(const hl_pack *pack, int rows, int s)
{
    const int64_t first = pack->begin[0], all = pack->begin[pack->segments] - first,
                  twice = pack->begin[s] + pack->begin[s + 1] - 2 * first;
    return all ? (int)(twice * rows / (2 * all)) : 0;
}

static int first_segment(const hl_pack *pack, int rows, int row)
{
    int s = 0;
    while (s < pack->segments && row_with(pack, rows, s) < row) s++;
    return s;
}

/* Rows of the pack that a row of the grid computes; without segments not the prefix either. */
static int tokens_of(const hl_pack *pack, int first, int end)
{
    return first < end ? pack->prefix + pack->begin[end] - pack->begin[first] : 0;
}

hl_pack hl_grid_rows_part_of(const hl_stack *m, const hl_pack *pack)
{
    const int rows = m->tp->rows, row = hl_tensor_group_row(m->tp);
    const int first = first_segment(pack, rows, row), end = first_segment(pack, rows, row + 1);
    hl_pack mine = *pack;
    mine.T = tokens_of(pack, first, end);
    mine.segments = end - first;
    mine.begin = pack->begin + first;
    mine.prefix = first < end ? pack->prefix : 0;
    return mine;
}

/* Where my rows stand among all, and begins and positions as they are where only my segments are, the first of which is
 * `first` of all. */
static void renumber(hl_pass *p, int first)
{
    const int prefix = p->pack.prefix, from = p->whole->begin[first] - prefix;
    int *begin = (int *)HL_TAKE(p->scratch, int, p->pack.segments + 2) + 1, *row = HL_TAKE(p->scratch, int, p->pack.T),
        *position = HL_TAKE(p->scratch, int, p->pack.T), *sample = HL_TAKE(p->scratch, int, p->pack.T);
    begin[-1] = 0;
    for (int i = 0; i <= p->pack.segments; i++) begin[i] = p->whole->begin[first + i] - from;
    for (int i = 0; i < p->pack.T; i++) row[i] = i < prefix ? i : from + i;
    for (int i = 0; i < p->pack.T; i++) position[i] = p->whole->position[row[i]];
    for (int i = 0; p->whole->sample && i < p->pack.T; i++) sample[i] = p->whole->sample[row[i]];
    p->pack.sample = p->whole->sample ? sample : NULL;
    p->pack.begin = begin;
    p->pack.position = position;
    p->row = row;
}

void hl_grid_rows_take(hl_pass *p)
{
    const int rows = p->m->tp->rows, row = hl_tensor_group_row(p->m->tp);
    int *T = HL_TAKE(p->scratch, int, rows + 1), *n = HL_TAKE(p->scratch, int, rows + 1);
    T[0] = 0;
    for (int r = 0; r <= rows; r++) n[r] = first_segment(p->whole, rows, r);
    for (int r = 0; r < rows; r++) T[r + 1] = T[r] + tokens_of(p->whole, n[r], n[r + 1]);
    p->tokens = T;
    p->segments = n;
    p->pack = hl_grid_rows_part_of(p->m, p->whole);
    p->leads = p->pack.segments > 0 && n[row] == 0;
    renumber(p, n[row]);
}
