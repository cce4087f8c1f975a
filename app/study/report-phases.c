/* report-phases.c - report-phases.csv: a line a phase of each point, and report.extrap.jsonl for Extra-P.
 *
 * Extra-P reads JSON Lines (its docs/file-formats.md): each line has the values of the parameters, what was measured,
 * and where in the program.  The parameter is the size of a point, in cores or nodes; a series of points is the
 * outermost frame of the call path, since layouts have no number. */
#include "app/study/report.h"
#include "base/arena.h"
#include "base/path.h"
#include "base/printable.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static hl_status write(const char *dir, const char *name, FILE *out, char **text, const size_t *n)
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
    return write(dir, "report-phases.csv", out, &text, &n);
}

/* ---- Extra-P */

typedef struct {
    FILE *out;
    const hl_outcomes *outcomes;
    const hl_outcome *point;
} lines;

/* Takes the values.  "->" parts the frames of a call path. */
static void print_line(const lines *l, const char *frame, const char *metric, json_t *values)
{
    char path[600];
    const char *series = l->point->point->series;
    char *name = hl_alloc_text(*series ? series : "step");
    for (char *c = name; *c; c++)
        if (*c == '>' || (unsigned char)*c >= 128) *c = '?';
    hl_printable(name);
    snprintf(path, sizeof path, "%.400s%s%s", name, *frame ? "->" : "", frame);
    json_t *o = json_pack("{s{si} ss ss so}", "params", *l->outcomes->unit == 'n' ? "nodes" : "cores", l->point->size,
                          "callpath", path, "metric", metric, "value", values);
    HL_CHECK(o != NULL);
    json_dumpf(o, l->out, JSON_COMPACT | JSON_REAL_PRECISION(9));
    fputc('\n', l->out);
    json_decref(o);
    free(name);
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
    json_array_foreach(rows, i, row)
    {
        const char *its = json_string_value(json_object_get(row, key));
        if (its && strcmp(its, name) == 0) return row;
    }
    return NULL;
}

/* Rows of the typical run, with the values of all runs: phases with their mean seconds, groups with their bytes. */
static void print_rows(const lines *l, const char *list, const char *key, const char *from, const char *metric)
{
    json_t *result;
    const json_t *row;
    size_t i, k;
    json_array_foreach(json_object_get(l->point->typical, list), i, row)
    {
        const char *name = json_string_value(json_object_get(row, key));
        json_t *values = json_array();
        json_array_foreach(l->point->results, k, result)
        {
            const double x = name ? hl_outcome_number(find(json_object_get(result, list), key, name), from) : NAN;
            if (isfinite(x)) json_array_append_new(values, json_real(x));
        }
        if (json_array_size(values)) print_line(l, name, metric, values);
        else json_decref(values);
    }
}

hl_status hl_report_extrap(const hl_outcomes *o, const char *dir)
{
    static const struct {
        const char *metric, *key;
    } whole[] = {{"time", "seconds"}, {"flop", "flop"}, {"peak_bytes", "peak_bytes"}, {"joules", "joules"}};
    char *text = NULL;
    size_t n;
    lines l = {hl_alloc_stream(&text, &n), o, NULL};
    for (int i = 0; i < o->n; i++) {
        l.point = &o->at[i];
        if (!l.point->runs) continue;
        for (size_t k = 0; k < sizeof whole / sizeof whole[0]; k++) print_whole(&l, whole[k].metric, whole[k].key);
        print_rows(&l, "phases", "phase", "mean", "time");
        print_rows(&l, "sent", "group", "bytes", "bytes_sent");
    }
    return write(dir, "report.extrap.jsonl", l.out, &text, &n);
}
