/* unpretrained.h - defaults of a job whose Item LLM has no pretrained folder.
 *
 * The defaults of the table are those of the public code, which begins with pretrained weights and their tokenizer.
 * Random weights that read bytes would see the prompt and little else, and tell no two texts apart. */
#ifndef APP_CONFIG_UNPRETRAINED_H
#define APP_CONFIG_UNPRETRAINED_H
#include "app/config/config.h"

/* Set the options that were not given and have another default without a pretrained folder.  For hl_config_check. */
void hl_unpretrained_fill(hl_config *c);

/* The default of a key without a pretrained folder, for people: "none without item_pretrain_dir"; NULL where it is
 * the usual one. */
const char *hl_unpretrained_words(const char *key);

#endif
