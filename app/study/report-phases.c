/* report-phases.c - report-phases.csv: a line a phase of each point, and report.extrap.jsonl for Extra-P.
 *
 * Extra-P reads JSON Lines (its docs/file-formats.md): each line has the value of the parameter, what was measured, and
 * where in the program.  The parameter is the size of a point, in cores or nodes.  What is measured at one size must be
 * there at all: so each series has a file of its own, and a phase or a group that is not in a step counts 0. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static hl_status write_file(const char *dir, const char *name, FILE *out, char **text, const size_t *n)
{
    char path[PATH_MAX];
    fclose(out);
    hl_path(path, "%s/%s", dir, name);
    hl_status s = hl_atomic_write(path, *text, *n);
    free(*text);
    return s;
}

/* ---- a line a phase */

static void print_point(FILE *out, const hl_outcome *x)
{
    static const char *const keys[] = {"least", "mean", "most", "rank", "share"};
    const json_t *row;
    size_t i;
    json_array_foreach(json_object_get(x->typical, "phases"), i, row)
    {
        const char *phase = json_string_value(json_object_get(row, "phase"));
        hl_report_field(out, x->point->name);
        fputc(',', out);
        hl_report_field(out, phase ? phase : "");
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            const double value = hl_outcome_number(row, keys[k]);
            fputc(',', out);
            if (isfinite(value)) fprintf(out, "%.7g", value);
        }
        fputc('\n', out);
    }
}

hl_status hl_report_phases(const hl_outcomes *o, const char *dir)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    fputs("point,phase,seconds_least,seconds_mean,seconds_most,rank_of_most,share\n", out);
    for (int i = 0; i < o->n; i++) print_point(out, &o->at[i]);
    return write_file(dir, "report-phases.csv", out, &text, &n);
}

/* ---- Extra-P */

typedef struct {
    FILE *out;
    const hl_outcomes *outcomes;
    const hl_outcome *point;
} lines;

/* Takes the values. */
static void print_line(const lines *l, const char *frame, const char *metric, json_t *values)
{
    char path[200];
    snprintf(path, sizeof path, "step%s%.100s", *frame ? "->" : "", frame);
    json_t *o = json_pack("{s{si} ss ss so}", "params", *l->outcomes->unit == 'n' ? "nodes" : "cores", l->point->size,
                          "callpath", path, "metric", metric, "value", values);
    HL_CHECK(o != NULL);
    json_dumpf(o, l->out, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputc('\n', l->out);
    json_decref(o);
}

/* A metric of the whole step, of each run. */
static void print_whole(const lines *l, const char *metric, const char *key)
{
    json_t *values = json_array(), *result;
    size_t i;
    json_array_foreach(l->point->results, i, result)
    {
        const double x = hl_outcome_number(result, key);
        if (isfinite(x)) json_array_append_new(values, json_real(x));
    }
    if (json_array_size(values)) print_line(l, "", metric, values);
    else json_decref(values);
}

static const json_t *find(const json_t *rows, const char *key, const char *name)
{
    const json_t *row;
    size_t i;
    json_array_foreach(rows, i, row) if (strcmp(hl_outcome_text(row, key), name) == 0) return row;
    return NULL;
}

/* A list of a result: phases with their seconds, groups with their bytes. */
typedef struct {
    const char *list, *key, *value, *metric;
} table;

/* The row of this name, of each run. */
static void print_row(const lines *l, const table *t, const char *name)
{
    json_t *values = json_array(), *result;
    size_t i;
    json_array_foreach(l->point->results, i, result)
    {
        const double x = hl_outcome_number(find(json_object_get(result, t->list), t->key, name), t->value);
        json_array_append_new(values, json_real(isfinite(x) ? x : 0));
    }
    print_line(l, name, t->metric, values);
}

static bool is_in_series(const hl_outcomes *o, int i, int first)
{
    return o->at[i].runs && strcmp(o->at[i].point->series, o->at[first].point->series) == 0;
}

/* A row that no earlier point of the series has: it is printed for all of its points. */
static void print_rows(lines *l, const table *t, int first)
{
    const hl_outcomes *o = l->outcomes;
    const json_t *row;
    size_t r;
    for (int i = first; i < o->n; i++) {
        if (!is_in_series(o, i, first)) continue;
        json_array_foreach(json_object_get(o->at[i].typical, t->list), r, row)
        {
            const char *name = hl_outcome_text(row, t->key);
            bool is_new = true;
            for (int k = first; k < i && is_new; k++)
                if (is_in_series(o, k, first)) is_new = !find(json_object_get(o->at[k].typical, t->list), t->key, name);
            for (int k = first; k < o->n && is_new; k++) {
                l->point = &o->at[k];
                if (is_in_series(o, k, first)) print_row(l, t, name);
            }
        }
    }
}

static void print_series(lines *l, int first)
{
    static const struct {
        const char *metric, *key;
    } whole[] = {{"time", "seconds"}, {"flop", "flop"}, {"peak_bytes", "peak_bytes"}, {"joules", "joules"}};
    static const table tables[] = {{"phases", "phase", "mean", "time"}, {"sent", "group", "bytes", "bytes_sent"}};
    for (int i = first; i < l->outcomes->n; i++) {
        l->point = &l->outcomes->at[i];
        for (size_t k = 0; k < sizeof whole / sizeof whole[0] && is_in_series(l->outcomes, i, first); k++)
            print_whole(l, whole[k].metric, whole[k].key);
    }
    for (size_t k = 0; k < sizeof tables / sizeof tables[0]; k++) print_rows(l, &tables[k], first);
}

/* The name of the n-th file: the first has none of its own. */
static void name_file(char out[40], int n)
{
    snprintf(out, 40, n ? "report.extrap-%d.jsonl" : "report.extrap.jsonl", n + 1);
}

/* Of an earlier report, which may have had more series. */
static void forget_files(const char *dir)
{
    char name[40], path[PATH_MAX];
    for (int n = 0; name_file(name, n), hl_path_is_there(dir, name); n++) {
        hl_path(path, "%s/%s", dir, name);
        unlink(path);
    }
}

hl_status hl_report_extrap(const hl_outcomes *o, const char *dir)
{
    int files = 0;
    forget_files(dir);
    for (int i = 0; i < o->n; i++) {
        char *text = NULL, name[40];
        size_t n;
        if (!hl_outcomes_begins(o, i)) continue;
        lines l = {hl_alloc_stream(&text, &n), o, NULL};
        print_series(&l, i);
        name_file(name, files++);
        HL_TRY(write_file(dir, name, l.out, &text, &n));
    }
    return HL_OK;
}
