/* model-import.h - the weights of other programs as a checkpoint of ours. */
#ifndef APP_EXPORT_MODEL_IMPORT_H
#define APP_EXPORT_MODEL_IMPORT_H
#include "app/train/job.h"

/* Write the weights that the open job begins with as <to>/step-0, without moments: what hllm eval, embed, export and
 * load_pretrain read.  HL_EUSAGE where the folder has checkpoints already.  Collective. */
hl_status hl_model_import(hl_job *j, const char *to);

#endif
