/* hf-names.h - where a parameter is in a folder's files: under which name, and which part of that tensor.
 *
 * What a file calls a tensor depends on the class that saved it and on the version of the library, so it is found by
 * looking: with and without what comes before the layers, and under the names of a table. */
#ifndef IO_WEIGHTS_HF_NAMES_H
#define IO_WEIGHTS_HF_NAMES_H
#include "io/weights/state-dict.h"
#include <stdbool.h>

/* A parameter is part `part` of `parts` equal ones of the tensor, along its first axis. */
typedef struct {
    const hl_state_tensor *tensor; /* NULL: there is none */
    int part, parts;
} hl_hf_place;

/* name: without the side, as model.layers.0.self_attn.q_proj.weight. */
hl_hf_place hl_hf_names_find(const hl_state_dict *s, const char *name);

/* Is a tensor of a file one that no model here has a use for? */
bool hl_hf_names_is_idle(const char *name);

#endif
