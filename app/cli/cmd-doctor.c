/* cmd-doctor.c - hllm doctor: is this machine fit for a job, and how fast is it? */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/bench/doctor.h"
#include <stdlib.h>
#include <string.h>

static void show(const hl_doctor *d, bool json)
{
    if (!json) {
        hl_doctor_print(d, stdout);
        return;
    }
    json_t *o = hl_doctor_json(d);
    json_dumpf(o, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
    putchar('\n');
    json_decref(o);
}

static hl_status examine(const hl_group *world, const hl_config *c, bool json)
{
    hl_doctor d;
    hl_doctor_run(&d, world, c, world->comm != MPI_COMM_NULL);
    int fails = hl_doctor_worst(&d) == HL_FAILS;
    if (world->rank == 0) show(&d, json);
    hl_doctor_close(&d);
    hl_group_broadcast(world, &fails, sizeof fails, 0);
    return fails ? HL_FAIL(HL_EFAIL, "a job would fail here: see what is called a failure above") : HL_OK;
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    if (argc == 0) return examine(world, NULL, json);
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) s = examine(world, &c, json);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_doctor = {
    .name = "doctor",
    .arguments = "[CONFIG [--key value]...] [--json]",
    .help = "is this machine fit for a job, and how fast is it",
    .more = "Start it as the job will be started: alone, with mpirun -n N, or with srun; it takes some seconds.\n"
            "It looks at launcher, processors and binding, quotas, memory, limits, shared memory, libraries, speed,\n"
            "messages, folders and files, and says of each \"ok\", \"note\", \"warning\" or \"failure\",\n"
            "with what to change.\n"
            "With CONFIG it looks at the folders and models that the job will use.\n"
            "Exit status 1 where a job would fail.\n"
            "  --json    one JSON object on standard output: a list of findings, with figures\n",
    .needs_no_launcher = true,
    .run = run,
};
