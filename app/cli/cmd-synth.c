/* cmd-synth.c - hllm synth: texts and interactions with a planted structure. */
#include "base/log.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/synth/synth.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

static hl_status parse_int(int *out, const char *name, const char *text)
{
    char *end;
    errno = 0;
    long x = strtol(text, &end, 10);
    if (end == text || *end || errno || x != (int)x)
        return HL_FAIL(HL_EUSAGE, "--%s: \"%s\" is not a whole number", name, text);
    *out = (int)x;
    return HL_OK;
}

static hl_status parse_real(double *out, const char *name, const char *text)
{
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end) return HL_FAIL(HL_EUSAGE, "--%s: \"%s\" is not a number", name, text);
    return HL_OK;
}

#define TAKE_INT(key, normal, least, most, help)        \
    HL_TRY(hl_arguments_take(&text, #key, argc, argv)); \
    if (text) HL_TRY(parse_int(&s->key, #key, text));
#define TAKE_REAL(key, normal, least, most, help)       \
    HL_TRY(hl_arguments_take(&text, #key, argc, argv)); \
    if (text) HL_TRY(parse_real(&s->key, #key, text));
static hl_status take_settings(hl_synth_settings *s, int *argc, char **argv)
{
    const char *text;
    HL_TRY(hl_arguments_take(&text, "name", argc, argv));
    if (text) s->name = text;
    HL_SYNTH_NUMBERS(TAKE_INT, TAKE_REAL)
    return HL_OK;
}

/* What is left must be the folder. */
static hl_status take_folder(const char **folder, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (argv[i][0] == '-')
            return HL_FAIL(HL_EUSAGE, "%s: there is no such option; hllm synth --help lists them", argv[i]);
    if (argc != 1) return HL_FAIL(HL_EUSAGE, "name one folder for the texts and interactions: hllm synth DIR");
    *folder = argv[0];
    return HL_OK;
}

static void tell(const hl_synth_settings *s, const char *folder, const hl_synth_report *report, bool json)
{
    hl_log(HL_INFO, "%s: %d users, %lld interactions with %d items of %d topics", folder, s->users,
           (long long)report->interactions, report->catalogue, s->topics);
    if (json) {
        char *text = hl_synth_json(s, report);
        fputs(text, stdout);
        free(text);
    } else hl_synth_print(stdout, report);
    fflush(stdout);
}

/* Rank 0 makes it; it is a matter of moments. */
static hl_status run(const hl_group *world, int argc, char **argv)
{
    hl_synth_settings s = hl_synth_defaults();
    hl_synth_report report;
    const char *folder = NULL;
    bool json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY_ALL(world, take_settings(&s, &argc, argv));
    HL_TRY_ALL(world, take_folder(&folder, argc, argv));
    HL_TRY_ALL(world, world->rank == 0 ? hl_synth_write(&s, folder, &report) : HL_OK);
    if (world->rank == 0) tell(&s, folder, &report, json);
    return HL_OK;
}

#define HELP(key, normal, least, most, help) "  --" #key " NUMBER\n        " help " (" #normal ")\n"
const hl_command hl_cmd_synth = {
    .name = "synth",
    .arguments = "DIR [--option value]...",
    .help = "texts and interactions with a planted structure, as CSV files",
    .more = "  --json\n        one JSON object on standard output\n"
            "  --name NAME\n        of the CSV files (synth)\n" HL_SYNTH_NUMBERS(HELP, HELP),
    .run = run,
};
