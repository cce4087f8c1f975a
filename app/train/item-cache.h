/* item-cache.h - the vectors of a file (item_cache) as the item side of a job.
 *
 * The item side is a table with a row an item, which nothing trains.  A rank of the first replica reads the rows of its
 * share by the ids that data and file have in common, and gives them to the others.  No checkpoint has the table; its
 * state says which vectors they were. */
#ifndef APP_TRAIN_ITEM_CACHE_H
#define APP_TRAIN_ITEM_CACHE_H
#include "app/train/job.h"

/* Fill the table, and say in j->cache what it holds; nothing without item_cache.  HL_EUSAGE where an item of the data
 * has no vector in the file.  Collective. */
hl_status hl_item_cache_read(hl_job *j);

/* {"file", "model", "vectors"} of a job with item_cache, NULL of another; a new reference. */
json_t *hl_item_cache_json(const hl_job *j);

/* Functions for rank 0.  origin: that of the state in the checkpoint at `path` (app/train/origin.h), NULL: unknown. */

/* Were the item vectors of the training those of the job?  HL_EUSAGE where not. */
hl_status hl_item_cache_check_same(const hl_job *j, const json_t *origin, const char *path);

/* Has the checkpoint the weights of an Item LLM, where the job wants them?  HL_EUSAGE where not. */
hl_status hl_item_cache_check_items(const hl_job *j, const json_t *origin, const char *path);

#endif
