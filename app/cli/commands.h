/* commands.h - the subcommands.  Adding one is a file cmd-<name>.c and a line in main.c. */
#ifndef APP_CLI_COMMANDS_H
#define APP_CLI_COMMANDS_H
#include "base/error.h"
#include "app/config/config.h"
#include "mpi/comm/group.h"
#include <stdbool.h>

typedef struct {
    const char *name;
    const char *arguments;  /* as --help shows them */
    const char *help;       /* one line */
    const char *more;       /* lines about options of its own, for its --help; may be NULL */
    bool has_config;        /* the options of the configuration are options of the command */
    bool hears_signals;     /* it looks at base/stop.h; others end as usual */
    bool needs_no_launcher; /* a process alone can do it without MPI: run then gets hl_group_alone */
    /* Collective over world; the same status on every rank.  argv[0] is the first argument after the name. */
    hl_status (*run)(const hl_group *world, int argc, char **argv);
    /* Instead of run, for a command that needs no ranks: MPI is not started. */
    hl_status (*run_alone)(int argc, char **argv);
} hl_command;

/* Each cmd-<name>.c defines one. */
extern const hl_command hl_cmd_bench, hl_cmd_compare, hl_cmd_diff, hl_cmd_doctor, hl_cmd_embed, hl_cmd_eval,
    hl_cmd_export, hl_cmd_import, hl_cmd_import_data, hl_cmd_plan, hl_cmd_prepare, hl_cmd_rehearse, hl_cmd_show,
    hl_cmd_study, hl_cmd_synth, hl_cmd_trace, hl_cmd_train;

#endif
