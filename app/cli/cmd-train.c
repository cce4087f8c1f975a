/* cmd-train.c - hllm train: prepare, train, validate each epoch, keep the best, test it at the end. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/job.h"
#include "app/train/preflight.h"
#include "app/train/recommender.h"
#include "app/train/run.h"
#include "app/train/startup.h"
#include <stdio.h>

static hl_status train(const hl_group *world, const hl_config *c, bool json)
{
    hl_job job = {0};
    hl_lock *lock = NULL;
    json_t *result = NULL;
    hl_startup_enter(HL_STARTUP_CHECKS);
    hl_status s = c->val_only ? HL_OK : hl_preflight_folder(world, c);
    if (s == HL_OK) s = hl_run_lock(&lock, world, c);
    if (s == HL_OK) s = hl_job_open(&job, world, c, true);
    if (s == HL_OK) s = hl_recommenders[c->model]->train(&job, json ? &result : NULL);
    if (s == HL_OK && result) {
        json_dumpf(result, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
        putchar('\n');
    }
    json_decref(result);
    s = hl_stops_count(world, c->checkpoint_dir, job.reached, s);
    hl_job_close(&job);
    hl_lock_release(lock);
    return s;
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) s = train(world, &c, json);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_train = {
    .name = "train",
    .arguments = "CONFIG... [--key value]... [--json]",
    .help = "train, validate each epoch, test the best; the same command continues after a stop",
    .more = "With --json the metrics of the test are one JSON object on standard output.",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
