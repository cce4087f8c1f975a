/* model-export-plan.h - which numbers of a checkpoint go to which place of which file.
 *
 * For app/export/model-export.c.  All ranks make the same plan. */
#ifndef APP_EXPORT_MODEL_EXPORT_PLAN_H
#define APP_EXPORT_MODEL_EXPORT_PLAN_H
#include "app/export/model-export.h"
#include "io/weights/safetensors-layout.h"
#include "model/transformer.h"

enum { HL_EXPORT_COPIES = 2 }; /* of a tensor: in a Hugging Face folder, in the state dict */

/* A file of tensors that is to be written. */
typedef struct {
    char name[64]; /* below DIR: "item/model.safetensors" */
    hl_safetensors_entry *entry;
    int n;
    size_t room;
    int64_t numbers; /* bytes of all entries so far */
    char *head;      /* what stands before the numbers */
    size_t head_bytes;
    int64_t size;
} hl_export_file;

/* Where a parameter goes: entry `entry` of file `file`. */
typedef struct {
    const hl_param *param;
    bool is_fused;  /* of a family whose queries, keys and values are one tensor */
    int64_t before; /* numbers of the entry before it */
    int copies;
    struct {
        int file, entry;
    } copy[HL_EXPORT_COPIES];
} hl_export_tensor;

typedef struct {
    const hl_model_export_orders *orders;
    hl_export_tensor *tensor; /* in the order of the tables: the Item LLM's, the User LLM's */
    int n;
    size_t room;
    hl_export_file *file;
    int files;
    size_t files_room;
    hl_arena names; /* that no parameter has */
} hl_export_plan;

/* Plan for the whole tables of both sides, which outlive the plan, and their shapes.  Local. */
void hl_export_plan_make(hl_export_plan *p, const hl_model_export_orders *o, const hl_params *table,
                         const hl_transformer *shape);
void hl_export_plan_free(hl_export_plan *p);

/* Has the side a Hugging Face folder?  SASRec's and HSTU's blocks have none. */
bool hl_export_plan_has_folder(const hl_transformer *shape);

/* Is the file one of the folder's ("item" or "user")? */
bool hl_export_plan_is_of(const hl_export_file *f, const char *side);

#endif
