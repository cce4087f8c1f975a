/* grown.h - made-up data that grow with the ranks (fixed: unique_items).
 *
 * Equal texts of a batch are encoded once.  The more users it has, the more of their items are the same, as long as the
 * catalogue stays: work a user falls, and a rank of many looks faster than it is.  So a point of N ranks gets the
 * world of the base's data (hllm synth) N times as large, in users, items and topics.  A topic then has as many items
 * as before, and as many users of a batch who walk to it; so each user brings as many texts that nobody else has. */
#ifndef APP_STUDY_GROWN_H
#define APP_STUDY_GROWN_H
#include "app/config/config.h"
#include "app/config/names.h"
#include <limits.h>

typedef struct {
    char from[PATH_MAX], to[PATH_MAX]; /* folders of hllm synth: of the base's world, and of this one */
    char tokens[PATH_MAX];             /* dataset_dir; "" where the configuration has none */
    int times;
} hl_grown;

/* Where the world of a configuration, `times` as large, is to be.  HL_EUSAGE where the configuration's data are there
 * and hllm synth has not made them, or where they are in no such folder.  Local. */
hl_status hl_grown_find(hl_grown *g, const hl_config *c, int times);

/* What is given to hllm to make it: synth and its arguments.  It changes nothing where the world is there. */
void hl_grown_arguments(hl_names *to, const char *from, const char *grown, int times);

/* Make it, where `dir` gets what was said.  HL_EFAIL with a sentence of hllm synth; HL_ESTOP, HL_ESTORE. */
hl_status hl_grown_make(const char *from, const char *grown, int times, const char *dir);

#endif
