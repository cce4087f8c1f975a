/* model-export-plan.c - which numbers of a checkpoint go to which place of which file.
 *
 * Names are the parameters' own, which are the public code's; of a Hugging Face folder without "item_llm." or
 * "user_llm.".  A folder's tensors are put into files in turn, a new one where the last is full, as transformers does;
 * then the files know how many they are. */
#include "app/export/model-export-plan.h"
#include "base/alloc.h"
#include "base/array.h"
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const sides[] = {"item", "user"};
enum { FUSED = 3 };

bool hl_export_plan_has_folder(const hl_transformer *shape) { return hl_transformer_family(shape)->class != NULL; }

bool hl_export_plan_is_of(const hl_export_file *f, const char *side)
{
    const size_t n = strlen(side);
    return strncmp(f->name, side, n) == 0 && f->name[n] == '/';
}

static int add_file(hl_export_plan *p, const char *name)
{
    HL_RESERVE(p->file, p->files_room, p->files + 1);
    hl_export_file *f = &p->file[p->files];
    *f = (hl_export_file){0};
    snprintf(f->name, sizeof f->name, "%s", name);
    return p->files++;
}

/* The file has matrices: q, k, v as (heads * head_dim, in), o as (out, heads * head_dim), all four of HSTU as one (in,
 * 4 * heads * head_dim). */
static int folded_shape(int64_t *out, const hl_param *p)
{
    int n = 0;
    for (int i = 0; i < p->ndim; i++) {
        const int folded = p->split_axis == 2 ? 2 : p->split_axis + 1;
        const bool into_last = p->ndim == 3 && p->layer >= 0 && i == folded;
        if (into_last) out[n - 1] *= p->shape[i];
        else out[n++] = p->shape[i];
    }
    return n;
}

/* Baichuan's queries, keys and values are the rows of one tensor, one after the other: which is it?  -1: none. */
static int part_of_fused(const hl_param *p, bool is_fused)
{
    static const char *const parts[] = {".self_attn.q_proj.weight", ".self_attn.k_proj.weight",
                                        ".self_attn.v_proj.weight"};
    const size_t n = strlen(p->name), k = strlen(parts[0]);
    for (int i = 0; i < FUSED && is_fused; i++)
        if (n > k && strcmp(p->name + n - k, parts[i]) == 0) return i;
    return -1;
}

/* The tensor that has them all is added with the first. */
static void name_fused(hl_export_plan *p, hl_safetensors_entry *e)
{
    const size_t n = strlen(e->name) + 1;
    char *name = hl_arena_take(&p->names, n);
    snprintf(name, n, "%.*s.W_pack.weight", (int)(strlen(e->name) - strlen(".q_proj.weight")), e->name);
    e->name = name;
    e->shape[0] *= FUSED;
}

static void add_entry(hl_export_plan *p, int file, const hl_safetensors_entry *e)
{
    hl_export_file *f = &p->file[file];
    HL_RESERVE(f->entry, f->room, f->n + 1);
    f->entry[f->n++] = *e;
    f->numbers += hl_safetensors_entry_bytes(e);
}

static void add_copy(hl_export_plan *p, hl_export_tensor *t, int file, const char *name)
{
    hl_export_file *f = &p->file[file];
    const int part = part_of_fused(t->param, t->is_fused);
    if (part <= 0) {
        hl_safetensors_entry e = {.name = name, .dtype = p->orders->dtype};
        e.ndim = folded_shape(e.shape, t->param);
        if (part == 0) name_fused(p, &e);
        add_entry(p, file, &e);
    }
    t->before = part > 0 ? part * hl_param_whole(t->param) : 0;
    t->copy[t->copies].file = file;
    t->copy[t->copies++].entry = f->n - 1;
}

/* A name in the folder of the side; NULL: the tensor is of no transformer ([ITEM], the temperature). */
static const char *name_in_folder(const hl_param *p, const char *side)
{
    const size_t n = strlen(side);
    const bool is_of_it = strncmp(p->name, side, n) == 0 && strncmp(p->name + n, "_llm.", 5) == 0;
    return is_of_it ? p->name + n + 5 : NULL;
}

/* "item/model-00002", until it is known of how many. */
static int next_shard(hl_export_plan *p, const char *side, int number)
{
    char name[64];
    snprintf(name, sizeof name, "%s/model-%05d", side, number);
    return add_file(p, name);
}

static int64_t bytes_of(const hl_export_plan *p, const hl_param *x)
{
    return hl_param_whole(x) * (strcmp(p->orders->dtype, "F32") == 0 ? 4 : 2);
}

static void name_shards(hl_export_plan *p, int first, const char *side)
{
    const int n = p->files - first;
    for (int i = first; i < p->files; i++)
        if (n == 1) snprintf(p->file[i].name, sizeof p->file[i].name, "%s/model.safetensors", side);
        else
            snprintf(p->file[i].name, sizeof p->file[i].name, "%s/model-%05d-of-%05d.safetensors", side, i - first + 1,
                     n);
}

/* A User LLM reads vectors and has no token table, but transformers wants one: it gets one row, of zeros, which the
 * new file has without being written. */
static void add_vocabulary(hl_export_plan *p, int file, const hl_transformer *shape)
{
    const hl_family_layer *names = hl_transformer_family(shape)->layer;
    const size_t n = strlen(names->root) + strlen(names->tokens) + 1;
    char *name = hl_arena_take(&p->names, n);
    snprintf(name, n, "%s%s", names->root, names->tokens);
    add_entry(p, file, &(hl_safetensors_entry){name, p->orders->dtype, 2, {1, shape->hidden_size}, 0});
}

static void plan_folder(hl_export_plan *p, const char *side, const hl_transformer *shape)
{
    const int first = p->files;
    int file = next_shard(p, side, 1);
    if (side == sides[HL_USER]) add_vocabulary(p, file, shape);
    for (int i = 0; i < p->n; i++) {
        const char *name = name_in_folder(p->tensor[i].param, side);
        if (!name) continue;
        const hl_export_file *f = &p->file[file];
        const bool is_begun = part_of_fused(p->tensor[i].param, p->tensor[i].is_fused) > 0;
        if (f->n && !is_begun && f->numbers + bytes_of(p, p->tensor[i].param) > p->orders->shard_bytes)
            file = next_shard(p, side, p->files - first + 1);
        add_copy(p, &p->tensor[i], file, name);
    }
    name_shards(p, first, side);
}

static void plan_state_dict(hl_export_plan *p)
{
    const int file = add_file(p, "hllm.safetensors");
    for (int i = 0; i < p->n; i++) add_copy(p, &p->tensor[i], file, p->tensor[i].param->name);
}

static void add_table(hl_export_plan *p, const hl_params *t, const hl_transformer *shape)
{
    const bool is_fused = strcmp(hl_transformer_family(shape)->name, "baichuan") == 0;
    HL_RESERVE(p->tensor, p->room, p->n + t->n);
    for (int i = 0; i < t->n; i++) p->tensor[p->n++] = (hl_export_tensor){.param = &t->at[i], .is_fused = is_fused};
}

static void lay_out(hl_export_plan *p)
{
    json_t *metadata = json_pack("{ss}", "format", "pt");
    for (int i = 0; i < p->files; i++) {
        hl_export_file *f = &p->file[i];
        f->size = hl_safetensors_lay_out(f->entry, f->n, metadata, &f->head, &f->head_bytes);
    }
    json_decref(metadata);
}

void hl_export_plan_make(hl_export_plan *p, const hl_model_export_orders *o, const hl_params *table,
                         const hl_transformer *shape)
{
    *p = (hl_export_plan){.orders = o, .names = hl_arena_growing("names of tensors")};
    for (int i = 0; i < HL_SIDES; i++) add_table(p, &table[i], &shape[i]);
    for (int i = 0; i < HL_SIDES && o->forms & HL_EXPORT_HF; i++)
        if (hl_export_plan_has_folder(&shape[i])) plan_folder(p, sides[i], &shape[i]);
    if (o->forms & HL_EXPORT_HLLM) plan_state_dict(p);
    lay_out(p);
}

void hl_export_plan_free(hl_export_plan *p)
{
    for (int i = 0; i < p->files; i++) {
        free(p->file[i].entry);
        free(p->file[i].head);
    }
    free(p->file);
    free(p->tensor);
    hl_arena_free(&p->names);
    *p = (hl_export_plan){0};
}
