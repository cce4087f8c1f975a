/* import-settings.h - what is to be imported, from where and to where. */
#ifndef APP_IMPORT_IMPORT_SETTINGS_H
#define APP_IMPORT_IMPORT_SETTINGS_H
#include "app/config/names.h"
#include "app/import/import-kinds.h"

typedef enum { HL_FILTER_CORE, HL_FILTER_PUBLIC } hl_import_filter;

typedef struct {
    int number; /* of the kind */
    const hl_import_kind *kind;
    hl_names interactions, items;                    /* files */
    const char *folder, *name;                       /* folder/dataset/name.csv, folder/information/name.csv */
    const char *item, *user, *time, *rating, *texts; /* columns; NULL: those of the kind */
    const char *encoding;                            /* NULL: of the kind */
    hl_import_filter filter;
    int min_user, min_item; /* interactions */
    bool has_min_rating, all_items, skips_bad, replaces;
    double min_rating;
} hl_import_settings;

/* Take the settings out of the arguments of a command, and check them.  HL_EUSAGE.  Release with
 * hl_import_settings_free, also after a failure.  Local. */
hl_status hl_import_settings_take(hl_import_settings *s, int argc, char **argv);
void hl_import_settings_free(hl_import_settings *s);

/* For --help. */
#define HL_IMPORT_KIND_HELP(constant, name, help) "  " name "\n        " help "\n"
#define HL_IMPORT_HELP                                                                                              \
    "  --from KIND\n        what the files are: one of the list below\n"                                            \
    "  --interactions FILE\n        who met what, and when; several times where it is several files\n"              \
    "  --items FILE\n        what the items say; several times where it is several files\n"                         \
    "  --name NAME\n        of the CSV files, and so of the data set\n"                                             \
    "  --min-user N, --min-item N\n        interactions that a user, an item must have (0; amazon-2014: 5)\n"       \
    "  --filter core|public\n        core: again until all users and items have as many (default). public: as the " \
    "public\n"                                                                                                      \
    "        code filters Amazon Books: by the counts of the whole file, then users once more (default of "         \
    "amazon-2014)\n"                                                                                                \
    "  --min-rating X\n        leave out interactions that are rated lower, before anything is counted\n"           \
    "  --item-column, --user-column, --time-column, --rating-column NAME\n        other columns than those of the " \
    "kind; a|b: "                                                                                                   \
    "the first that there is\n"                                                                                     \
    "  --text-columns A,B=C\n        columns of texts: A, and C under the name B\n"                                 \
    "  --encoding utf-8|latin-1\n        of files that are not as the kind has them\n"                              \
    "  --all-items\n        keep texts of items that no kept interaction has\n"                                     \
    "  --skip-bad\n        leave out lines that cannot be read, and count them; without it the first ends the "     \
    "import\n"                                                                                                      \
    "  --replace\n        CSV files of this name that are there\n"                                                  \
    "  --json\n        the counts as one JSON object on standard output\n"                                          \
    "Files may be packed by gzip or zstd. Kinds:\n" HL_IMPORT_KINDS(HL_IMPORT_KIND_HELP)

#endif
