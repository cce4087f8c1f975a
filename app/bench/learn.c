/* learn.c - let a calibration learn from what trainings with it were promised and took. */
#include "app/bench/learn.h"
#include "app/plan/calibration.h"
#include "base/alloc.h"
#include "base/array.h"
#include "base/log.h"
#include "base/sorted.h"
#include "io/files/json.h"
#include "io/files/regular.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    double *ratio; /* (n) actual by what the figures alone had promised */
    size_t room;
    int n;
} runs;

static double number(const json_t *o, const char *key) { return json_number_value(json_object_get(o, key)); }

/* A summary with a promise of a measured machine. */
static void read_line(runs *r, const char *line)
{
    json_t *o = json_loads(line, 0, NULL);
    const char *kind = json_string_value(json_object_get(o, "kind"));
    const json_t *p = json_object_get(o, "promise");
    const double promised = number(p, "promised"), actual = number(p, "actual"), learned = number(p, "learned");
    if (kind && strcmp(kind, "summary") == 0 && promised > 0 && actual > 0 && learned > 0) {
        HL_RESERVE(r->ratio, r->room, r->n + 1);
        r->ratio[r->n++] = actual / promised * learned;
    }
    json_decref(o);
}

static hl_status read_runs(runs *r, const char *path)
{
    FILE *in;
    char *line = NULL;
    size_t room = 0;
    HL_TRY(hl_regular_stream(&in, path, HL_EFORMAT, "name the metrics.jsonl of a training"));
    while (getline(&line, &room, in) >= 0) read_line(r, line);
    free(line);
    fclose(in);
    return HL_OK;
}

static hl_status read_list(runs *r, const char *list)
{
    char *copy = hl_alloc_text(list), *rest = NULL;
    hl_status s = HL_OK;
    for (char *path = strtok_r(copy, ",", &rest); path && s == HL_OK; path = strtok_r(NULL, ",", &rest))
        s = read_runs(r, path);
    free(copy);
    if (s == HL_OK && r->n == 0)
        s = HL_FAIL(HL_EFORMAT, "%s: no training there had a calibration and two steps; train with --calibration FILE",
                    list);
    return s;
}

/* The interval goes beyond the runs as far as few of them may miss: a tenth of the factor, less with many. */
static json_t *lesson(runs *r)
{
    const double middle = hl_sorted_median(r->ratio, r->n), beyond = 0.1 / sqrt(r->n);
    return json_pack("{s:f, s:f, s:f, s:i}", "factor", middle, "low", r->ratio[0] / middle / (1 + beyond), "high",
                     r->ratio[r->n - 1] / middle * (1 + beyond), "runs", r->n);
}

static hl_status load(json_t **o, const char *path)
{
    FILE *in;
    HL_TRY(hl_regular_stream(&in, path, HL_EFORMAT, "name a file that hllm bench calibrate has made"));
    *o = json_loadf(in, 0, NULL);
    fclose(in);
    if (json_object_get(*o, "gemm")) return HL_OK;
    json_decref(*o);
    return HL_FAIL(HL_EFORMAT, "%s: is no calibration; make it with hllm bench calibrate %s", path, path);
}

hl_status hl_learn(const char *path, const char *list)
{
    json_t *o;
    HL_TRY(load(&o, path));
    runs r = {0};
    hl_status s = read_list(&r, list);
    if (s == HL_OK && fabs(log(hl_sorted_median(r.ratio, r.n))) > log(HL_CALIBRATION_MOST_LEARNED))
        s = HL_FAIL(HL_EFORMAT,
                    "%s: steps took %.3g times as long as its figures say: they are another machine's; measure "
                    "again",
                    path, hl_sorted_median(r.ratio, r.n));
    if (s == HL_OK) {
        json_object_set_new(o, "learned", lesson(&r));
        s = hl_json_write(path, o, JSON_COMPACT | JSON_REAL_PRECISION(7));
        const json_t *x = json_object_get(o, "learned");
        hl_log(HL_INFO, "%s: steps took %.3g times as long as its figures say, from %.3g to %.3g of that in %d runs",
               path, number(x, "factor"), number(x, "low"), number(x, "high"), r.n);
    }
    free(r.ratio);
    json_decref(o);
    return s;
}
