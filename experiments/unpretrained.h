/* unpretrained.h - defaults of a job whose Item LLM has no pretrained folder.
 *
 * The defaults of the table are those of the public code, which begins with pretrained weights and their tokenizer.
 * Random weights that read bytes would see the prompt and little else, and tell no two texts apart. */
#ifndef EXPERIMENTS_UNPRETRAINED_H
#define EXPERIMENTS_UNPRETRAINED_H
#include "experiments/config.h"

/* Fill in what was not given and has another default here.  For hl_config_check. */
void hl_unpretrained_fill(hl_config *c);

/* The other default of a key, for people: "none without item_pretrain_dir"; NULL where there is none. */
const char *hl_unpretrained_words(const char *key);

#endif
