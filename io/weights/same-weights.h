/* same-weights.h - are the weights of a folder the same on all machines? */
#ifndef IO_WEIGHTS_SAME_WEIGHTS_H
#define IO_WEIGHTS_SAME_WEIGHTS_H
#include "io/weights/state-dict.h"
#include "mpi/comm/group.h"

/* HL_EFORMAT on all ranks where a machine's files of the weights s, which are open, have other contents or other names
 * than another machine's (io/files/samefile.h).  Collective over g. */
hl_status hl_sameweights_check(const hl_group *g, const hl_state_dict *s);

#endif
