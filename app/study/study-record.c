/* study-record.c - DIR/study.json. */
#include "app/study/study-record.h"
#include "base/arena.h"
#include "base/path.h"
#include "io/files/json.h"
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { SCHEMA = 1, MOST_BYTES = 1 << 26 };

/* ---- numbers and texts, by their places in a struct */

typedef struct {
    const char *key;
    size_t at;
} field;

static const field study_numbers[] = {
    {"repetitions", offsetof(hl_study, repetitions)},
    {"warmup", offsetof(hl_study, warmup)},
    {"steps", offsetof(hl_study, steps)},
    {"seed", offsetof(hl_study, seed)},
};
static const field point_numbers[] = {
    {"ranks", offsetof(hl_point, ranks)},
    {"threads", offsetof(hl_point, threads)},
    {"users", offsetof(hl_point, users)},
};
static const field point_places[] = {
    {"nodes", offsetof(hl_point, nodes)},
    {"ranks_per_node", offsetof(hl_point, ranks_per_node)},
};
static const field point_texts[] = {
    {"name", offsetof(hl_point, name)},
    {"folder", offsetof(hl_point, folder)},
    {"problem", offsetof(hl_point, problem)},
    {"series", offsetof(hl_point, series)},
};
#define COUNT(table) (int)(sizeof(table) / sizeof(table)[0])

static void write_numbers(json_t *o, const void *from, const field *f, int n)
{
    for (int i = 0; i < n; i++)
        json_object_set_new(o, f[i].key, json_integer(*(const int *)((const char *)from + f[i].at)));
}

/* Texts of a file that is no UTF-8 have a question mark for each byte that is none. */
static json_t *text_of(const char *text)
{
    json_t *x = json_string(text);
    if (x) return x;
    char *copy = hl_alloc_text(text);
    for (char *c = copy; *c; c++)
        if (*c & 0x80) *c = '?';
    x = json_string(copy);
    free(copy);
    return x;
}

static bool read_numbers(void *to, const json_t *o, const field *f, int n)
{
    for (int i = 0; i < n; i++) {
        const json_t *x = json_object_get(o, f[i].key);
        if (!json_is_integer(x) || json_integer_value(x) < 0 || json_integer_value(x) > INT_MAX) return false;
        *(int *)((char *)to + f[i].at) = (int)json_integer_value(x);
    }
    return true;
}

static bool read_texts(void *to, const json_t *o, const field *f, int n)
{
    for (int i = 0; i < n; i++) {
        const char *x = json_string_value(json_object_get(o, f[i].key));
        if (!x) return false;
        *(char **)((char *)to + f[i].at) = hl_alloc_text(x);
    }
    return true;
}

/* ---- writing */

static json_t *point_json(const hl_point *p)
{
    json_t *o = json_object();
    for (int i = 0; i < COUNT(point_texts); i++)
        json_object_set_new(o, point_texts[i].key, text_of(*(char *const *)((const char *)p + point_texts[i].at)));
    write_numbers(o, p, point_numbers, COUNT(point_numbers));
    write_numbers(o, p, point_places, COUNT(point_places));
    json_object_set_new(o, "layout", text_of(p->layout));
    json_object_set_new(o, "forecast_seconds", p->reason ? json_null() : json_real(p->seconds));
    if (p->between.high > 0) json_object_set_new(o, "forecast_low", json_real(p->between.low));
    if (p->between.high > 0) json_object_set_new(o, "forecast_high", json_real(p->between.high));
    json_object_set_new(o, "machine", json_string(p->is_measured ? "measured" : "assumed"));
    if (p->curve) json_object_set_new(o, "curve", text_of(p->curve));
    if (p->axis) json_object_set_new(o, "axis", text_of(p->axis));
    if (p->axis) json_object_set_new(o, "along", json_real(p->along));
    if (p->is_candidate) json_object_set_new(o, "tried", text_of(p->tried));
    if (p->at_end) json_object_set_new(o, "at_end", text_of(p->at_end));
    if (p->is_candidate) json_object_set_new(o, "of", json_integer(p->of));
    if (p->is_candidate) json_object_set_new(o, "seed", json_integer(p->seed));
    return o;
}

static json_t *list_of(const hl_names *x)
{
    json_t *list = json_array();
    for (int i = 0; i < x->n; i++) json_array_append_new(list, text_of(x->at[i]));
    return list;
}

static json_t *points_json(const hl_points *p)
{
    json_t *points = json_array();
    for (int i = 0; i < p->n; i++) json_array_append_new(points, point_json(&p->at[i]));
    return points;
}

static json_t *study_json(const hl_study *s, const hl_points *p)
{
    json_t *o = json_object();
    json_object_set_new(o, "schema", json_integer(SCHEMA));
    json_object_set_new(o, "name", text_of(s->name));
    json_object_set_new(o, "fixed", json_string(hl_study_fixed_name[s->fixed]));
    if (s->task != HL_TASK_STEPS) json_object_set_new(o, "task", json_string(hl_study_task_name[s->task]));
    if (s->task == HL_TASK_TRAIN) json_object_set_new(o, "metrics", list_of(&s->metrics));
    write_numbers(o, s, study_numbers, COUNT(study_numbers));
    if (s->on_valid) json_object_set_new(o, "phase", json_string("valid"));
    json_object_set_new(o, "points", points_json(p));
    if (p->candidates) json_object_set_new(o, "candidates", points_json(p->candidates));
    if (s->tune.metric.n) json_object_set_new(o, "tune_metric", text_of(s->tune.metric.at[0]));
    return o;
}

hl_status hl_study_record_write(const hl_study *s, const hl_points *p, const char *dir)
{
    char path[PATH_MAX];
    json_t *o = study_json(s, p);
    hl_path(path, "%s/study.json", dir);
    const hl_status status = hl_json_write(path, o, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
    json_decref(o);
    return status;
}

/* ---- reading */

/* Of trainings alone. */
static void read_curve(hl_point *p, const json_t *o)
{
    const char *curve = json_string_value(json_object_get(o, "curve")),
               *axis = json_string_value(json_object_get(o, "axis"));
    if (curve) p->curve = hl_alloc_text(curve);
    if (axis) p->axis = hl_alloc_text(axis), p->along = json_number_value(json_object_get(o, "along"));
}

/* A folder is a name, not a path that leads elsewhere. */
static bool read_point(hl_point *p, const json_t *o)
{
    const json_t *forecast = json_object_get(o, "forecast_seconds");
    const char *layout = json_string_value(json_object_get(o, "layout"));
    const char *machine = json_string_value(json_object_get(o, "machine")); /* earlier studies do not say it */
    *p = (hl_point){.seconds = json_is_number(forecast) ? json_number_value(forecast) : -1,
                    .between = {json_number_value(json_object_get(o, "forecast_low")),
                                json_number_value(json_object_get(o, "forecast_high"))},
                    .is_measured = machine && strcmp(machine, "measured") == 0};
    if (!layout || !read_texts(p, o, point_texts, COUNT(point_texts))) return false;
    snprintf(p->layout, sizeof p->layout, "%s", layout);
    read_curve(p, o);
    bool has_places = json_object_get(o, "nodes") != NULL; /* earlier studies had none */
    if (has_places && !read_numbers(p, o, point_places, COUNT(point_places))) return false;
    return read_numbers(p, o, point_numbers, COUNT(point_numbers)) && p->ranks > 0 && p->threads > 0
           && (int64_t)p->ranks * p->threads <= INT_MAX && !strchr(p->folder, '/') && *p->folder && *p->folder != '.';
}

/* Studies of steps do not say it. */
static bool read_task(hl_study *s, const json_t *o)
{
    const char *task = json_string_value(json_object_get(o, "task"));
    const json_t *metric, *list = json_object_get(o, "metrics");
    const char *tune = json_string_value(json_object_get(o, "tune_metric")),
               *phase = json_string_value(json_object_get(o, "phase"));
    size_t i;
    s->task = task ? hl_study_task_find(task) : HL_TASK_STEPS;
    s->on_valid = phase && strcmp(phase, "valid") == 0;
    if (tune) hl_names_add(&s->tune.metric, tune, strlen(tune));
    json_array_foreach(list, i, metric)
    {
        const char *name = json_string_value(metric);
        if (name) hl_names_add(&s->metrics, name, strlen(name));
    }
    return s->task < HL_TASKS;
}

static bool read_study(hl_study *s, const json_t *o)
{
    const char *name = json_string_value(json_object_get(o, "name")),
               *fixed = json_string_value(json_object_get(o, "fixed"));
    if (!name || !fixed || json_integer_value(json_object_get(o, "schema")) != SCHEMA) return false;
    s->name = hl_alloc_text(name);
    s->fixed = hl_study_fixed_find(fixed);
    return s->fixed < HL_FIXED && read_task(s, o) && read_numbers(s, o, study_numbers, COUNT(study_numbers))
           && s->repetitions > 0 && s->repetitions <= HL_STUDY_MOST_REPETITIONS;
}

static bool read_points(hl_points *p, const json_t *list)
{
    const size_t n = json_array_size(list);
    p->at = hl_alloc_zero(n + 1, sizeof *p->at);
    for (size_t i = 0; i < n; i++, p->n++)
        if (!read_point(&p->at[i], json_array_get(list, i))) return p->n++, false;
    return n > 0;
}

/* Each of a point that there is. */
static bool read_candidates(hl_points *p, const json_t *list)
{
    if (!list) return true;
    p->candidates = hl_alloc_zero(1, sizeof *p->candidates);
    if (!read_points(p->candidates, list)) return false;
    for (int i = 0; i < p->candidates->n; i++) {
        hl_point *x = &p->candidates->at[i];
        const json_t *o = json_array_get(list, (size_t)i), *of = json_object_get(o, "of"),
                     *seed = json_object_get(o, "seed");
        const char *tried = json_string_value(json_object_get(o, "tried")),
                   *at_end = json_string_value(json_object_get(o, "at_end"));
        const json_int_t at = json_integer_value(of);
        if (!tried || !json_is_integer(of) || !json_is_integer(seed) || at < 0 || at >= p->n) return false;
        x->is_candidate = true;
        x->of = (int)at;
        x->seed = json_integer_value(seed);
        x->tried = hl_alloc_text(tried);
        if (at_end) x->at_end = hl_alloc_text(at_end);
    }
    return true;
}

hl_status hl_study_record_read(hl_study *s, hl_points *p, const char *dir)
{
    char path[PATH_MAX];
    json_t *o = NULL;
    *s = (hl_study){0};
    *p = (hl_points){0};
    HL_TRY(hl_path_check(dir));
    hl_path(path, "%s/study.json", dir);
    if (!hl_path_is_there(dir, "study.json"))
        return HL_FAIL(HL_EFORMAT, "%s: there is no study.json; name the folder that hllm study FILE --local has made",
                       dir);
    hl_status status = hl_json_read(path, MOST_BYTES, &o);
    bool is_good = status == HL_OK && read_study(s, o) && read_points(p, json_object_get(o, "points"))
                   && read_candidates(p, json_object_get(o, "candidates"));
    json_decref(o);
    if (status == HL_OK && !is_good)
        status = HL_FAIL(HL_EFORMAT, "%s: this is not what hllm study writes; run the study again", path);
    return status;
}
