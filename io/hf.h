/* hf.h - a model folder in Hugging Face's form: config.json and safetensors. */
#ifndef IO_HF_H
#define IO_HF_H
#include "base/error.h"
#include "model/llama.h"

/* The shape that <folder>/config.json describes; llama and mistral are known.  What our transformer would compute
 * differently (biases, scaled rotary positions, another activation) is HL_EFORMAT with a sentence.  Local. */
hl_status hl_hf_config(const char *folder, hl_llama *out);

/* whole: the tensors of the whole side; table: what of them is mine.  Fill w (my array) with those tensors of the
 * table that begin with "<side>_llm.", from the folder's files.  The names there are without that prefix and may be
 * without "model." too.  Tensors that are missing, unknown or of another shape are listed together in one sentence.
 * The head, rotary tables and, where the table has none, the token table are left alone.  Local. */
hl_status hl_hf_read(const char *folder, const hl_params *table, const hl_params *whole, const char *side, float *w);

#endif
