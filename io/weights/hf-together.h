/* hf-together.h - a model folder that several ranks read, each its share. */
#ifndef IO_WEIGHTS_HF_TOGETHER_H
#define IO_WEIGHTS_HF_TOGETHER_H
#include "io/weights/hf.h"
#include "mpi/comm/group.h"

/* As hl_hf_read, by ranks that each have a share: each reads its own, each file is opened once a machine, and all must
 * have the same files (HL_EFORMAT).  Collective over g. */
hl_status hl_hf_read_together(const hl_group *g, const char *folder, const hl_params *table, const hl_params *whole,
                              const char *side, float *w);

/* Open a folder or a file of weights, each of its files once a machine; HL_EFORMAT where machines have other files.
 * Collective over g.  Close *out also after a failure. */
hl_status hl_hf_open_together(hl_state_dict **out, const hl_group *g, const char *where);

#endif
