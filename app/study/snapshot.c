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

/* Axes (n), and how their maps are written. */
typedef struct {
    const hl_study_axis *axis;
    int n;
    bool are_lists; /* values of listed points, too */
    const char *indent;
} keys;

/* Axes: their values.  Options of a listed point: the one value. */
static void print_keys(FILE *out, const keys *k, const char *point, const char *indent)
{
    for (int i = 0; i < k->n; i++) {
        const hl_study_axis *a = &k->axis[i];
        if (!is_of(a, point)) continue;
        fprintf(out, "%s%s", k->indent, indent);
        hl_quote(a->key, out);
        fputs(": ", out);
        if (!point || k->are_lists) print_list(out, &a->values);
        else hl_quote(a->values.at[0], out), fputc('\n', out);
    }
}

static bool is_first(const keys *k, int i)
{
    for (int before = 0; before < i; before++)
        if (is_of(&k->axis[before], k->axis[i].point)) return false;
    return true;
}

static void print_points(FILE *out, const keys *k)
{
    int n = 0;
    for (int i = 0; i < k->n; i++) {
        if (!k->axis[i].point || !is_first(k, i)) continue;
        if (!n++) fprintf(out, "%spoints:\n", k->indent);
        fprintf(out, "%s  ", k->indent);
        hl_quote(k->axis[i].point, out);
        fputs(":\n", out);
        print_keys(out, k, k->axis[i].point, "    ");
    }
}

static void print_axes(FILE *out, const keys *k)
{
    for (int i = 0; i < k->n; i++) {
        if (k->axis[i].point) continue;
        fprintf(out, "%saxes:\n", k->indent);
        print_keys(out, k, NULL, "  ");
        return;
    }
}

static void print_tune(FILE *out, const hl_study_tune *t)
{
    const keys tried = {t->axis, t->axes, true, "  "};
    if (!t->axes) return;
    fputs("tune:\n", out);
    if (t->metric.n) fputs("  metric: ", out), hl_quote(t->metric.at[0], out), fputc('\n', out);
    if (t->seed >= 0) fprintf(out, "  seed: %d\n", t->seed);
    print_axes(out, &tried);
    print_points(out, &tried);
}

static void print_study(FILE *out, const hl_study *s)
{
    fputs("# Written by hllm study: what is run in this folder.  Its configurations are copies.\nname: ", out);
    hl_quote(s->name, out);
    fputs("\nbase: [", out);
    for (int i = 0; i < s->base.n; i++) fprintf(out, "%sbase-%d.yaml", i ? ", " : "", i + 1);
    fputs("]\n", out);
    const keys points = {s->axis, s->axes, false, ""};
    print_axes(out, &points);
    print_points(out, &points);
    fprintf(out, "fixed: %s\nrepetitions: %d\nwarmup: %d\nsteps: %d\nseed: %d\n", hl_study_fixed_name[s->fixed],
            s->repetitions, s->warmup, s->steps, s->seed);
    if (s->task != HL_TASK_STEPS) fprintf(out, "task: %s\n", hl_study_task_name[s->task]);
    if (s->on_valid) fputs("phase: valid\n", out);
    print_tune(out, &s->tune);
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
