/* pickle-machine.c - the machine that a pickle is a program for: a stack of values, marks in it, a memo. */
#include "io/weights/pickle-machine.h"
#include "base/array.h"
#include <string.h>

void hl_pickle_add(hl_pickle_machine *m, hl_pickle_value *to, hl_pickle_value *v)
{
    if (to->items == to->room) {
        hl_pickle_value **more = hl_arena_take(m->place.arena, (2 * to->room + 4) * sizeof *more);
        if (to->items) memcpy(more, to->item, to->items * sizeof *more);
        to->room = 2 * to->room + 4;
        to->item = more;
    }
    to->item[to->items++] = v;
}

hl_status hl_pickle_push(hl_pickle_machine *m, hl_pickle_value *v)
{
    HL_RESERVE(m->stack, m->room, m->height + 1);
    m->stack[m->height++] = v;
    return HL_OK;
}

/* The lowest place that may be taken from. */
size_t hl_pickle_floor(const hl_pickle_machine *m) { return m->marks ? m->mark[m->marks - 1] : 0; }

hl_status hl_pickle_pop(hl_pickle_machine *m, hl_pickle_value **v)
{
    *v = NULL;
    if (m->height <= hl_pickle_floor(m)) return hl_pickle_bad(&m->place, "takes from an empty stack");
    *v = m->stack[--m->height];
    return HL_OK;
}

hl_status hl_pickle_top(hl_pickle_machine *m, hl_pickle_value **v)
{
    *v = NULL;
    if (m->height <= hl_pickle_floor(m)) return hl_pickle_bad(&m->place, "looks at an empty stack");
    *v = m->stack[m->height - 1];
    return HL_OK;
}

/* The values above the last mark, which goes. */
hl_status hl_pickle_pop_mark(hl_pickle_machine *m, hl_pickle_value ***v, size_t *n)
{
    *v = NULL;
    *n = 0;
    if (m->marks == 0) return hl_pickle_bad(&m->place, "wants a mark and there is none");
    const size_t from = m->mark[--m->marks];
    *n = m->height - from;
    if (*n) *v = m->stack + from;
    m->height = from;
    return HL_OK;
}

/* ---- arguments */

hl_status hl_pickle_argument(hl_pickle_machine *m, const unsigned char **at, size_t n)
{
    *at = NULL;
    if (n > m->n - m->at) return hl_pickle_bad(&m->place, "its argument leaves the file, which may have been cut off");
    *at = m->bytes + m->at;
    m->at += n;
    return HL_OK;
}

hl_status hl_pickle_number(hl_pickle_machine *m, uint64_t *x, int bytes)
{
    const unsigned char *at;
    HL_TRY(hl_pickle_argument(m, &at, (size_t)bytes));
    *x = 0;
    for (int i = 0; i < bytes; i++) *x |= (uint64_t)at[i] << (8 * i);
    return HL_OK;
}

/* Up to the end of a line. */
hl_status hl_pickle_line(hl_pickle_machine *m, const char **at, size_t *n)
{
    *at = NULL;
    *n = 0;
    const char *from = (const char *)m->bytes + m->at, *end = memchr(from, '\n', m->n - m->at);
    if (!end) return hl_pickle_bad(&m->place, "its argument has no end");
    *at = from;
    *n = (size_t)(end - from);
    m->at += *n + 1;
    return HL_OK;
}
