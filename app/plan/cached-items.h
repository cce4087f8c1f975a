/* cached-items.h - the item side where item_cache names a file of vectors: a table of them, which nothing trains. */
#ifndef APP_PLAN_CACHED_ITEMS_H
#define APP_PLAN_CACHED_ITEMS_H
#include "app/config/config.h"

/* Its shape, as wide as the file's vectors; those of a file that is still to be made are as wide as the user model
 * reads them.  HL_EUSAGE where the user model is of another width, HL_EFORMAT where the file has no vectors of items.
 * Local. */
hl_status hl_cached_items_shape(hl_transformer *item, hl_transformer *user, const hl_config *c);

#endif
