/* state-dict-show.h - what a file or a folder of weights or vectors holds, for people. */
#ifndef IO_WEIGHTS_STATE_DICT_SHOW_H
#define IO_WEIGHTS_STATE_DICT_SHOW_H
#include "base/error.h"
#include <stdbool.h>
#include <stdio.h>

/* Print the tensors of `where` (hl_state_dict_open) by name, type and shape, and what a safetensors file says of
 * itself; as one JSON object with `json`.  Local. */
hl_status hl_state_dict_show(const char *where, FILE *out, bool json);

/* Is it a file of tensors, by its first bytes?  A zip file is one unless its name says .zip.  Local. */
bool hl_state_dict_is_file(const char *path);

#endif
