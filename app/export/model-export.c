/* model-export.c - a checkpoint's weights in the forms of other programs.
 *
 * The datasets of model.h5 are plain arrays, and so are the tensors of safetensors.  Rank 0 says where each begins in
 * both, and makes the files but for their numbers in a folder DIR.tmp; then each rank brings over an equal part of all
 * numbers, a buffer at a time, and rank 0 gives the folder its name. */
#include "app/export/model-export.h"
#include "app/config/model-choice.h"
#include "app/export/model-export-files.h"
#include "app/export/model-export-plan.h"
#include "app/plan/shapes.h"
#include "app/train/weights.h"
#include "base/acts.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/minmax.h"
#include "base/part.h"
#include "base/path.h"
#include "base/stop.h"
#include "io/checkpoint/tensors.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/lock.h"
#include "io/files/place.h"
#include "io/files/positioned.h"
#include "io/files/remedy.h"
#include "math/bf16.h"
#include "model/models.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const hl_group *world;
    const hl_config *config;
    const hl_model_export_orders *orders;
    hl_checkpoint *checkpoint;
    hl_transformer shape[HL_SIDES];
    hl_params table[HL_SIDES];
    hl_export_plan plan;
    hl_tensor_entry *source; /* the logical tensors in model.h5 */
    int sources;
    char from[PATH_MAX], to[PATH_MAX], tmp[PATH_MAX]; /* model.h5, DIR, DIR.tmp */
    int *fd;                                          /* (plan.files), and the source's behind them */
    bool is_mine;                                     /* DIR.tmp, on rank 0 */
    hl_lock *lock;                                    /* of DIR.lock, on rank 0 */
    uint64_t digest;                                  /* of what I have brought over */
} export;

static bool is_first(const export *x) { return x->world->rank == 0; }

/* ---- what there is */

/* The vocabulary of drawn weights is the data's, which need not be there: the checkpoint knows it. */
static hl_status read_shapes(export *x)
{
    const hl_tensor *items = hl_checkpoint_tensor(x->checkpoint, "item_llm/item_embedding");
    HL_TRY(hl_shapes_read(&x->shape[HL_ITEM], &x->shape[HL_USER], x->config));
    const hl_tensor *table = hl_checkpoint_tensor(x->checkpoint, "item_llm/embed_tokens");
    if (!*x->config->item_pretrain_dir && table) x->shape[HL_ITEM].vocab_size = (int)table->shape[0];
    if (hl_config_has_user_llm(x->config) && !*x->config->user_pretrain_dir)
        x->shape[HL_USER].vocab_size = x->shape[HL_ITEM].vocab_size;
    if (items) x->shape[HL_ITEM].vocab_size = (int)items->shape[0];
    const hl_tensor *ids = hl_checkpoint_tensor(x->checkpoint, "user_id_embedding.weight");
    if (ids) x->shape[HL_USER].id_rows = (int)ids->shape[0];
    return HL_OK;
}

static hl_status find_tensors(export *x)
{
    HL_TRY_ALL(x->world, is_first(x) ? read_shapes(x) : HL_OK);
    hl_group_broadcast(x->world, x->shape, sizeof x->shape, 0);
    for (hl_side i = 0; i < HL_SIDES; i++)
        hl_models_kind_for(i, &x->shape[i])
            ->params(&x->table[i],
                     &(hl_model_settings){.shape = &x->shape[i], .item_tokens = x->config->item_emb_token_n},
                     &hl_alone);
    const hl_group nobody = {0};
    const hl_checkpoint_part part[HL_SIDES] = {
        {.table = &x->table[HL_ITEM], .whole = &x->table[HL_ITEM], .holders = &nobody},
        {.table = &x->table[HL_USER], .whole = &x->table[HL_USER], .holders = &nobody}};
    HL_TRY_ALL(x->world, hl_checkpoint_fits(x->checkpoint, &(hl_checkpoint_content){part, HL_SIDES, false, NULL}));
    hl_tensor *list;
    x->sources = hl_checkpoint_tensors(&list, &(hl_checkpoint_content){part, HL_SIDES, false, NULL});
    x->source = hl_alloc((size_t)x->sources * sizeof *x->source);
    for (int i = 0; i < x->sources; i++) x->source[i] = (hl_tensor_entry){.tensor = list[i], .under = ""};
    free(list);
    return HL_OK;
}

static hl_status find_places(export *x)
{
    HL_TRY_ALL(x->world, is_first(x) ? hl_tensor_index_find(x->source, x->sources, x->from) : HL_OK);
    for (int i = 0; i < x->sources; i++) hl_group_broadcast(x->world, &x->source[i].at, sizeof x->source[i].at, 0);
    return HL_OK;
}

static int64_t place_of(const export *x, const hl_param *p)
{
    for (int i = 0; i < x->sources; i++)
        if (strcmp(x->source[i].tensor.name, p->stack) == 0)
            return x->source[i].at + hl_max(p->layer, 0) * hl_param_whole(p) * (int64_t)sizeof(float);
    HL_CHECK(false && "a tensor that the checkpoint has and nobody has found");
}

/* ---- files */

static hl_status make_file(const export *x, const hl_export_file *f)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", x->tmp, f->name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return hl_remedy_fail(path, "create", errno);
    hl_status s = hl_positioned_reserve(fd, path, f->size);
    if (s == HL_OK) s = hl_positioned_write(fd, path, f->head, f->head_bytes, 0);
    if (close(fd) != 0 && s == HL_OK) s = hl_remedy_fail(path, "close", errno);
    return s;
}

static hl_status make_files(const export *x)
{
    static const char *const folders[] = {"", "/item", "/user"};
    const int n = !(x->orders->forms & HL_EXPORT_HF) ? 1 : hl_export_plan_has_folder(&x->shape[HL_USER]) ? 3 : 2;
    char path[PATH_MAX];
    HL_TRY(hl_folder_remove(x->tmp)); /* what a kill has left */
    for (int i = 0; i < n; i++) {
        hl_path(path, "%s%s", x->tmp, folders[i]);
        HL_TRY(hl_folder_make(path));
    }
    for (int i = 0; i < x->plan.files; i++) HL_TRY(make_file(x, &x->plan.file[i]));
    return hl_model_export_files_write(x->tmp, &x->plan, x->config, &x->shape[HL_ITEM], &x->shape[HL_USER]);
}

static hl_status open_one(int *fd, const char *path, int how)
{
    *fd = open(path, how | O_CLOEXEC);
    return *fd >= 0 ? HL_OK : hl_remedy_fail(path, "open", errno);
}

static hl_status open_files(export *x)
{
    char path[PATH_MAX];
    const int n = x->plan.files;
    x->fd = hl_alloc((size_t)(n + 1) * sizeof *x->fd);
    for (int i = 0; i <= n; i++) x->fd[i] = -1;
    for (int i = 0; i < n; i++) {
        hl_path(path, "%s/%s", x->tmp, x->plan.file[i].name);
        HL_TRY(open_one(&x->fd[i], path, O_WRONLY));
        hl_positioned_keep_apart(x->fd[i], x->world->rank);
    }
    return open_one(&x->fd[n], x->from, O_RDONLY);
}

static hl_status close_files(export *x, hl_status s)
{
    for (int i = 0; x->fd && i <= x->plan.files; i++) {
        if (x->fd[i] < 0) continue;
        if (s == HL_OK && i < x->plan.files && hl_atomic_flush(x->fd[i]) != 0)
            s = hl_remedy_fail(x->tmp, "flush", errno);
        if (close(x->fd[i]) != 0 && s == HL_OK) s = hl_remedy_fail(x->tmp, "close", errno);
        x->fd[i] = -1;
    }
    return s;
}

/* ---- numbers */

enum { BUFFER = 1 << 18 };

/* Numbers [begin, begin + n) of a tensor, which are in the buffer, to all their places. */
static hl_status give(const export *x, const hl_export_tensor *t, const void *bytes, int64_t begin, size_t n,
                      size_t number_bytes)
{
    for (int i = 0; i < t->copies; i++) {
        const hl_export_file *f = &x->plan.file[t->copy[i].file];
        const int64_t at = f->entry[t->copy[i].entry].at + (t->before + begin) * (int64_t)number_bytes;
        HL_TRY(hl_positioned_write(x->fd[t->copy[i].file], f->name, bytes, n * number_bytes, at));
    }
    return HL_OK;
}

static hl_status bring(export *x, const hl_export_tensor *t, int64_t begin, size_t n, float *buffer, uint16_t *rounded)
{
    const hl_param *p = t->param;
    const bool is_short = strcmp(x->orders->dtype, "BF16") == 0;
    const int64_t at = place_of(x, p) + begin * (int64_t)sizeof *buffer;
    HL_TRY(hl_stop_check("exporting weights"));
    HL_TRY(hl_positioned_read(x->fd[x->plan.files], x->from, buffer, n * sizeof *buffer, at));
    if (is_short) hl_bf16_round(rounded, buffer, n), hl_bf16_round_in_place(buffer, n);
    x->digest += hl_digest_numbers(buffer, n, hl_digest(p->name, strlen(p->name)), begin);
    return is_short ? give(x, t, rounded, begin, n, sizeof *rounded) : give(x, t, buffer, begin, n, sizeof *buffer);
}

/* Of numbers [begin, end) of one side's table. */
static hl_status bring_part(export *x, const hl_export_tensor *t, int n, int64_t begin, int64_t end)
{
    float *buffer = hl_alloc(BUFFER * sizeof *buffer);
    uint16_t *rounded = hl_alloc(BUFFER * sizeof *rounded);
    hl_status s = HL_OK;
    int64_t at = 0;
    for (int i = 0; i < n; at += hl_param_whole(t[i++].param)) {
        const int64_t last = hl_min(end - at, hl_param_whole(t[i].param));
        for (int64_t from = hl_max(begin - at, (int64_t)0); s == HL_OK && from < last; from += BUFFER)
            s = bring(x, &t[i], from, (size_t)hl_min(last - from, (int64_t)BUFFER), buffer, rounded);
    }
    free(rounded);
    free(buffer);
    return s;
}

/* The digest of a model joins those of its sides, so each is brought over by itself. */
static hl_status bring_side(export *x, uint64_t *digest, hl_side side)
{
    const hl_params *t = &x->table[side];
    const int before = side == HL_USER ? x->table[HL_ITEM].n : 0;
    const int64_t numbers = hl_params_whole(t);
    const int p = x->world->size, r = x->world->rank;
    x->digest = 0;
    const hl_status s =
        bring_part(x, x->plan.tensor + before, t->n, hl_part_begin(numbers, p, r), hl_part_begin(numbers, p, r + 1));
    HL_TRY_ALL(x->world, hl_place_sign(s, r));
    int64_t sum = (int64_t)x->digest;
    hl_group_all_reduce_int(x->world, &sum, 1);
    *digest = (uint64_t)sum;
    return HL_OK;
}

/* ---- all of it */

static hl_status finish(const export *x, uint64_t digest)
{
    char old[PATH_MAX];
    hl_path(old, "%s.old", x->to);
    HL_TRY(hl_model_export_files_record(x->tmp, &x->plan, hl_checkpoint_path(x->checkpoint), digest));
    HL_TRY(hl_atomic_sync(x->tmp));
    HL_TRY(hl_folder_remove(old));
    if (access(x->to, F_OK) == 0) HL_TRY(hl_atomic_move(x->to, old));
    HL_TRY(hl_atomic_move(x->tmp, x->to));
    return hl_folder_remove(old);
}

static hl_status name_folders(export *x)
{
    HL_TRY(hl_path_check(x->orders->to));
    hl_path(x->to, "%s", x->orders->to);
    for (size_t n = strlen(x->to); n > 1 && x->to[n - 1] == '/'; n--) x->to[n - 1] = 0;
    hl_path(x->tmp, "%s.tmp", x->to);
    hl_path(x->from, "%s/%s", hl_checkpoint_path(x->checkpoint), HL_CHECKPOINT_MODEL);
    return HL_OK;
}

/* Rank 0: nobody else works on DIR.tmp, and DIR may go. */
static hl_status take_place(export *x)
{
    char lock[PATH_MAX];
    hl_path(lock, "%s.lock", x->to);
    HL_TRY(hl_lock_take(&x->lock, lock, 0));
    x->is_mine = true;
    return hl_model_export_files_may_replace(x->to);
}

static hl_status write_export(export *x)
{
    uint64_t digest[HL_SIDES];
    HL_TRY_ALL(x->world, is_first(x) ? hl_place_sign(make_files(x), 0) : HL_OK);
    HL_TRY_ALL(x->world, hl_place_sign(open_files(x), x->world->rank));
    for (hl_side i = 0; i < HL_SIDES; i++) HL_TRY(bring_side(x, &digest[i], i));
    HL_TRY_ALL(x->world, hl_place_sign(close_files(x, HL_OK), x->world->rank));
    HL_TRY_ALL(x->world, is_first(x) ? hl_place_sign(finish(x, hl_digest_join(digest[0], digest[1])), 0) : HL_OK);
    return HL_OK;
}

/* A Hugging Face folder has a transformer and no more. */
static void tell_left_out(const export *x)
{
    enum { NAMED = 5 };
    char list[NAMED * 80] = "", more[40] = "";
    int n = 0;
    for (int i = 0; i < x->plan.n; i++) {
        const hl_export_tensor *t = &x->plan.tensor[i];
        const size_t at = strlen(list);
        if (t->copies || n++ >= NAMED) continue;
        snprintf(list + at, sizeof list - at, "%s%.70s", n > 1 ? ", " : "", t->param->name);
    }
    if (n > NAMED) snprintf(more, sizeof more, " and %d more tensors", n - NAMED);
    if (n)
        hl_log(HL_WARN,
               "%s: without %s%s, which folders of transformers have no place for; --form both writes them too", x->to,
               list, more);
}

static hl_status run(export *x)
{
    char step[PATH_MAX];
    const char *from = x->orders->checkpoint ? x->orders->checkpoint : x->config->checkpoint_dir;
    HL_TRY(hl_weights_find(step, x->world, from));
    HL_TRY(hl_checkpoint_open(&x->checkpoint, x->world, step, false));
    HL_TRY(find_tensors(x));
    HL_TRY_ALL(x->world, name_folders(x));
    HL_TRY_ALL(x->world, is_first(x) ? take_place(x) : HL_OK);
    HL_TRY(find_places(x));
    hl_export_plan_make(&x->plan, x->orders, x->table, x->shape);
    HL_TRY(write_export(x));
    tell_left_out(x);
    hl_log(HL_INFO, "%s: the weights of %s as %s", x->to, step, x->orders->dtype);
    return HL_OK;
}

/* The sentence of the failure stays. */
static void tidy(const export *x)
{
    char sentence[1000];
    snprintf(sentence, sizeof sentence, "%s", hl_error_text());
    if (x->is_mine) (void)!hl_folder_remove(x->tmp);
    hl_error_set(sentence);
}

static hl_status check(const hl_config *c, const hl_model_export_orders *o)
{
    const char *name = hl_model_facts_of[c->model].name;
    if (hl_model_facts_of[c->model].no_steps)
        return HL_FAIL(HL_EUSAGE,
                       "model %s has no weights that other programs read; export HLLM or a model of item ids", name);
    if (hl_model_reads_ids(c->model) && !(o->forms & HL_EXPORT_HLLM))
        return HL_FAIL(HL_EUSAGE,
                       "--form hf: model %s has no folder that transformers loads; leave it out for the state dict of "
                       "the public code",
                       name);
    if (*c->item_cache)
        return HL_FAIL(HL_EUSAGE,
                       "item_cache: a checkpoint over item vectors has no Item LLM to export; export the one that "
                       "made them");
    return HL_OK;
}

hl_status hl_model_export(const hl_group *world, const hl_config *c, const hl_model_export_orders *o)
{
    hl_model_export_orders mine = *o;
    export x = {.world = world, .config = c, .orders = &mine};
    HL_TRY(check(c, o));
    if (hl_model_reads_ids(c->model)) mine.forms = HL_EXPORT_HLLM;
    const hl_status s = run(&x);
    close_files(&x, HL_OK);
    if (s != HL_OK) tidy(&x);
    hl_lock_release_place(x.lock);
    hl_export_plan_free(&x.plan);
    hl_params_free(&x.table[HL_ITEM]);
    hl_params_free(&x.table[HL_USER]);
    hl_checkpoint_close(x.checkpoint);
    free(x.source);
    free(x.fd);
    return s;
}
