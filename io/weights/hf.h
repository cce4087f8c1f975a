/* hf.h - a model folder in Hugging Face's form: config.json and safetensors. */
#ifndef IO_WEIGHTS_HF_H
#define IO_WEIGHTS_HF_H
#include "base/error.h"
#include "io/weights/state-dict.h"
#include "model/transformer.h"

/* Fill w (my array) from the folder's files: the tensors of `table` whose names begin with "<side>_llm.".  In the
 * files the names have no such prefix; "model." before them is optional.  table: my share of the side; whole: all
 * tensors of the side.  HL_EFORMAT with one list of the tensors that are missing, unknown or of another shape.  Not
 * read: the head, rotary tables, and the token table where `whole` has none.  Local. */
hl_status hl_hf_read(const char *folder, const hl_params *table, const hl_params *whole, const char *side, float *w);

/* The same of files that are open, those of the folder. */
hl_status hl_hf_read_from(const hl_state_dict *s, const char *folder, const hl_params *table, const hl_params *whole,
                          const char *side, float *w);

#endif
