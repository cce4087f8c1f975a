/* cached-items.c - the item side where item_cache names a file of vectors. */
#include "app/plan/cached-items.h"
#include "app/plan/id-shapes.h"
#include "io/files/regular.h"
#include "io/vectors/vectors-rows.h"

static hl_status check_width(const hl_vectors_head *h, const char *path, const hl_transformer *user)
{
    if (h->D == user->hidden_size) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "item_cache: %s has vectors of %lld numbers, and the user model is %d wide; embed the items with a "
                   "model whose vectors have that width, or make the user model as wide",
                   path, (long long)h->D, user->hidden_size);
}

hl_status hl_cached_items_shape(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    char path[PATH_MAX];
    hl_vectors_head head;
    hl_config_item_cache(c, path);
    hl_id_shapes_make_user(user, c);
    if (user->vocab_size < 1) user->vocab_size = 1;
    hl_id_shapes_make_cached(item, user->hidden_size, c);
    if (hl_config_makes_item_cache(c) && !hl_regular_is(path)) return HL_OK;
    HL_TRY(hl_vectors_rows_look(&head, path, "items"));
    return check_width(&head, path, user);
}
