/* ledger-read.h - ledger.jsonl read back, a step at a time. */
#ifndef IO_RECORD_LEDGER_READ_H
#define IO_RECORD_LEDGER_READ_H
#include "base/error.h"
#include "math/sketch.h"
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name;
    hl_sketch gradient, weight;
} hl_ledger_tensor;

/* One line: what a step left. */
typedef struct {
    int64_t step;
    double loss; /* NaN where it is not finite */
    uint64_t loss_bits, gradients, weights;
    int n;
    hl_ledger_tensor *tensor; /* (n) in the order of the line */
} hl_ledger_line;

/* The tensor of this name, most likely the k-th; NULL where there is none. */
const hl_ledger_tensor *hl_ledger_line_find(const hl_ledger_line *l, const char *name, int k);

typedef struct hl_ledger_reader hl_ledger_reader;

/* Open the ledger of a run folder, or the file itself.  HL_EFORMAT where there is none.  Close *out also after a
 * failure. */
hl_status hl_ledger_reader_open(hl_ledger_reader **out, const char *path);
void hl_ledger_reader_close(hl_ledger_reader *r);

/* The next line; NULL at the end, or before a last line that is not whole.  *line is valid until the next call.
 * HL_EFORMAT, with file and line, where a line is not what a run writes. */
hl_status hl_ledger_reader_next(const hl_ledger_line **line, hl_ledger_reader *r);

/* The `run` line before the line that was just read; NULL where there is none.  Valid until the next call. */
json_t *hl_ledger_reader_run(const hl_ledger_reader *r);

#endif
