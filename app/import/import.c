/* import.c - data sets of others to the two CSV files of a data set of ours. */
#include "app/import/import.h"
#include "app/import/import-filter.h"
#include "app/import/import-interactions.h"
#include "app/import/import-texts.h"
#include "base/path.h"
#include "io/files/folder.h"
#include <unistd.h>

/* What is written; texts NULL: there are none. */
typedef struct {
    hl_shared_file *interactions, *texts;
} files;

/* The file to write, and is it free?  Rank 0 makes its folder. */
static hl_status find_place(char path[PATH_MAX], const hl_import_settings *s, const char *inside, bool is_first)
{
    char folder[PATH_MAX];
    HL_TRY(hl_path_make(folder, "%s/%s", s->folder, inside));
    HL_TRY(hl_path_make(path, "%s/%s.csv", folder, s->name));
    if (is_first && !s->replaces && access(path, F_OK) == 0)
        return HL_FAIL(HL_EUSAGE, "%s: is there already; give another name or folder, or --replace", path);
    return is_first ? hl_folder_make(folder) : HL_OK;
}

static hl_status open_files(files *f, const hl_group *g, const hl_import_settings *s)
{
    char path[PATH_MAX], texts[PATH_MAX];
    HL_TRY_ALL(g, find_place(path, s, "dataset", g->rank == 0));
    HL_TRY_ALL(g, s->items.n ? find_place(texts, s, "information", g->rank == 0) : HL_OK);
    HL_TRY(hl_shared_file_open(&f->interactions, g, path, s->interactions.n + 1));
    return s->items.n ? hl_shared_file_open(&f->texts, g, texts, s->items.n) : HL_OK;
}

static hl_status check_left(const hl_import_interactions *x, const hl_group *g, const hl_import_settings *s)
{
    int64_t left = x->begin[x->files];
    hl_group_all_reduce_int(g, &left, 1);
    if (left > 0) return HL_OK;
    return HL_FAIL(
        HL_EFORMAT,
        "%s: no interaction is left; lower --min-user, --min-item or --min-rating, or look whether the columns "
        "are the right ones",
        s->interactions.at[0]);
}

static hl_status import(files *f, hl_import_interactions *x, hl_import_report *r, const hl_group *g,
                        const hl_import_settings *s)
{
    hl_progress progress = {0};
    HL_TRY(open_files(f, g, s));
    HL_TRY(hl_import_interactions_read(x, r, g, s, &progress));
    hl_import_filter_rows(x, r, g, s);
    HL_TRY(check_left(x, g, s));
    hl_import_look(x, r, g);
    HL_TRY_ALL(g, hl_import_interactions_write(x, f->interactions, g->rank == 0));
    if (f->texts) HL_TRY(hl_import_texts(r, x->item_count, g, s, f->texts, &progress));
    if (f->texts) HL_TRY(hl_shared_file_place(f->texts));
    return hl_shared_file_place(f->interactions);
}

hl_status hl_import(hl_import_report *r, const hl_group *g, const hl_import_settings *s)
{
    files f = {0};
    hl_import_interactions x = {0};
    *r = (hl_import_report){0};
    const hl_status status = import(&f, &x, r, g, s);
    hl_import_interactions_close(&x);
    hl_shared_file_close(f.interactions);
    hl_shared_file_close(f.texts);
    if (status == HL_OK) hl_import_report_add(r, g);
    return status;
}
