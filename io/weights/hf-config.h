/* hf-config.h - the shape that a config.json of Hugging Face describes. */
#ifndef IO_WEIGHTS_HF_CONFIG_H
#define IO_WEIGHTS_HF_CONFIG_H
#include "base/error.h"
#include "model/transformer.h"

/* The shape that <folder>/config.json describes; its family is model_type
 * (model/family.h).  What our transformer would compute differently (biases on demand, scaled rotary positions, another
 * activation) is HL_EFORMAT with a sentence.  Local. */
hl_status hl_hf_config(const char *folder, hl_transformer *out);

#endif
