/* cmd-prepare.c - hllm prepare: the CSV files of a configuration into its dataset. */
#include "base/log.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/data.h"
#include "app/train/pace.h"
#include "io/dataset/dataset.h"
#include "mpi/comm/watch.h"
#include <stdio.h>

/* Rank 0. */
static hl_status show(const hl_group *world, const hl_config *c, const char *folder, bool json)
{
    hl_manifest m;
    HL_TRY(hl_dataset_show(folder, stdout, json));
    fflush(stdout);
    hl_status s = hl_manifest_read(&m, folder);
    if (s == HL_OK) hl_data_warn(world, c, &m);
    hl_manifest_free(&m);
    return s;
}

static hl_status prepare(const hl_group *world, const hl_config *c, bool json)
{
    hl_prepare_settings s = hl_data_settings(c);
    hl_prepare_report report;
    char folder[PATH_MAX];
    bool did = false;
    hl_watch_patience(hl_pace_patience(c->hang_timeout, 0));
    HL_TRY(hl_data_folder(folder, world, &s));
    HL_TRY(hl_prepare_when_needed(world, &s, &report, &did));
    if (!did) hl_log(HL_INFO, "%s: is up to date", folder);
    return hl_group_agree(world, world->rank == 0 ? show(world, c, folder, json) : HL_OK);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_config c;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    hl_status s = hl_arguments_config(&c, world, argc, argv);
    if (s == HL_OK) s = prepare(world, &c, json);
    hl_config_free(&c);
    return s;
}

const hl_command hl_cmd_prepare = {
    .name = "prepare",
    .arguments = "CONFIG... [--key value]... [--json]",
    .help = "CSV files to a tokenised dataset; train and eval do it by themselves",
    .has_config = true,
    .hears_signals = true,
    .run = run,
};
