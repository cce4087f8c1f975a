/* hllm-dict.h - the state dict of the public HLLM code: both models, [ITEM] and the temperature under one roof.
 *
 *     item_llm.model.layers.0. ...   user_llm.model. ...   item_emb_tokens   logit_scale
 *
 * Models of item ids have item_embedding.weight for the first, and names of their own for the others: trm_encoder. ...,
 * _hstu. ....  Before these may stand something ("module." of DeepSpeed), the same for all. */
#ifndef IO_WEIGHTS_HLLM_DICT_H
#define IO_WEIGHTS_HLLM_DICT_H
#include "io/weights/hf.h"
#include "mpi/comm/group.h"
#include <limits.h>
#include <stdbool.h>

/* Is `path` such a dict, by its kind: a file; or a folder with one, which is no checkpoint of ours?  out: what to open.
 * Local. */
bool hl_hllm_dict_find(char out[PATH_MAX], const char *path);

/* Fill w from the dict: all tensors of `table`, of the side ("item" or "user"), my share; whole: the tensors of the
 * whole side.  HL_EFORMAT where it is no dict of HLLM, or one of other shapes.  Collective over g, whose ranks each
 * have a share. */
hl_status hl_hllm_dict_read_together(const hl_group *g, const char *where, const hl_params *table,
                                     const hl_params *whole, const char *side, float *w);

#endif
