/* cmd-train.c - hllm train: prepare, train, validate each epoch, keep the best, test it at the end. */
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/embed/embed.h"
#include "app/train/job.h"
#include "app/train/preflight.h"
#include "app/train/recommender.h"
#include "app/train/resume.h"
#include "app/train/run.h"
#include "app/train/startup.h"
#include "io/checkpoint/steps.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

static bool has_checkpoints(const hl_config *c)
{
    int64_t *steps;
    const int n = hl_steps_list(c->checkpoint_dir, &steps);
    if (n > 0) free(steps);
    return n > 0;
}

/* Does the run go on with vectors that are there?  Its checkpoints go with them, which hl_resume looks at. */
static hl_status find_vectors(bool *there, const hl_group *world, const hl_config *c, const char *path)
{
    bool goes_on = world->rank == 0 && c->resume && has_checkpoints(c);
    if (!c->resume) HL_TRY(hl_resume_make_room(&goes_on, world, c));
    *there = world->rank == 0 && goes_on && hl_regular_is(path);
    hl_group_broadcast(world, there, sizeof *there, 0);
    return HL_OK;
}

/* item_cache auto: the vectors of all items, by the weights that a training without it would begin with.  Those that an
 * earlier file of the same model has are taken from there. */
static hl_status make_item_cache(const hl_group *world, const hl_config *c)
{
    hl_job job = {0};
    hl_config plain = *c;
    char path[PATH_MAX], none[1] = "";
    bool there;
    if (!hl_config_reads_ids(c) || !hl_config_makes_item_cache(c)) return HL_OK;
    hl_config_item_cache(c, path);
    HL_TRY(find_vectors(&there, world, c, path));
    if (there) return HL_OK;
    plain.item_cache = none;
    hl_status s = hl_job_open(&job, world, &plain, false);
    if (s == HL_OK) s = hl_embed(&job, &(hl_embed_orders){.to = path});
    hl_job_close(&job);
    return s;
}

static hl_status train(const hl_group *world, const hl_config *c, bool json)
{
    hl_job job = {0};
    hl_lock *lock = NULL;
    json_t *result = NULL;
    hl_startup_enter(HL_STARTUP_CHECKS);
    hl_status s = c->val_only ? HL_OK : hl_preflight_folder(world, c);
    if (s == HL_OK) s = hl_run_lock(&lock, world, c);
    if (s == HL_OK) s = make_item_cache(world, c);
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
