/* id-shapes.h - the shapes of models that know items by their ids. */
#ifndef APP_PLAN_ID_SHAPES_H
#define APP_PLAN_ID_SHAPES_H
#include "app/config/config.h"

/* The shape of SASRec's or HSTU's user model, where c has one of them; else user stays as it is. */
void hl_id_shapes_make_user(hl_transformer *user, const hl_config *c);

/* Both shapes of the model that c names; user holds the User LLM's where it has one.  How many items there are is not
 * known yet: the table has a row until hl_id_shapes_take_items. */
void hl_id_shapes_make(hl_transformer *item, hl_transformer *user, const hl_config *c);

/* The item side of item_cache: a table of vectors so wide. */
void hl_id_shapes_make_cached(hl_transformer *item, int width, const hl_config *c);

/* Is there a table of items: of such a model, or beside the texts of HLLM? */
bool hl_id_shapes_have_items(const hl_config *c);

/* It has a row for each item of the catalogue, the padding included. */
void hl_id_shapes_take_items(hl_transformer *item, hl_transformer *user, const hl_config *c, int64_t items);

#endif
