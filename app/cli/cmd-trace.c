/* cmd-trace.c - hllm trace: what all ranks do when in a step. */
#include "app/bench/bench-show.h"
#include "app/bench/trace.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "base/path.h"

enum { MOST = 4096 };

static hl_status take_orders(hl_bench_orders *o, const hl_group *world, int *argc, char **argv)
{
    *o = (hl_bench_orders){.meter = {.ranks = world}, .steps = 1, .warmup = 2};
    HL_TRY(hl_arguments_take(&o->out, "out", argc, argv));
    HL_TRY(hl_arguments_take_number(&o->warmup, "warmup", 0, MOST, argc, argv));
    HL_TRY(hl_arguments_take_number(&o->steps, "steps", 1, MOST, argc, argv));
    if (!o->out) o->out = "trace.json";
    return hl_path_check(o->out);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_bench_orders orders;
    const bool json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY(take_orders(&orders, world, &argc, argv));
    json_t *result = json_object();
    hl_status s = hl_bench_job(hl_trace_job, result, &orders, argc, argv);
    if (s == HL_OK && world->rank == 0) hl_bench_show(result, stdout, json);
    json_decref(result);
    return s;
}

const hl_command hl_cmd_trace = {
    .name = "trace",
    .arguments = "CONFIG... [--out FILE] [--key value]... [--json]",
    .help = "what all ranks do when in a step, as a file for Perfetto, and how well they share the work",
    .more =
        "Start it as the job will be started, with mpirun -n N or srun.  Nothing is saved but the file.\n"
        "Open the file at https://ui.perfetto.dev or in chrome://tracing: a process a machine, a thread a rank,\n"
        "a bar an act of the step; waited_us is the part of it that the rank waits for others.\n"
        "On standard output: seconds of each act over the ranks, and parallel efficiency = load balance (mean useful\n"
        "seconds of a rank / most) x communication efficiency (most / what the step takes); useful is not waited.\n"
        "Waits inside of ScaLAPACK (grids, EASE) count as useful.\n"
        "  --out FILE         trace.json\n"
        "  --steps N          steps to record (1)\n"
        "  --warmup N         steps before those (2)\n"
        "  --json             the figures as one JSON object on standard output\n"
        "CONFIG and --key value are those of hllm train.\n",
    .run = run,
};
