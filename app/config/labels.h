/* labels.h - what a configuration says of labels that are predicted: which fusion, of which column. */
#ifndef APP_CONFIG_LABELS_H
#define APP_CONFIG_LABELS_H
#include "app/config/config.h"

/* HL_EUSAGE where the options of labels do not go together, or with others; without fusion those that are given have
 * no effect, which is noted. */
hl_status hl_labels_settle(hl_config *c);

/* Is this metric, in lower case, one of labels?  HL_EUSAGE where it can decide nothing. */
bool hl_labels_is_metric(const char *name);
hl_status hl_labels_check_metric(const hl_config *c, const char *name);

#endif
