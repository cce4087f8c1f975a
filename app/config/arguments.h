/* arguments.h - what commands do with their arguments. */
#ifndef APP_CONFIG_ARGUMENTS_H
#define APP_CONFIG_ARGUMENTS_H
#include "base/error.h"
#include "app/config/config.h"
#include "mpi/comm/group.h"
#include <stdbool.h>

/* The configuration of a job.  Collective over world: rank 0 reads the files named by the first arguments, or
 * by --config_file, of which a later one is stronger; the others are options, everyone gets the same.  Release with
 * hl_config_free, also after a failure. */
hl_status hl_arguments_config(hl_config *c, const hl_group *world, int argc, char **argv);

/* The same without ranks. */
hl_status hl_arguments_config_alone(hl_config *c, int argc, char **argv);

/* Take "--name value" or "--name=value" out of the arguments; NULL in *value where it is not there. */
hl_status hl_arguments_take(const char **value, const char *name, int *argc, char **argv);

/* Take "--name N", N from least to most; *n stays where it is not there. */
hl_status hl_arguments_take_number(int *n, const char *name, int least, int most, int *argc, char **argv);

/* Take "--name 64,256": n numbers from 1 to most, at most `room` of them; where it is not there *n is 0 and *text
 * NULL. */
hl_status hl_arguments_take_list(int *list, int *n, const char **text, const char *name, int room, int most, int *argc,
                                 char **argv);

/* Take "--name", which has no value, out of the arguments. */
bool hl_arguments_take_flag(const char *name, int *argc, char **argv);

#endif
