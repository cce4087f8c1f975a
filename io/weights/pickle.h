/* pickle.h - Python's pickles of tensors and containers, of which nothing is executed.
 *
 * A pickle is a program for a machine with a stack (Python's pickletools.py describes it): most of its opcodes make
 * values, and some call functions by their names.  The names that PyTorch writes for tensors have rows in a table, and
 * stand for values of ours; any other name is refused before anything is made of it.  Storages are named, not read:
 * their bytes are elsewhere. */
#ifndef IO_WEIGHTS_PICKLE_H
#define IO_WEIGHTS_PICKLE_H
#include "base/arena.h"
#include "base/error.h"
#include "io/weights/state-dict.h"

typedef enum {
    HL_PICKLE_NONE,
    HL_PICKLE_BOOL,
    HL_PICKLE_INT,
    HL_PICKLE_FLOAT,
    HL_PICKLE_TEXT,
    HL_PICKLE_TUPLE,
    HL_PICKLE_LIST,
    HL_PICKLE_DICT, /* items: key, value, key, value ... */
    HL_PICKLE_GLOBAL,
    HL_PICKLE_STORAGE,
    HL_PICKLE_TENSOR
} hl_pickle_kind;

typedef struct hl_pickle_value hl_pickle_value;
typedef struct hl_pickle_global hl_pickle_global;

/* Bytes that several tensors may share. */
typedef struct {
    const char *key;   /* its name in the file */
    const char *dtype; /* as hl_state_tensor has it */
    int64_t numbers;
} hl_pickle_storage;

typedef struct {
    const hl_pickle_storage *storage;
    int64_t offset; /* numbers of the storage before the first */
    int ndim;
    int64_t shape[HL_STATE_DIMS], stride[HL_STATE_DIMS];
} hl_pickle_tensor;

struct hl_pickle_value {
    hl_pickle_kind kind;
    int64_t number;   /* BOOL, INT */
    double real;      /* FLOAT */
    const char *text; /* TEXT; ends with a 0 */
    size_t length;
    hl_pickle_value **item; /* TUPLE, LIST, DICT */
    size_t items, room;
    const hl_pickle_global *global;
    const hl_pickle_storage *storage;
    const hl_pickle_tensor *tensor;
    int walked; /* for whoever walks through what may hold itself */
};

/* *out = what the n bytes are the pickle of, laid in the arena.  path: the file, for sentences.  HL_EFORMAT where they
 * are no whole pickle, or one of something else.  The shape and place of a tensor are checked against its storage:
 * all its numbers are in it.  Local. */
hl_status hl_pickle_read(const hl_pickle_value **out, const char *bytes, size_t n, const char *path, hl_arena *arena);

#endif
