/* import-kinds.h - the data sets that can be read: what their files look like.
 *
 * To add a kind: its name below, and a row of the table in import-kinds.c. */
#ifndef APP_IMPORT_IMPORT_KINDS_H
#define APP_IMPORT_IMPORT_KINDS_H
#include "base/error.h"
#include "io/dataset/fields.h"

/* Constant, name, what its files are. */
#define HL_IMPORT_KINDS(KIND)                                                                                          \
    KIND(AMAZON_2014, "amazon-2014",                                                                                   \
         "ratings_X.csv (user,item,rating,time, no header) or reviews_X.json; meta_X.json, whose lines Python's repr " \
         "has written")                                                                                                \
    KIND(AMAZON_2018, "amazon-2018", "X.json, X_5.json or X.csv (item,user,rating,time, no header); meta_X.json")      \
    KIND(AMAZON_2023, "amazon-2023",                                                                                   \
         "X.jsonl or X.csv of ratings (user_id,parent_asin,rating,timestamp); meta_X.jsonl")                           \
    KIND(PIXELREC, "pixelrec",                                                                                         \
         "PixelX.csv (item_id,user_id,timestamp) and its table of items (title, tag, description)")                    \
    KIND(MOVIELENS, "movielens",                                                                                       \
         "u.data and u.item (100k), ratings.dat and movies.dat (1m, 10m), ratings.csv and movies.csv (20m and later)") \
    KIND(RECBOLE, "recbole",                                                                                           \
         "X.inter and X.item, whose header has types (item_id:token); texts are all columns of tokens")                \
    KIND(CSV, "csv", "tables with a header and quotes, separated by commas, tabs, semicolons or vertical bars")        \
    KIND(TSV, "tsv", "lines with a header, separated by tabs; quotes are letters like others")                         \
    KIND(JSONL, "jsonl", "a JSON object a line")
#define HL_IMPORT_KIND(constant, name, help) HL_IMPORT_##constant,
enum { HL_IMPORT_KINDS(HL_IMPORT_KIND) HL_IMPORT_KINDS_N };
#undef HL_IMPORT_KIND

/* One of the forms that the files of a kind have.  Names are as io/dataset/fields.h takes them. */
typedef struct {
    const char *mark; /* a file has this form where its first line holds this; NULL: where no form before has */
    const hl_fields_form *form;
    const char *separator, *columns;
    hl_fields_encoding encoding;
    const char *item, *user, *time, *rating; /* of interactions; of texts item alone.  NULL: see the option */
    const char *texts; /* names of the columns of texts, OUT or OUT=IN, with commas between them */
} hl_import_form;

enum { HL_IMPORT_FORMS = 4 };

typedef struct {
    hl_import_form interactions[HL_IMPORT_FORMS], items[HL_IMPORT_FORMS]; /* end with one that has no form */
    int min_user, min_item;                                               /* unless others are asked for */
    const char *filter;                                                   /* "public" or "core" */
} hl_import_kind;

extern const hl_import_kind hl_import_kinds[HL_IMPORT_KINDS_N];
extern const char *const hl_import_kind_names[HL_IMPORT_KINDS_N], *const hl_import_kind_helps[HL_IMPORT_KINDS_N];

/* The number of a kind; -1 where there is none. */
int hl_import_kind_find(const char *name);

/* The form of a file among the forms of a kind. */
hl_status hl_import_form_find(const hl_import_form **out, const hl_import_form *forms, const char *path);

#endif
