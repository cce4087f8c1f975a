/* snapshot.c - the study in its own folder. */
#include "app/study/snapshot.h"
#include "base/arena.h"
#include "base/path.h"
#include "app/config/quote.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 20 };

/* ---- the study file */

static void print_list(FILE *out, const hl_names *list)
{
    fputc('[', out);
    for (int i = 0; i < list->n; i++) {
        if (i) fputs(", ", out);
        hl_quote(list->at[i], out);
    }
    fputs("]\n", out);
}

static bool is_of(const hl_study_axis *a, const char *point)
{
    return point ? a->point && strcmp(a->point, point) == 0 : !a->point;
}

/* Axes: their values.  Options of a listed point: the one value. */
static void print_keys(FILE *out, const hl_study *s, const char *point, const char *indent)
{
    for (int i = 0; i < s->axes; i++) {
        if (!is_of(&s->axis[i], point)) continue;
        fputs(indent, out);
        hl_quote(s->axis[i].key, out);
        fputs(": ", out);
        if (!point) print_list(out, &s->axis[i].values);
        else hl_quote(s->axis[i].values.at[0], out), fputc('\n', out);
    }
}

static bool is_first(const hl_study *s, int i)
{
    for (int k = 0; k < i; k++)
        if (is_of(&s->axis[k], s->axis[i].point)) return false;
    return true;
}

static void print_points(FILE *out, const hl_study *s)
{
    int n = 0;
    for (int i = 0; i < s->axes; i++) {
        if (!s->axis[i].point || !is_first(s, i)) continue;
        fputs(n++ ? "  " : "points:\n  ", out);
        hl_quote(s->axis[i].point, out);
        fputs(":\n", out);
        print_keys(out, s, s->axis[i].point, "    ");
    }
}

static void print_axes(FILE *out, const hl_study *s)
{
    for (int i = 0; i < s->axes; i++) {
        if (s->axis[i].point) continue;
        fputs("axes:\n", out);
        print_keys(out, s, NULL, "  ");
        return;
    }
}

static void print_study(FILE *out, const hl_study *s)
{
    fputs("# Written by hllm study: what is run in this folder.  Its configurations are copies.\nname: ", out);
    hl_quote(s->name, out);
    fputs("\nbase: [", out);
    for (int i = 0; i < s->base.n; i++) fprintf(out, "%sbase-%d.yaml", i ? ", " : "", i + 1);
    fputs("]\n", out);
    print_axes(out, s);
    print_points(out, s);
    fprintf(out, "fixed: %s\nrepetitions: %d\nwarmup: %d\nsteps: %d\nseed: %d\n", hl_study_fixed_name[s->fixed],
            s->repetitions, s->warmup, s->steps, s->seed);
    if (s->task != HL_TASK_STEPS) fprintf(out, "task: %s\n", hl_study_task_name[s->task]);
    if (s->metrics.n) fputs("metrics: ", out), print_list(out, &s->metrics);
    if (s->node_ranks) fprintf(out, "ranks_per_node: %d\n", s->node_ranks);
    fputs("launcher: ", out);
    print_list(out, &s->launcher);
}

/* ---- files */

static hl_status copy(const char *to, const char *from)
{
    char *text = NULL;
    size_t n;
    hl_status s = hl_regular_read(from, MOST_BYTES, &text, &n);
    if (s == HL_OK) s = hl_atomic_write(to, text, n);
    free(text);
    return s;
}

static bool is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

hl_status hl_snapshot_write(const hl_study *s, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    hl_path(path, "%s/study.yaml", dir);
    if (is_same_file(path, s->path)) return HL_OK;
    HL_TRY(hl_folder_make(dir));
    for (int i = 0; i < s->base.n; i++) {
        hl_path(path, "%s/base-%d.yaml", dir, i + 1);
        HL_TRY(copy(path, s->base.at[i]));
    }
    FILE *out = hl_alloc_stream(&text, &n);
    print_study(out, s);
    fclose(out);
    hl_path(path, "%s/study.yaml", dir);
    hl_status status = hl_atomic_write(path, text, n);
    free(text);
    return status;
}
