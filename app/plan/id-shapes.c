/* id-shapes.c - the shapes of models that know items by their ids. */
#include "app/plan/id-shapes.h"

/* A row of `width` numbers an item, of which a matrix makes `to` where these are others.  Item 0, the padding, has one
 * that is not trained. */
static hl_transformer table_of(int width, int to, const hl_config *c)
{
    return (hl_transformer){.hidden_size = width,
                            .intermediate_size = 1,
                            .num_attention_heads = 1,
                            .num_key_value_heads = 1,
                            .head_dim = width,
                            .vocab_size = 1,
                            .initializer_range = c->initializer_range,
                            .family = hl_family_find("table"),
                            .pooling = HL_POOL_FIRST,
                            .padding = 1,
                            .vector_size = width == to ? 0 : to};
}

/* ---- user models */

static void sasrec(hl_transformer *user, const hl_config *c)
{
    *user = (hl_transformer){.hidden_size = c->embedding_size,
                             .intermediate_size = c->inner_size * c->embedding_size,
                             .num_hidden_layers = c->n_layers,
                             .num_attention_heads = c->n_heads,
                             .num_key_value_heads = c->n_heads,
                             .head_dim = c->embedding_size / c->n_heads,
                             .vocab_size = 1,
                             .max_position_embeddings = c->MAX_ITEM_LIST_LENGTH,
                             .rms_norm_eps = c->layer_norm_eps,
                             .initializer_range = c->initializer_range,
                             .family = hl_family_find("sasrec"),
                             .hidden_dropout = c->hidden_dropout_prob,
                             .attention_dropout = c->attn_dropout_prob};
}

/* The gate is as wide as the rows. */
static void hstu(hl_transformer *user, const hl_config *c)
{
    *user = (hl_transformer){.hidden_size = c->hstu_embedding_size,
                             .intermediate_size = c->hstu_embedding_size,
                             .num_hidden_layers = c->n_layers,
                             .num_attention_heads = c->n_heads,
                             .num_key_value_heads = c->n_heads,
                             .head_dim = c->hstu_embedding_size / c->n_heads,
                             .vocab_size = 1,
                             .max_position_embeddings = c->MAX_ITEM_LIST_LENGTH,
                             .rms_norm_eps = 1e-6,
                             .initializer_range = c->initializer_range,
                             .family = hl_family_find("hstu"),
                             .hidden_dropout = c->hidden_dropout_prob,
                             .rel_bias = c->hstu_rel_bias};
}

static void (*const users[HL_MODELS_TO_CHOOSE])(hl_transformer *user, const hl_config *c) = {
    [HL_MODEL_SASRec] = sasrec, [HL_MODEL_HSTU] = hstu};

void hl_id_shapes_make_user(hl_transformer *user, const hl_config *c)
{
    const hl_model_choice model = hl_config_user_model(c);
    if (users[model]) users[model](user, c);
}

/* ---- and their tables of items */

static void sasrec_items(hl_transformer *item, const hl_transformer *user, const hl_config *c)
{
    *item = table_of(user->hidden_size, user->hidden_size, c);
}

static void hstu_items(hl_transformer *item, const hl_transformer *user, const hl_config *c)
{
    *item = table_of(c->item_embedding_size, user->hidden_size, c);
    item->truncated = true;
}

static void llmidrec_items(hl_transformer *item, const hl_transformer *user, const hl_config *c)
{
    *item = table_of(c->item_embed_dim, user->hidden_size, c);
}

static void (*const items[HL_MODELS_TO_CHOOSE])(hl_transformer *item, const hl_transformer *user,
                                                const hl_config *c) = {
    [HL_MODEL_SASRec] = sasrec_items, [HL_MODEL_HSTU] = hstu_items, [HL_MODEL_LLMIDRec] = llmidrec_items};

void hl_id_shapes_make(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    hl_id_shapes_make_user(user, c);
    items[c->model](item, user, c);
    if (user->vocab_size < 1) user->vocab_size = 1;
}

void hl_id_shapes_make_cached(hl_transformer *item, int width, const hl_config *c)
{
    *item = table_of(width, width, c);
    item->cached = true;
}

bool hl_id_shapes_have_items(const hl_config *c) { return c->id_embedding || hl_config_reads_ids(c); }

void hl_id_shapes_take_items(hl_transformer *item, hl_transformer *user, const hl_config *c, int64_t rows)
{
    if (hl_config_reads_ids(c)) item->vocab_size = (int)rows;
    if (c->id_embedding) user->id_rows = (int)rows;
}
