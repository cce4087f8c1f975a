/* pickle-machine.h - the machine that a pickle is a program for: a stack of values, marks in it, a memo.
 *
 * For io/weights/pickle.c.  What takes from the machine or its bytes is HL_EFORMAT where there is too little. */
#ifndef IO_WEIGHTS_PICKLE_MACHINE_H
#define IO_WEIGHTS_PICKLE_MACHINE_H
#include "io/weights/pickle-globals.h"
#include <stdbool.h>

typedef struct {
    hl_pickle_place place; /* of the opcode that is carried out */
    const unsigned char *bytes;
    size_t n, at;
    hl_pickle_value **stack, **memo;
    size_t *mark;
    size_t height, marks, memos, room, mark_room, memo_room;
    bool done;
} hl_pickle_machine;

/* Add an item to a container. */
void hl_pickle_add(hl_pickle_machine *m, hl_pickle_value *to, hl_pickle_value *v);

hl_status hl_pickle_push(hl_pickle_machine *m, hl_pickle_value *v);
/* The value on top, which goes; which stays. */
hl_status hl_pickle_pop(hl_pickle_machine *m, hl_pickle_value **v);
hl_status hl_pickle_top(hl_pickle_machine *m, hl_pickle_value **v);
/* The n values above the last mark, which goes with them; they stand until the next push. */
hl_status hl_pickle_pop_mark(hl_pickle_machine *m, hl_pickle_value ***v, size_t *n);
/* The lowest place that may be taken from. */
size_t hl_pickle_floor(const hl_pickle_machine *m);

/* Of the bytes that follow: n of them; a number of so many, the lowest first; those up to the end of a line. */
hl_status hl_pickle_argument(hl_pickle_machine *m, const unsigned char **at, size_t n);
hl_status hl_pickle_number(hl_pickle_machine *m, uint64_t *x, int bytes);
hl_status hl_pickle_line(hl_pickle_machine *m, const char **at, size_t *n);

#endif
