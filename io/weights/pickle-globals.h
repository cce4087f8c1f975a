/* pickle-globals.h - what names in a pickle stand for.
 *
 * For io/weights/pickle.c.  To know another name: a row of the table in pickle-globals.c. */
#ifndef IO_WEIGHTS_PICKLE_GLOBALS_H
#define IO_WEIGHTS_PICKLE_GLOBALS_H
#include "io/weights/pickle.h"

/* Where a pickle is being read, and where its values go. */
typedef struct {
    const char *path;
    size_t byte;
    hl_arena *arena;
} hl_pickle_place;

struct hl_pickle_global {
    const char *module, *name;
    /* What a call gives; arguments: a tuple.  NULL: it is not called. */
    hl_status (*call)(hl_pickle_value **out, const hl_pickle_place *at, const hl_pickle_value *arguments);
    const char *dtype; /* of the numbers of a storage; NULL: it is none */
};

/* NULL: the name, n and k bytes, is not known. */
const hl_pickle_global *hl_pickle_global_find(const char *module, size_t n, const char *name, size_t k);

/* HL_EFORMAT: what is wrong there. */
hl_status hl_pickle_bad(const hl_pickle_place *at, const char *what);

hl_pickle_value *hl_pickle_make(hl_arena *arena, hl_pickle_kind kind);

#endif
