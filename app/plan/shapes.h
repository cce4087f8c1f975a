/* shapes.h - the shapes of the models of a configuration, before there are data. */
#ifndef APP_PLAN_SHAPES_H
#define APP_PLAN_SHAPES_H
#include "app/config/config.h"

/* The shapes that the configuration and the folders it names give.  Local. */
hl_status hl_shapes_read(hl_transformer *item, hl_transformer *user, const hl_config *c);

/* What follows from the shapes of the folders, or of the configuration: those that no folder describes (models of item
 * ids, user_model, item_cache), and what hl_shapes_join and hl_shapes_feed add.  hl_shapes_read does it.  Local. */
hl_status hl_shapes_settle(hl_transformer *item, hl_transformer *user, const hl_config *c);

/* What the configuration says of the Item LLM beside its shape: pooling, positions, an adapter to the User LLM's width.
 * hl_shapes_read does it. */
void hl_shapes_join(hl_transformer *item, const hl_transformer *user, const hl_config *c);

/* What is added to the item vectors that the user model reads.  hl_shapes_read does it.  How many items there are is
 * not known yet: a table of them has a row until hl_id_shapes_take_items. */
void hl_shapes_feed(hl_transformer *user, const hl_config *c);

/* Do they go together with the layout that the configuration wishes for, and begin parameters with the names of
 * freeze_prefix?  HL_EUSAGE.  Local. */
hl_status hl_shapes_check(const hl_config *c, const hl_transformer *item, const hl_transformer *user);

#endif
