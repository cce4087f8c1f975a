/* hf-rope.h - the rotary positions that a config.json of Hugging Face describes. */
#ifndef IO_WEIGHTS_HF_ROPE_H
#define IO_WEIGHTS_HF_ROPE_H
#include "io/files/json.h"
#include "model/transformer.h"

/* Fill rope_theta and rope of *out, whose max_position_embeddings is known.  Older files have rope_theta and
 * rope_scaling, newer ones rope_parameters with the theta in it.  HL_EFORMAT where the two differ, or name a scaling
 * that is not here (math/rope-scaling.h).  path: the file, for sentences.  Local. */
hl_status hl_hf_rope(hl_transformer *out, const json_t *config, const char *path);

#endif
