/* exchange.c - rows from those who hold them to those who read them, and gradients back. */
#include "mpi/comm/exchange.h"
#include "math/rows.h"
#include <string.h>

/* Running sums of count (p) into begin (p); the total. */
static int begin_each(int *begin, const int *count, int p)
{
    int total = 0;
    for (int r = 0; r < p; r++) {
        begin[r] = total;
        total += count[r];
    }
    return total;
}

void hl_exchange_set_up(hl_exchange *x, const hl_group *g, const hl_readings *r, hl_arena *arena)
{
    int p = g->size, me = g->rank;
    *x = (hl_exchange){.group = g};
    x->send_count = HL_TAKE_ZERO(arena, int, p);
    x->receive_count = HL_TAKE_ZERO(arena, int, p);
    for (int i = 0; i < r->n; i++) {
        if (r->holder[i] == me) x->send_count[r->reader[i]]++;
        if (r->reader[i] == me) x->receive_count[r->holder[i]]++;
    }
    x->send_begin = HL_TAKE_ZERO(arena, int, p);
    x->receive_begin = HL_TAKE_ZERO(arena, int, p);
    x->sent = begin_each(x->send_begin, x->send_count, p);
    x->received = begin_each(x->receive_begin, x->receive_count, p);
    x->send_row = HL_TAKE(arena, int, x->sent);
    x->add_order = HL_TAKE(arena, int, x->sent);
    x->receive_row = HL_TAKE(arena, int, x->received);
    int *sent_to = HL_TAKE_ZERO(arena, int, p), *had_from = HL_TAKE_ZERO(arena, int, p), mine = 0;
    for (int i = 0; i < r->n; i++) {
        int to = r->reader[i], from = r->holder[i];
        if (from == me) {
            int at = x->send_begin[to] + sent_to[to]++;
            x->send_row[at] = r->held[i];
            x->add_order[mine++] = at;
        }
        if (to == me) x->receive_row[x->receive_begin[from] + had_from[from]++] = r->read[i];
    }
}

void hl_exchange_forward(const hl_exchange *x, float *theirs, const float *mine, int D, hl_arena *wire)
{
    size_t mark = hl_arena_mark(wire);
    float *out = HL_TAKE_ROWS(wire, float, x->sent, D), *in = HL_TAKE_ROWS(wire, float, x->received, D);
    hl_rows_gather(out, mine, x->send_row, x->sent, D);
    hl_group_all_to_all(x->group, in, x->receive_count, x->receive_begin, out, x->send_count, x->send_begin,
                        (size_t)D * sizeof *in);
    for (int i = 0; i < x->received; i++)
        memcpy(theirs + (size_t)x->receive_row[i] * (size_t)D, in + (size_t)i * (size_t)D, (size_t)D * sizeof *in);
    hl_arena_back(wire, mark);
}

void hl_exchange_backward(const hl_exchange *x, float *dmine, const float *dtheirs, int D, hl_arena *wire)
{
    size_t mark = hl_arena_mark(wire);
    float *in = HL_TAKE_ROWS(wire, float, x->sent, D), *out = HL_TAKE_ROWS(wire, float, x->received, D);
    hl_rows_gather(out, dtheirs, x->receive_row, x->received, D);
    hl_group_all_to_all(x->group, in, x->send_count, x->send_begin, out, x->receive_count, x->receive_begin,
                        (size_t)D * sizeof *in);
    for (int i = 0; i < x->sent; i++) {
        size_t at = (size_t)x->add_order[i];
        hl_add(dmine + (size_t)x->send_row[at] * (size_t)D, in + at * (size_t)D, (size_t)D);
    }
    hl_arena_back(wire, mark);
}

int64_t hl_exchange_bytes(const hl_exchange *x, int D)
{
    return (int64_t)(x->sent - x->send_count[x->group->rank]) * D * (int64_t)sizeof(float);
}
