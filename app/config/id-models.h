/* id-models.h - what a configuration means to models that know items by their ids. */
#ifndef APP_CONFIG_ID_MODELS_H
#define APP_CONFIG_ID_MODELS_H
#include "app/config/config.h"

/* Defaults of these models, where nothing is given, and whether what is given goes together.  Of other models, what has
 * no effect is noted. */
hl_status hl_id_models_settle(hl_config *c);

/* The width of the user model that no folder describes, and the option that says it. */
int hl_id_models_user_width(const hl_config *c, const char **key);

/* For --help: "0.1 with SASRec, LLMIDRec"; false where no such model has a default of its own. */
bool hl_id_models_words(char *words, size_t room, const char *key);

#endif
