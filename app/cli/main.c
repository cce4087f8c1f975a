/* main.c - the program: find the subcommand, run it on all ranks, end with one sentence and one status. */
#include "base/arena.h"
#include "base/fault.h"
#include "base/log.h"
#include "base/process.h"
#include "base/stop.h"
#include "app/config/build.h"
#include "app/cli/commands.h"
#include "app/config/nearest.h"
#include "app/cli/output.h"
#include "app/config/same.h"
#include "app/train/startup.h"
#include "math/kernels.h"
#include "mpi/comm/launch.h"
#include "mpi/comm/watch.h"
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const hl_command *const commands[] = {
    &hl_cmd_synth,  &hl_cmd_import_data, &hl_cmd_prepare, &hl_cmd_train,  &hl_cmd_eval,  &hl_cmd_compare,
    &hl_cmd_import, &hl_cmd_export,      &hl_cmd_embed,   &hl_cmd_show,   &hl_cmd_bench, &hl_cmd_trace,
    &hl_cmd_plan,   &hl_cmd_rehearse,    &hl_cmd_diff,    &hl_cmd_doctor, &hl_cmd_study,
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fputs("hllm - train and evaluate hierarchical large language models for recommendation, on MPI ranks\n\n", out);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(out, "  hllm %-11s %-32s %s\n", commands[i]->name, commands[i]->arguments, commands[i]->help);
    fputs("\n  hllm COMMAND --help                              its options\n"
          "  hllm --version                                   what this is\n\n"
          "Start it alone, with mpirun -n N, or with srun.\n"
          "Exit status: 0 done, 1 failed, 2 bad option or configuration, 3 bad input file, 4 numerical failure,\n"
          "5 storage failure, 75 stopped by a signal after saving (start it again).\n"
          "HLLM_KERNELS=avx512, avx2 or plain: kernels of products and attention other than the best; see --version.\n"
          "HLLM_START_TIMEOUT=seconds that MPI may take to start: 600; 0: as long as it likes.\n"
          "HLLM_FAULT=point:rank:count:action: fail on purpose, for tests; hllm --faults lists points and actions.\n",
          out);
}

static void print_command_help(const hl_command *c)
{
    printf("hllm %s %s\n%s\n\n", c->name, c->arguments, c->help);
    if (c->more) printf("%s\n", c->more);
    if (c->has_config) hl_config_help(stdout);
}

static void print_manual_of(const hl_command *c)
{
    printf(".TP\n.B %s\n%s\n", c->name, c->help);
    if (!c->more) return;
    printf(".nf\n");
    hl_config_print_roff(c->more, stdout);
    printf("%s.fi\n", c->more[strlen(c->more) - 1] == '\n' ? "" : "\n");
}

/* The page of man(1); doc/hllm.1 is this, and a test holds it so. */
static void print_manual(void)
{
    printf(".TH HLLM 1 \"\" \"hllm %s\" \"User Commands\"\n.SH NAME\n"
           "hllm \\- train and evaluate hierarchical large language models for recommendation\n.SH SYNOPSIS\n",
           hl_build_version());
    for (int i = 0; i < COMMANDS; i++) {
        printf(".B hllm %s\n.I ", commands[i]->name);
        hl_config_print_roff(commands[i]->arguments, stdout);
        printf("\n.br\n");
    }
    printf(".SH COMMANDS\n");
    for (int i = 0; i < COMMANDS; i++) print_manual_of(commands[i]);
    printf(".SH OPTIONS\nIn the configuration as \\(lqkey: value\\(rq, or after it on the command line as \\-\\-key "
           "value.\n");
    hl_config_manual(stdout);
    printf(".SH ENVIRONMENT\n.TP\n.B HLLM_KERNELS\n"
           "avx512, avx2 or plain: kernels of products and attention other than the best that the processor has.\n"
           "They round otherwise. What the processor lacks is refused; hllm \\-\\-version names what is taken.\n"
           ".TP\n.B HLLM_START_TIMEOUT\n"
           "seconds that MPI may take to start (600); a job whose ranks have not met by then ends with status 1. 0: as "
           "long as it likes.\n"
           ".TP\n.B HLLM_FAULT\n"
           "point:rank:count:action: fail on purpose there, for tests; hllm \\-\\-faults lists points and actions.\n");
    printf(".SH EXIT STATUS\n0 done, 1 failed, 2 bad option or configuration, 3 bad input file, 4 numerical failure,\n"
           "5 storage failure, 75 stopped by a signal after saving (start it again).\n");
}

static const hl_command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static const char *nearest(const char *name)
{
    int best = 0, least = INT_MAX;
    for (int i = 0; i < COMMANDS; i++) {
        int d = hl_nearest_distance(commands[i]->name, name);
        if (d >= least) continue;
        least = d;
        best = i;
    }
    return commands[best]->name;
}

static bool is_asked(int argc, char **argv, const char *option)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], option) == 0) return true;
    return false;
}

static hl_status choose_kernels(void) { return hl_kernels_choose(getenv("HLLM_KERNELS")); }

static hl_status print_version(void)
{
    char libraries[600];
    HL_TRY(choose_kernels());
    hl_build_libraries(libraries, sizeof libraries);
    printf("hllm %s (%s)\n%s\n%s\n", hl_build_version(), hl_build_commit(), libraries, hl_build_flags());
    return HL_OK;
}

/* Questions that are answered without starting MPI; *s: how that went. */
static bool answer(int argc, char **argv, hl_status *s)
{
    *s = HL_OK;
    const hl_command *c = argc > 1 ? find(argv[1]) : NULL;
    bool wants_help = is_asked(argc - 1, argv + 1, "--help") || is_asked(argc - 1, argv + 1, "-h");
    if (c && wants_help) print_command_help(c);
    else if (wants_help) print_help(stdout);
    else if (argc > 1 && strcmp(argv[1], "--version") == 0) *s = print_version();
    else if (argc > 1 && strcmp(argv[1], "--manual") == 0) print_manual();
    else if (argc > 1 && strcmp(argv[1], "--faults") == 0) hl_fault_print(stdout);
    else return false;
    return true;
}

/* A log may be of several starts. */
static void tell_start(const hl_group *world)
{
    hl_process me;
    char text[300];
    hl_process_find(&me);
    hl_process_text(text, sizeof text, &me);
    hl_log(HL_INFO, "%s: %d rank%s", text, world->size, world->size == 1 ? "" : "s");
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    if (hl_group_any(world, argc < 2)) return HL_FAIL(HL_EUSAGE, "say what to do; hllm --help lists it");
    const hl_command *c = find(argv[1]);
    hl_startup_enter(HL_STARTUP_CONFIGURATION);
    HL_TRY(hl_same_command(world, argc - 1, argv + 1, c && c->has_config));
    if (c && c->has_config) tell_start(world);
    if (!c)
        return HL_FAIL(HL_EUSAGE, "there is no command \"%s\"; the nearest is \"%s\", and hllm --help lists all",
                       argv[1], nearest(argv[1]));
    HL_TRY(hl_group_may_go_on(world, "starting"));
    HL_TRY_ALL(world, hl_fault_check());
    HL_TRY_ALL(world, choose_kernels());
    return c->run(world, argc - 2, argv + 2);
}

/* A success is one only where its figures have arrived. */
static hl_status print_all(hl_status s) { return s == HL_OK ? hl_output_flush() : s; }

static hl_status tell(hl_status s)
{
    bool has_sentence = *hl_error_text(); /* that two things differ is a status, not a failure */
    if (s != HL_OK && has_sentence) hl_log(s == HL_ESTOP ? HL_INFO : HL_ERROR, "%s", hl_error_text());
    return s;
}

/* One process, no MPI. */
static hl_status run_alone(const hl_command *c, int argc, char **argv)
{
    hl_status s = c->run_alone(argc, argv);
    bool is_failure = s != HL_OK && *hl_error_text();
    hl_status printed = is_failure ? HL_OK : hl_output_flush();
    return printed == HL_OK ? s : printed;
}

/* Seconds that rank 0, who has the lock of the run folder, outlives the other ranks of a lost launcher. */
static const double LAST_TO_GO = 1;

/* Without a launcher that has started others there is nobody to talk to, and a command may not need MPI. */
static bool is_by_itself(const hl_command *c)
{
    return c && c->needs_no_launcher && hl_launch_ranks(hl_launch_environment) == 1;
}

static hl_status run_by_itself(int argc, char **argv)
{
    hl_group me;
    hl_group_alone(&me);
    return tell(print_all(run(&me, argc, argv)));
}

static hl_status run_on_ranks(int argc, char **argv)
{
    hl_group world = {0};
    hl_status s = hl_group_start(&world, &argc, &argv);
    hl_process_watch_launcher(world.rank == 0 ? LAST_TO_GO : 0);
    if (s == HL_OK) hl_watch_start(&world);
    if (s == HL_OK) s = hl_group_agree(&world, print_all(run(&world, argc, argv)));
    hl_watch_stop();
    hl_log_rank(0, 1); /* the sentence is everyone's */
    if (world.rank == 0) tell(s);
    hl_group_stop(&world);
    return s;
}

int main(int argc, char **argv)
{
    hl_startup_enter(HL_STARTUP_LAUNCH);
    hl_process_remember_launcher();
    hl_output_open();
    json_set_alloc_funcs(hl_alloc, free); /* no memory is no damaged file: it ends with its own sentence */
    const hl_command *c = argc > 1 ? find(argv[1]) : NULL;
    if (c && c->hears_signals) hl_stop_listen();
    hl_status s;
    if (answer(argc, argv, &s)) return (int)tell(print_all(s));
    if (c && c->run_alone) return (int)tell(run_alone(c, argc - 2, argv + 2));
    if (is_by_itself(c)) return (int)run_by_itself(argc, argv);
    return (int)run_on_ranks(argc, argv);
}
