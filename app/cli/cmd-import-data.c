/* cmd-import-data.c - hllm import-data: data sets of others to the two CSV files that prepare reads. */
#include "base/log.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/import/import.h"
#include <stdio.h>

static void warn(const hl_import_report *r)
{
    if (r->times_apart)
        hl_log(HL_WARN, "%lld interactions have times a thousandfold from the others: seconds beside milliseconds?",
               (long long)r->times_apart);
    if (r->quoted)
        hl_log(HL_WARN, "%lld values have quotes around them, which are kept; a table with quotes is --from csv",
               (long long)r->quoted);
    if (r->items_without_text * 10 > r->items && r->text_rows)
        hl_log(HL_WARN, "%lld of %lld items have no text: are the ids of both files of one kind?",
               (long long)r->items_without_text, (long long)r->items);
}

static void tell(const hl_import_settings *s, const hl_import_report *r, bool json)
{
    warn(r);
    hl_log(HL_INFO,
           "%s: %lld interactions of %lld users with %lld items, texts of %lld; data_path: %s/dataset, text_path: "
           "%s/information, dataset: %s",
           s->folder, (long long)r->interactions, (long long)r->users, (long long)r->items, (long long)r->texts,
           s->folder, s->folder, s->name);
    if (json) hl_import_report_json(r, stdout);
    else hl_import_report_print(r, stdout);
    fflush(stdout);
}

static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_import_settings s;
    hl_import_report report;
    const bool json = hl_arguments_take_flag("json", &argc, argv);
    hl_status status = hl_group_agree(world, hl_import_settings_take(&s, argc, argv));
    if (status == HL_OK) status = hl_import(&report, world, &s);
    if (status == HL_OK && world->rank == 0) tell(&s, &report, json);
    hl_import_settings_free(&s);
    return status;
}

const hl_command hl_cmd_import_data = {
    .name = "import-data",
    .arguments = "DIR --from KIND --interactions FILE...",
    .help = "public data sets to the CSV files that prepare reads",
    .more = HL_IMPORT_HELP,
    .hears_signals = true,
    .needs_no_launcher = true,
    .run = run,
};
