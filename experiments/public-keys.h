/* public-keys.h - keys of the public HLLM code that are no options here. */
#ifndef EXPERIMENTS_PUBLIC_KEYS_H
#define EXPERIMENTS_PUBLIC_KEYS_H
#include "base/error.h"
#include "experiments/names.h"
#include <stdbool.h>

/* Is it one, or inside one, as optimizer_kwargs.optimizer is? */
bool hl_public_key(const char *key);

/* Does its value mean what we do anyhow, or nothing at all?  HL_EUSAGE with a sentence where it would change the
 * numbers; `where` begins it.  An empty value is none. */
hl_status hl_public_key_check(const char *key, const hl_names *value, const char *where);

#endif
