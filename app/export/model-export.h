/* model-export.h - a checkpoint's weights in the forms of other programs.
 *
 *     DIR/item/, DIR/user/     a Hugging Face folder each: config.json, model.safetensors; the tokenizer's files
 *     DIR/hllm.safetensors     the state dict of the public HLLM code: its names and shapes
 *     DIR/model.yaml           of models of item ids, which have no folders: their shape, in the public code's keys
 *     DIR/export.json          what they were made of, with a digest of the weights
 *
 * Numbers go from file to file: a rank brings over its part of each tensor, so a model needs no memory however large
 * it is, and any number of ranks share the work. */
#ifndef APP_EXPORT_MODEL_EXPORT_H
#define APP_EXPORT_MODEL_EXPORT_H
#include "app/config/config.h"
#include "mpi/comm/group.h"

typedef enum { HL_EXPORT_HF = 1, HL_EXPORT_HLLM = 2 } hl_export_form; /* of both: their sum */

typedef struct {
    const char *checkpoint; /* a run folder or a folder step-N (app/train/weights.h) */
    const char *to;         /* DIR, which is there whole or not at all; one that is an export is replaced */
    const char *dtype;      /* "F32" or "BF16" */
    int forms;              /* hl_export_form */
    int64_t shard_bytes;    /* numbers of a file of a Hugging Face folder at the most, where it has several tensors */
} hl_model_export_orders;

/* Export.  HL_EFORMAT where the configuration is not that of the checkpoint, HL_EUSAGE where DIR holds something else.
 * Collective. */
hl_status hl_model_export(const hl_group *world, const hl_config *c, const hl_model_export_orders *o);

#endif
