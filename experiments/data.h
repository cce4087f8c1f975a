/* data.h - the dataset that a configuration names. */
#ifndef EXPERIMENTS_DATA_H
#define EXPERIMENTS_DATA_H
#include "experiments/config.h"
#include "io/prepare.h"

/* The settings of c; texts are those of c. */
hl_prepare_settings hl_data_settings(const hl_config *c);

#endif
