/* job-models.c - the shapes of a job's models: those of the folders, and of the data. */
#include "app/train/job-models.h"
#include "base/minmax.h"
#include "app/plan/id-shapes.h"
#include "app/plan/shapes.h"
#include "base/path.h"
#include "io/files/hf-folder.h"
#include "io/files/samefile.h"
#include "io/weights/hf-config.h"
#include <limits.h>
#include <string.h>

/* The shape that a folder or the configuration describes; with_weights: the folder must have them too. */
static hl_status shape_of(hl_transformer *shape, const char *folder, const hl_transformer *plain, bool with_weights)
{
    *shape = *plain;
    if (!folder[0]) return HL_OK;
    HL_TRY(hl_hf_config(folder, shape));
    return hl_hf_folder_check(folder, with_weights);
}

static hl_status shapes_of(hl_transformer *item, hl_transformer *user, const hl_config *c)
{
    if (hl_config_reads_texts(c)) HL_TRY(shape_of(item, c->item_pretrain_dir, &c->item_llm, c->item_llm_init));
    if (hl_config_has_user_llm(c)) HL_TRY(shape_of(user, c->user_pretrain_dir, &c->user_llm, c->user_llm_init));
    HL_TRY(hl_shapes_settle(item, user, c));
    return hl_shapes_check(c, item, user);
}

/* Machines may have other files of one path. */
static hl_status same_shape(const hl_group *world, const char *folder)
{
    char path[PATH_MAX];
    if (!*folder) return HL_OK;
    hl_path(path, "%s/config.json", folder);
    return hl_samefile_check(world, path);
}

static hl_status same_shapes(const hl_group *world, const hl_config *c)
{
    const bool reads_texts = hl_config_reads_texts(c);
    if (reads_texts) HL_TRY(same_shape(world, c->item_pretrain_dir));
    if (!hl_config_has_user_llm(c)) return HL_OK;
    const bool is_done = reads_texts && strcmp(c->item_pretrain_dir, c->user_pretrain_dir) == 0;
    return is_done ? HL_OK : same_shape(world, c->user_pretrain_dir);
}

hl_status hl_job_models_find(hl_job *j)
{
    hl_transformer *item = &j->item_shape, *user = &j->user_shape;
    HL_TRY_ALL(j->world, j->world->rank == 0 ? shapes_of(item, user, j->config) : HL_OK);
    hl_group_broadcast(j->world, item, sizeof *item, 0);
    hl_group_broadcast(j->world, user, sizeof *user, 0);
    return same_shapes(j->world, j->config);
}

/* Of all items' tokens, of which each rank looks at a part.  Collective. */
static int largest_id(const hl_job *j)
{
    const hl_corpus *c = hl_dataset_corpus(j->data);
    int32_t largest = 0;
    for (int64_t item = j->world->rank; item < c->items; item += j->world->size) {
        int n;
        const int32_t *tokens = c->tokens(c, item, &n);
        for (int i = 0; i < n; i++) largest = hl_max(tokens[i], largest);
    }
    return (int)hl_group_max(j->world, largest);
}

/* Tokenizers have ids that no text has, as one for padding which was added later; those need no row in the table.
 * Collective. */
hl_status hl_job_models_fit(hl_job *j)
{
    const hl_config *c = j->config;
    hl_transformer *item = &j->item_shape, *user = &j->user_shape;
    hl_id_shapes_take_items(item, user, c, hl_dataset_corpus(j->data)->items);
    if (hl_config_reads_ids(c)) return HL_OK;
    int vocab = hl_dataset_manifest(j->data)->recipe.vocab;
    if (!c->item_pretrain_dir[0]) item->vocab_size = vocab;
    if (!c->user_pretrain_dir[0] && hl_config_has_user_llm(c)) user->vocab_size = vocab;
    HL_TRY(hl_transformer_check(item, "item_llm"));
    HL_TRY(hl_transformer_check(user, "user_llm"));
    if (vocab <= item->vocab_size || largest_id(j) < item->vocab_size) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "the dataset's tokenizer has %d ids, the Item LLM a vocabulary of %d, and a text has an id beyond; "
                   "set tokenizer to the one the model was trained with",
                   vocab, item->vocab_size);
}
