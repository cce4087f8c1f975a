/* fault-points.c - the places that can fail on purpose. */
#include "base/fault.h"

/* After a change: hllm --faults >doc/faults.md */
const hl_fault_point hl_fault_points[] = {
    {"folder-find", HL_FAULT_FAILS, "io/probe.c",
     "a rank looks for what rank 0 has written into a folder: it is not there"},
    {"dataset-read", HL_FAULT_FILES, "io/shard.c", "a shard is mapped"},
    {"dataset-write", HL_FAULT_FAILS, "io/dataset-write.c", "before a shard is written"},
    {"dataset-rename", HL_FAULT_FAILS, "io/prepare.c", "before the folder gets its name"},
    {"checkpoint-prepare", HL_FAULT_FAILS, "io/checkpoint.c", "before the folder is made"},
    {"checkpoint-open", HL_FAULT_FILES, "io/tensors.c", "a rank opens a file of tensors, to write or to read it"},
    {"checkpoint-write", HL_FAULT_BYTES, "io/positioned.c", "a rank writes a run of bytes into a file of tensors"},
    {"checkpoint-read", HL_FAULT_BYTES, "io/positioned.c", "a rank reads a run of bytes of it, or a piece to digest"},
    {"checkpoint-flush", HL_FAULT_FILES, "io/tensors.c", "a rank flushes a file of tensors"},
    {"checkpoint-manifest", HL_FAULT_FAILS, "io/checkpoint.c", "before the manifest is written"},
    {"checkpoint-rename", HL_FAULT_FAILS, "io/checkpoint.c", "before the folder gets its name"},
    {"checkpoint-latest", HL_FAULT_FAILS, "io/checkpoint.c", "before `latest` moves"},
    {"record-write", HL_FAULT_BYTES, "io/record.c", "a line of metrics.jsonl is written"},
    {"step-signal", HL_FAULT_FAILS, "mpi/step.c", "before an act that computes: the rank hears a signal"},
    {"catalogue-signal", HL_FAULT_FAILS, "mpi/catalogue.c", "before a round of texts: the rank hears a signal"},
    {"evaluate-signal", HL_FAULT_FAILS, "mpi/evaluate.c", "before a round of users: the rank hears a signal"},
    {"gradient-sum", HL_FAULT_NUMBERS, "mpi/step-side.c", "gradients of a side, before they are summed over copies"},
    {"weights-update", HL_FAULT_NUMBERS, "mpi/step-end.c", "weights of a side, after they were updated"},
    {"evaluate-round", HL_FAULT_WAITS, "mpi/evaluate.c", "before a round of users"},
    {"group-start", HL_FAULT_WAITS, "mpi/group.c", "before MPI starts"},
    {"group-agree", HL_FAULT_WAITS, "mpi/group.c", "before ranks agree on a status or a fact"},
    {"group-broadcast", HL_FAULT_WAITS, "mpi/group.c", "before one rank's bytes go to the others"},
    {"group-reduce", HL_FAULT_WAITS, "mpi/group.c", "before a sum over ranks"},
    {"group-all-gather", HL_FAULT_WAITS, "mpi/group.c", "before everyone's rows go to everyone"},
    {"group-all-to-all", HL_FAULT_WAITS, "mpi/group.c", "before rows are exchanged"},
    {"pipe-send", HL_FAULT_WAITS, "mpi/pipe.c", "before rows go to another stage"},
    {0},
};
