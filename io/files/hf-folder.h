/* hf-folder.h - is this a model's folder in Hugging Face's form?  If not: what it is, and what to do. */
#ifndef IO_FILES_HF_FOLDER_H
#define IO_FILES_HF_FOLDER_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

/* Has the folder config.json and, with_weights, safetensors?  Only names are looked at.  HL_EFORMAT with a sentence
 * that says what the folder is instead: weights in another form, an adapter, the root of a hub's cache, a run of
 * ours, ...  Local. */
hl_status hl_hf_folder_check(const char *folder, bool with_weights);

/* HL_EFORMAT where the n bytes that were read from path are Git LFS's pointer to the file, not its content.  Local. */
hl_status hl_hf_pointer_check(const char *path, const char *bytes, size_t n);

#endif
