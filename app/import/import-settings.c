/* import-settings.c - what is to be imported, from where and to where: the options. */
#include "app/import/import-settings.h"
#include "app/config/arguments.h"
#include "base/path.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_INTERACTIONS = 1000000, LONGEST_NAME = 100 };

static hl_status take_files(hl_names *files, const char *name, int *argc, char **argv)
{
    for (const char *path;;) {
        HL_TRY(hl_arguments_take(&path, name, argc, argv));
        if (!path) return HL_OK;
        hl_names_add(files, path, strlen(path));
    }
}

static hl_status no_kind(const char *name)
{
    char list[400] = "";
    size_t n = 0;
    for (int i = 0; i < HL_IMPORT_KINDS_N; i++)
        n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", i ? ", " : "", hl_import_kind_names[i]);
    if (!name) return HL_FAIL(HL_EUSAGE, "say what the files are: --from KIND, one of %s", list);
    if (strcmp(name, "parquet") == 0)
        return HL_FAIL(HL_EUSAGE, "--from parquet: is not read here; write the tables as text, as by pandas' "
                                  "read_parquet(x).to_csv(y, index=False), and take --from csv");
    return HL_FAIL(HL_EUSAGE, "--from %s: there is no such kind; there are %s", name, list);
}

static hl_status take_kind(hl_import_settings *s, int *argc, char **argv)
{
    const char *name;
    HL_TRY(hl_arguments_take(&name, "from", argc, argv));
    s->number = name ? hl_import_kind_find(name) : -1;
    if (s->number < 0) return no_kind(name);
    s->kind = &hl_import_kinds[s->number];
    s->min_user = s->kind->min_user;
    s->min_item = s->kind->min_item;
    return HL_OK;
}

static hl_status take_filter(hl_import_settings *s, int *argc, char **argv)
{
    const char *name, *rating;
    char *end;
    HL_TRY(hl_arguments_take(&name, "filter", argc, argv));
    if (!name) name = s->kind->filter;
    s->filter = strcmp(name, "public") == 0 ? HL_FILTER_PUBLIC : HL_FILTER_CORE;
    if (s->filter == HL_FILTER_CORE && strcmp(name, "core") != 0)
        return HL_FAIL(HL_EUSAGE, "--filter %s: is neither core nor public", name);
    HL_TRY(hl_arguments_take_number(&s->min_user, "min-user", 0, MOST_INTERACTIONS, argc, argv));
    HL_TRY(hl_arguments_take_number(&s->min_item, "min-item", 0, MOST_INTERACTIONS, argc, argv));
    HL_TRY(hl_arguments_take(&rating, "min-rating", argc, argv));
    s->has_min_rating = rating != NULL;
    if (!rating) return HL_OK;
    s->min_rating = strtod(rating, &end);
    return end > rating && !*end ? HL_OK : HL_FAIL(HL_EUSAGE, "--min-rating: \"%s\" is not a number", rating);
}

static hl_status take_columns(hl_import_settings *s, int *argc, char **argv)
{
    const struct {
        const char *option, **value;
    } columns[] = {{"item-column", &s->item},   {"user-column", &s->user},
                   {"time-column", &s->time},   {"rating-column", &s->rating},
                   {"text-columns", &s->texts}, {"encoding", &s->encoding},
                   {"name", &s->name}};
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        HL_TRY(hl_arguments_take(columns[i].value, columns[i].option, argc, argv));
        if (*columns[i].value && !**columns[i].value)
            return HL_FAIL(HL_EUSAGE, "--%s: is empty; leave it out, or give it a value", columns[i].option);
    }
    return HL_OK;
}

static hl_status take_folder(hl_import_settings *s, int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (argv[i][0] == '-')
            return HL_FAIL(HL_EUSAGE, "%s: there is no such option; hllm import-data --help lists them", argv[i]);
    if (argc != 1)
        return HL_FAIL(HL_EUSAGE, "name one folder for the CSV files: hllm import-data DIR --from KIND ...%s%s",
                       argc > 1 ? "; more than one is " : "", argc > 1 ? argv[1] : "");
    s->folder = argv[0];
    return hl_path_check(s->folder);
}

static hl_status check(const hl_import_settings *s)
{
    if (s->interactions.n == 0)
        return HL_FAIL(HL_EUSAGE, "--interactions FILE is missing; of %s it is %s", hl_import_kind_names[s->number],
                       hl_import_kind_helps[s->number]);
    if (!s->name) return HL_FAIL(HL_EUSAGE, "--name NAME is missing: what the data set is to be called");
    if (s->name[0] == '.' || strchr(s->name, '/') || strlen(s->name) > LONGEST_NAME)
        return HL_FAIL(HL_EUSAGE, "--name %.120s: cannot be the name of a data set; it becomes the name of a file",
                       s->name);
    if (s->encoding && strcmp(s->encoding, "utf-8") != 0 && strcmp(s->encoding, "latin-1") != 0)
        return HL_FAIL(HL_EUSAGE, "--encoding %s: is neither utf-8 nor latin-1", s->encoding);
    return HL_OK;
}

static hl_status take_all(hl_import_settings *s, int argc, char **argv)
{
    HL_TRY(take_kind(s, &argc, argv));
    HL_TRY(take_files(&s->interactions, "interactions", &argc, argv));
    HL_TRY(take_files(&s->items, "items", &argc, argv));
    HL_TRY(take_filter(s, &argc, argv));
    HL_TRY(take_columns(s, &argc, argv));
    s->all_items = hl_arguments_take_flag("all-items", &argc, argv);
    s->skips_bad = hl_arguments_take_flag("skip-bad", &argc, argv);
    s->replaces = hl_arguments_take_flag("replace", &argc, argv);
    HL_TRY(take_folder(s, argc, argv));
    return check(s);
}

hl_status hl_import_settings_take(hl_import_settings *s, int argc, char **argv)
{
    *s = (hl_import_settings){0};
    return take_all(s, argc, argv);
}

void hl_import_settings_free(hl_import_settings *s)
{
    hl_names_free(&s->interactions);
    hl_names_free(&s->items);
}
