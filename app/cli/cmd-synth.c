/* cmd-synth.c - hllm synth: texts and interactions with a planted structure. */
#include "base/log.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/synth/synth.h"
#include <errno.h>
#include <stdio.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TIMES = 1000000 };

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
static hl_status take_numbers(hl_synth_settings *s, int *argc, char **argv)
{
    const char *text;
    HL_TRY(hl_arguments_take(&text, "name", argc, argv));
    if (text) s->name = text;
    HL_SYNTH_NUMBERS(TAKE_INT, TAKE_REAL)
    return HL_OK;
}

static bool is_given(const char *option, int argc, char **argv)
{
    const size_t n = strlen(option);
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], option, n) == 0 && (!argv[i][n] || argv[i][n] == '=')) return true;
    return false;
}

static hl_status take_like(hl_synth_settings *s, char name[HL_SYNTH_NAME], int *argc, char **argv)
{
    const char *like;
    int times = 1;
    const bool has_times = is_given("--times", *argc, argv);
    HL_TRY(hl_arguments_take(&like, "like", argc, argv));
    HL_TRY(hl_arguments_take_number(&times, "times", 1, MOST_TIMES, argc, argv));
    if (like) return hl_synth_like(s, name, like, times);
    return has_times ? HL_FAIL(HL_EUSAGE, "--times needs --like, a folder that hllm synth has made") : HL_OK;
}

/* Those of another world first, so that what is given besides is stronger. */
static hl_status take_settings(hl_synth_settings *s, char name[HL_SYNTH_NAME], int *argc, char **argv)
{
    const char *text;
    double items;
    const bool has_items = is_given("--items", *argc, argv), has_topics = is_given("--topics", *argc, argv);
    HL_TRY(take_like(s, name, argc, argv));
    HL_TRY(hl_arguments_take(&text, "items-per-user", argc, argv));
    HL_TRY(take_numbers(s, argc, argv));
    if (!text) return HL_OK;
    HL_TRY(parse_real(&items, "items-per-user", text));
    if (!(items > 0)) return HL_FAIL(HL_EUSAGE, "--items-per-user: %s is not more than 0", text);
    if (has_items) return HL_FAIL(HL_EUSAGE, "give --items or --items-per-user, not both");
    hl_synth_items_per_user(s, items, has_topics);
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
    char name[HL_SYNTH_NAME];
    bool json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY_ALL(world, take_settings(&s, name, &argc, argv));
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
    .more =
        "  --json\n        one JSON object on standard output\n"
        "  --name NAME\n        of the CSV files (synth)\n"
        "  --items-per-user X\n        items = X x users, in topics as large as usual: different texts a user stay\n"
        "  --like DIR\n        the settings of the world in DIR, but for what is given besides\n"
        "  --times N\n        of --like: its users, items and topics N times\n" HL_SYNTH_NUMBERS(HELP, HELP),
    .run = run,
};
