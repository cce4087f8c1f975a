/* public-keys.h - keys of the public HLLM code that are no options of this program. */
#ifndef APP_CONFIG_PUBLIC_KEYS_H
#define APP_CONFIG_PUBLIC_KEYS_H
#include "base/error.h"
#include "app/config/names.h"
#include <stdbool.h>

/* Is `key` such a key, or inside one, as optimizer_kwargs.optimizer is? */
bool hl_public_key(const char *key);

/* HL_OK where the value has no effect, or the one that this program has anyhow.  HL_EUSAGE with a sentence, begun by
 * `where`, where it would change the numbers.  An empty value is none. */
hl_status hl_public_key_check(const char *key, const hl_names *value, const char *where);

#endif
