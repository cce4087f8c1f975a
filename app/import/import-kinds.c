/* import-kinds.c - the data sets that can be read. */
#include "app/import/import-kinds.h"
#include "io/files/excerpt.h"
#include <stdlib.h>
#include <string.h>

#define LINES &hl_fields_lines
#define CSV &hl_fields_csv
#define JSON &hl_fields_json

/* Lines of ratings without a header, and reviews of Amazon up to 2018. */
#define RATINGS(between, order)                                                                            \
    .form = LINES, .separator = between, .columns = order, .item = "item", .user = "user", .time = "time", \
    .rating = "rating"
#define REVIEWS .form = JSON, .item = "asin", .user = "reviewerID", .time = "unixReviewTime", .rating = "?overall"

/* u.item of MovieLens 100k. */
#define GENRES                                                                                                   \
    "+unknown|+Action|+Adventure|+Animation|+Children's|+Comedy|+Crime|+Documentary|+Drama|+Fantasy|+Film-Noir|" \
    "+Horror|+Musical|+Mystery|+Romance|+Sci-Fi|+Thriller|+War|+Western"

const hl_import_kind hl_import_kinds[HL_IMPORT_KINDS_N] = {
    [HL_IMPORT_AMAZON_2014] = {.interactions = {{.mark = "{", REVIEWS}, {RATINGS(",", "user|item|rating|time")}},
                               .items = {{.form = &hl_fields_literal, .item = "asin", .texts = "title,description"}},
                               .min_user = 5,
                               .min_item = 5,
                               .filter = "public"},
    [HL_IMPORT_AMAZON_2018] = {.interactions = {{.mark = "{", REVIEWS}, {RATINGS(",", "item|user|rating|time")}},
                               .items = {{.form = JSON, .item = "asin", .texts = "title,description"}},
                               .filter = "core"},
    [HL_IMPORT_AMAZON_2023] = {.interactions = {{.mark = "{",
                                                 .form = JSON,
                                                 .item = "parent_asin|asin",
                                                 .user = "user_id",
                                                 .time = "timestamp|sort_timestamp",
                                                 .rating = "?rating"},
                                                {.form = CSV,
                                                 .item = "parent_asin|asin",
                                                 .user = "user_id",
                                                 .time = "timestamp",
                                                 .rating = "?rating"}},
                               .items = {{.form = JSON, .item = "parent_asin|asin", .texts = "title,description"}},
                               .filter = "core"},
    [HL_IMPORT_PIXELREC] = {.interactions = {{.form = CSV,
                                              .item = "item_id",
                                              .user = "user_id",
                                              .time = "timestamp",
                                              .rating = "?rating"}},
                            .items = {{.form = CSV, .item = "item_id", .texts = "title,tag,description"}},
                            .filter = "core"},
    [HL_IMPORT_MOVIELENS] =
        {.interactions = {{.mark = "::", RATINGS("::", "user|item|rating|time")},
                          {.mark = "\t", RATINGS("\t", "user|item|rating|time")},
                          {.form = CSV, .item = "movieId", .user = "userId", .time = "timestamp", .rating = "?rating"}},
         .items = {{.mark = "::",
                    .form = LINES,
                    .separator = "::",
                    .columns = "item|title|genres",
                    .encoding = HL_FIELDS_EITHER,
                    .item = "item",
                    .texts = "title,genres"},
                   {.mark = "|",
                    .form = LINES,
                    .separator = "|",
                    .columns = "item|title|release|video|url|" GENRES,
                    .encoding = HL_FIELDS_EITHER,
                    .item = "item",
                    .texts = "title,genres=flags"},
                   {.form = CSV, .encoding = HL_FIELDS_EITHER, .item = "movieId", .texts = "title,genres"}},
         .filter = "core"},
    [HL_IMPORT_RECBOLE] = {.interactions = {{.form = LINES,
                                             .separator = "\t",
                                             .item = "item_id",
                                             .user = "user_id",
                                             .time = "timestamp",
                                             .rating = "?rating"}},
                           .items = {{.form = LINES, .separator = "\t", .item = "item_id"}},
                           .filter = "core"},
    [HL_IMPORT_CSV] = {.interactions = {{.form = CSV, .rating = "?rating"}},
                       .items = {{.form = CSV}},
                       .filter = "core"},
    [HL_IMPORT_TSV] = {.interactions = {{.form = LINES,
                                         .separator = "\t",
                                         .item = "item_id|item|asin",
                                         .user = "user_id|user",
                                         .time = "timestamp|time",
                                         .rating = "?rating"}},
                       .items = {{.form = LINES, .separator = "\t", .item = "item_id|item|asin"}},
                       .filter = "core"},
    [HL_IMPORT_JSONL] = {.interactions = {{.form = JSON,
                                           .item = "item_id|item|parent_asin|asin",
                                           .user = "user_id|user|reviewerID",
                                           .time = "timestamp|time|unixReviewTime",
                                           .rating = "?rating|overall"}},
                         .items = {{.form = JSON, .item = "item_id|item|parent_asin|asin"}},
                         .filter = "core"},
};

#define NAME(constant, name, help) name,
const char *const hl_import_kind_names[HL_IMPORT_KINDS_N] = {HL_IMPORT_KINDS(NAME)};
#define HELP(constant, name, help) help,
const char *const hl_import_kind_helps[HL_IMPORT_KINDS_N] = {HL_IMPORT_KINDS(HELP)};

int hl_import_kind_find(const char *name)
{
    int i = 0;
    while (i < HL_IMPORT_KINDS_N && strcmp(hl_import_kind_names[i], name) != 0) i++;
    return i < HL_IMPORT_KINDS_N ? i : -1;
}

hl_status hl_import_form_find(const hl_import_form **out, const hl_import_form *forms, const char *path)
{
    char *line;
    *out = NULL;
    hl_status s = hl_fields_first_line(path, &line);
    for (int i = 0; s == HL_OK && i < HL_IMPORT_FORMS && forms[i].form && !*out; i++)
        if (!forms[i].mark || strstr(line, forms[i].mark)) *out = &forms[i];
    free(line);
    return s;
}
