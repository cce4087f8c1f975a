/* state-dict-file.h - one mapped file of tensors, and the formats that it may have.
 *
 * For io/weights/state-dict.c and the formats.  To add one: a file with its hl_state_format and a row of the table in
 * state-dict.c. */
#ifndef IO_WEIGHTS_STATE_DICT_FILE_H
#define IO_WEIGHTS_STATE_DICT_FILE_H
#include "io/weights/state-dict.h"
#include <stdbool.h>

typedef struct {
    char *path;
    const char *map;
    size_t size;
    void *held; /* by the format: names, and what is not in the map */
    void (*release)(void *held);
} hl_state_file;

/* A list that grows; from {0}. */
typedef struct {
    hl_state_tensor *at;
    int n;
    size_t room;
} hl_state_tensors;

typedef struct {
    bool (*is_it)(const char *bytes, size_t size);
    /* Add the file's tensors, whose names and bytes live as long as f.  No number of them lies outside the map or what
     * the format holds.  Local. */
    hl_status (*read)(hl_state_file *f, hl_state_tensors *out);
} hl_state_format;

extern const hl_state_format hl_state_file_safetensors, hl_state_file_pytorch, hl_state_file_legacy;

/* HL_EFORMAT: what is wrong with a tensor. */
hl_status hl_state_file_bad(const hl_state_tensor *t, const char *what);

/* The strides of numbers that lie row by row. */
void hl_state_file_pack(hl_state_tensor *t);

#endif
