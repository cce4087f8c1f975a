/* saved.c - what a block saves for its backward: a table of arrays. */
#include "model/saved.h"
#include "model/norm-kind.h"
#include <stddef.h>

/* Which rows an array has, and how wide they are. */
enum { KEPT, ALL, OUT_KEPT, OUT, APART, NORMED_OUT, NORMED_ALL, BEFORE, ADDED };
enum { NORM, ONE, HIDDEN, QKV, QUERIES, HEADS, GATE_UP, KEYS, KEY_HEADS, WIDTHS };

static const struct {
    size_t at;
    int rows, width;
} arrays[] = {
    {offsetof(hl_block_saved, x), KEPT, HIDDEN},
    {offsetof(hl_block_saved, rstd), BEFORE, NORM},
    {offsetof(hl_block_saved, qkv), ALL, QKV},
    {offsetof(hl_block_saved, q), APART, QUERIES},
    {offsetof(hl_block_saved, o), OUT, QUERIES},
    {offsetof(hl_block_saved, lse), OUT, HEADS},
    {offsetof(hl_block_saved, h), OUT_KEPT, HIDDEN},
    {offsetof(hl_block_saved, mlp_rstd), OUT_KEPT, NORM},
    {offsetof(hl_block_saved, gu), OUT, GATE_UP},
    {offsetof(hl_block_saved, s), ADDED, HIDDEN},
    {offsetof(hl_block_saved, out_rstd), ADDED, NORM},
    {offsetof(hl_block_saved, head_q), NORMED_OUT, QUERIES},
    {offsetof(hl_block_saved, q_rstd), NORMED_OUT, HEADS},
    {offsetof(hl_block_saved, head_k), NORMED_ALL, KEYS},
    {offsetof(hl_block_saved, k_rstd), NORMED_ALL, KEY_HEADS},
};
enum { ARRAYS = sizeof arrays / sizeof arrays[0] };

static float **array_of(hl_block_saved *b, int i) { return (float **)(void *)((char *)b + arrays[i].at); }

static void widths_of(int width[WIDTHS], const hl_stack *m, bool apart)
{
    const hl_widths s = hl_widths_of(m);
    const int each[WIDTHS] = {m->norm->numbers, 1,  m->hidden, apart ? s.qkv - s.od : s.qkv, s.od, s.H, s.gu,
                              s.K * s.d,        s.K};
    for (int i = 0; i < WIDTHS; i++) width[i] = each[i];
}

hl_block_saved hl_saved_lay(const hl_stack *m, const hl_saved_rows *r, bool normed, hl_arena *arena)
{
    const bool after = hl_transformer_family(&m->shape)->order == HL_NORM_AFTER;
    const int rows[] = {
        [KEPT] = r->kept,
        [ALL] = r->all,
        [OUT_KEPT] = r->out_kept,
        [OUT] = r->out,
        [APART] = r->apart ? r->out : 0,
        [NORMED_OUT] = normed ? r->out : 0,
        [NORMED_ALL] = normed ? r->all : 0,
        [BEFORE] = after ? 0 : r->kept,
        [ADDED] = after ? r->out_kept : 0,
    };
    hl_block_saved b;
    int width[WIDTHS];
    widths_of(width, m, r->apart);
    for (int i = 0; i < ARRAYS; i++)
        *array_of(&b, i) = HL_TAKE_ROWS(arena, float, rows[arrays[i].rows], width[arrays[i].width]);
    return b;
}

hl_block_saved hl_saved_from(const hl_block_saved *b, const hl_stack *m, int t)
{
    hl_block_saved rest = *b;
    int width[WIDTHS];
    widths_of(width, m, false);
    for (int i = 0; i < ARRAYS; i++) *array_of(&rest, i) += (size_t)t * (size_t)width[arrays[i].width];
    return rest;
}
