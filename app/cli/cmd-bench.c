/* cmd-bench.c - hllm bench: how fast this machine, the kernels, the collectives and whole steps are. */
#include "app/bench/bench-show.h"
#include "app/bench/bench.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/threads.h"
#include <string.h>

static const hl_bench *const benches[] = {
    &hl_bench_kernels, &hl_bench_collectives, &hl_bench_step, &hl_bench_node, &hl_bench_calibrate,
};
enum { BENCHES = sizeof benches / sizeof benches[0] };

static const hl_bench *find(const char *name)
{
    for (int i = 0; i < BENCHES; i++)
        if (strcmp(benches[i]->name, name) == 0) return benches[i];
    return NULL;
}

enum { MOST = 4096 };

/* What is left of the arguments is the measurement's own. */
static hl_status take_orders(hl_bench_orders *o, const hl_bench *bench, const hl_group *world, int *argc, char **argv)
{
    *o = (hl_bench_orders){.meter = {.ranks = world}, .warmup = 1};
    o->meter.quick = hl_arguments_take_flag("quick", argc, argv);
    if (bench->has_config) {
        o->first_batch = hl_arguments_take_flag("first-batch", argc, argv);
        HL_TRY(hl_arguments_take_number(&o->warmup, "warmup", 0, MOST, argc, argv));
        return hl_arguments_take_number(&o->steps, "steps", 1, MOST, argc, argv);
    }
    HL_TRY(hl_arguments_take_number(&o->threads, "threads", 1, MOST, argc, argv));
    if (bench->learns) HL_TRY(hl_arguments_take(&o->learn, "learn", argc, argv));
    for (int i = 0; i < *argc; i++)
        if (i >= bench->arguments_most || strncmp(argv[i], "--", 2) == 0)
            return HL_FAIL(HL_EUSAGE, "bench %s: \"%s\" is too much; hllm bench --help says what it takes", bench->name,
                           argv[i]);
    return hl_threads_set(&o->threads, world, o->threads, true);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_bench_orders orders;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    if (argc == 0) return HL_FAIL(HL_EUSAGE, "say what to measure; hllm bench --help lists it");
    const hl_bench *bench = find(argv[0]);
    if (!bench)
        return HL_FAIL(HL_EUSAGE, "bench %s: there is no such measurement; hllm bench --help lists them", argv[0]);
    argc--;
    argv++;
    HL_TRY(take_orders(&orders, bench, world, &argc, argv));
    json_t *result = json_object();
    hl_status s = bench->run(result, &orders, argc, argv);
    if (s == HL_OK && world->rank == 0) hl_bench_show(result, stdout, json);
    json_decref(result);
    return s;
}

const hl_command hl_cmd_bench = {
    .name = "bench",
    .arguments = "WHAT [CONFIG] [--key value]... [--json]",
    .help = "how fast this machine is, and what of it is used",
    .more =
        "  kernels            every op in the shapes of three models (64, 512, 2048 wide), as a share of\n"
        "                     the best square sgemm or of the memory's bandwidth\n"
        "  collectives        sums, blocks, broadcasts, all-to-alls over all ranks by size; 4 bytes show the latency;\n"
        "                     and the sum by each algorithm: which was the fastest, which is taken\n"
        "  step CONFIG        steps of the configured training: phases, FLOP/s, users a second,\n"
        "                     tokens encoded beside those that the public code would encode, the optimizer apart;\n"
        "                     medians after a warm-up, also at one speed of the machine, beside the forecast;\n"
        "                     nothing is saved\n"
        "  node CONFIG        the same steps with 1, 2, 4 ... threads, up to this rank's part of the cores;\n"
        "                     start it with 1, 2, 4 ... ranks to compare, which experiments/scaling/node.yaml does\n"
        "  calibrate [FILE]   the figures that forecasts are made of, written to FILE too: products, attention and\n"
        "                     layers of many shapes, memory, latency and bandwidth between its ranks\n"
        "  --learn METRICS    of calibrate: nothing is measured, FILE learns what steps took by what was promised,\n"
        "                     from the metrics.jsonl of trainings that had it as calibration; commas between them\n"
        "  --threads N        threads a rank; without it OMP_NUM_THREADS, or the rank's share of the cores\n"
        "  --steps N          steps to measure, of step and node\n"
        "  --warmup N         steps before those, which are not counted (1)\n"
        "  --first-batch      of step and node: all steps have the first batch, as hllm plan has\n"
        "  --quick            small sizes and few repetitions: to see that it works\n"
        "  --json             one JSON object on standard output\n"
        "CONFIG and --key value are those of hllm train.\n"
        "All ranks work at once and the slowest counts; rates are those of one rank.\n",
    .run = run,
};
