/* study.c - a study file: a table of its keys. */
#include "app/study/study.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/path.h"
#include "app/config/nearest.h"
#include "app/config/options.h"
#include "app/config/yaml.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_FILE = 1 << 20, MOST_STEPS = 4096, MOST_NODE_RANKS = 4096 };

typedef struct {
    hl_study *study;
    const char *path;
} parse;

/* ---- values */

static hl_status take_one(const char **text, const parse *p, const hl_yaml_entry *e)
{
    *text = e->value.n ? e->value.at[0] : "";
    if (!e->is_list && !e->is_null) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: %s should have one value", p->path, e->line, e->key);
}

/* In the place of those before. */
static void add_texts(hl_names *to, const hl_yaml_entry *e)
{
    hl_names_free(to);
    for (int i = 0; i < e->value.n && !e->is_null; i++) hl_names_add(to, e->value.at[i], strlen(e->value.at[i]));
}

static hl_status take_number(int *n, int least, int most, const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    char *end;
    HL_TRY(take_one(&text, p, e));
    errno = 0;
    long x = strtol(text, &end, 10);
    if (errno || end == text || *end || x < least || x > most)
        return HL_FAIL(HL_EUSAGE, "%s:%d: %s: %.60s is not a whole number from %d to %d", p->path, e->line, e->key,
                       text, least, most);
    *n = (int)x;
    return HL_OK;
}

static hl_status take_repetitions(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->repetitions, 1, HL_STUDY_MOST_REPETITIONS, p, e);
}

static hl_status take_warmup(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->warmup, 0, MOST_STEPS, p, e);
}

static hl_status take_steps(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->steps, 1, MOST_STEPS, p, e);
}

static hl_status take_seed(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->seed, 0, INT_MAX, p, e);
}

static hl_status take_fixed(const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    HL_TRY(take_one(&text, p, e));
    p->study->fixed = hl_study_fixed_find(text);
    if (p->study->fixed < HL_FIXED) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: fixed: %.60s is none of users, users_per_rank, negatives, unique_items", p->path,
                   e->line, text);
}

static hl_status take_task(const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    HL_TRY(take_one(&text, p, e));
    p->study->task = hl_study_task_find(text);
    if (p->study->task < HL_TASKS) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: task: %.60s is neither steps nor train", p->path, e->line, text);
}

static hl_status take_metrics(const parse *p, const hl_yaml_entry *e)
{
    add_texts(&p->study->metrics, e);
    return HL_OK;
}

static hl_status take_phase(const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    HL_TRY(take_one(&text, p, e));
    p->study->on_valid = strcmp(text, "valid") == 0;
    if (p->study->on_valid || strcmp(text, "test") == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: phase: %.60s is neither valid nor test", p->path, e->line, text);
}

static hl_status take_tune_metric(const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    HL_TRY(take_one(&text, p, e));
    add_texts(&p->study->tune.metric, e);
    return HL_OK;
}

static hl_status take_tune_seed(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->tune.seed, 0, INT_MAX, p, e);
}

static hl_status take_node_ranks(const parse *p, const hl_yaml_entry *e)
{
    return take_number(&p->study->node_ranks, 1, MOST_NODE_RANKS, p, e);
}

static hl_status take_name(const parse *p, const hl_yaml_entry *e)
{
    const char *text;
    HL_TRY(take_one(&text, p, e));
    free(p->study->name);
    p->study->name = hl_alloc_text(text);
    return HL_OK;
}

/* A configuration's path is taken from the folder of the study file. */
static hl_status take_base(const parse *p, const hl_yaml_entry *e)
{
    char folder[PATH_MAX], path[PATH_MAX];
    hl_folder_above(folder, p->path);
    hl_names_free(&p->study->base);
    for (int i = 0; i < e->value.n && !e->is_null; i++) {
        const char *name = e->value.at[i];
        bool is_whole = *name == '/';
        HL_TRY(hl_path_make(path, "%s%s%s", is_whole ? "" : folder, is_whole ? "" : "/", name));
        hl_names_add(&p->study->base, path, strlen(path));
    }
    return HL_OK;
}

static void add_words(hl_names *to, const char *text)
{
    for (size_t n; *text; text += n + (text[n] != 0)) {
        n = strcspn(text, " \t");
        if (n) hl_names_add(to, text, n);
    }
}

/* Words between blanks, or a list of words that may hold blanks. */
static hl_status take_launcher(const parse *p, const hl_yaml_entry *e)
{
    add_texts(&p->study->launcher, e);
    p->study->has_launcher = true;
    if (!e->is_list && !e->is_null && e->value.n) hl_study_launcher(p->study, e->value.at[0]);
    return HL_OK;
}

/* ---- keys */

static const struct {
    const char *key;
    hl_status (*take)(const parse *p, const hl_yaml_entry *e); /* NULL: a map of its own */
} keys[] = {
    {"task", take_task},
    {"base", take_base},
    {"axes", NULL},
    {"points", NULL},
    {"fixed", take_fixed},
    {"repetitions", take_repetitions},
    {"warmup", take_warmup},
    {"steps", take_steps},
    {"seed", take_seed},
    {"launcher", take_launcher},
    {"ranks_per_node", take_node_ranks},
    {"metrics", take_metrics},
    {"phase", take_phase},
    {"tune", NULL},
    {"tune.metric", take_tune_metric},
    {"tune.seed", take_tune_seed},
    {"tune.axes", NULL},
    {"tune.points", NULL},
    {"name", take_name},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

static hl_status unknown_key(const parse *p, const hl_yaml_entry *e)
{
    int best = 0, least = INT_MAX;
    for (int i = 0; i < KEYS; i++) {
        int d = hl_nearest_distance(keys[i].key, e->key);
        if (d < least) least = d, best = i;
    }
    return HL_FAIL(HL_EUSAGE, "%s:%d: a study has no key \"%s\"; the nearest is \"%s\"", p->path, e->line, e->key,
                   keys[best].key);
}

static hl_status check_option(const parse *p, const hl_yaml_entry *e, const char *key)
{
    if (hl_study_place_find(key) < HL_STUDY_PLACES || hl_option_find(key) >= 0) return HL_OK;
    const char *nearest = hl_option_nearest(key);
    for (int i = 0; i < HL_STUDY_PLACES; i++) /* no options, but the commonest axes */
        if (hl_nearest_distance(key, hl_study_place_name[i]) <= 2) nearest = hl_study_place_name[i];
    return HL_FAIL(HL_EUSAGE, "%s:%d: %s: there is no option \"%s\"; the nearest is \"%s\"", p->path, e->line, e->key,
                   key, nearest);
}

/* Of the listed point that `point` begins with (n letters); NULL: of the grid. */
static hl_study_axis axis_of(const char *point, size_t n, const char *key, int line)
{
    hl_study_axis a = {.key = hl_alloc_text(key), .line = line};
    if (!point) return a;
    a.point = hl_alloc_text(point);
    a.point[n] = 0;
    return a;
}

static hl_study_axis *add_axis(hl_study *s, hl_study_axis a)
{
    HL_RESERVE(s->axis, s->axis_room, s->axes + 1);
    s->axis[s->axes] = a;
    return &s->axis[s->axes++];
}

static hl_study_axis *add_tune_axis(hl_study_tune *t, hl_study_axis a)
{
    HL_RESERVE(t->axis, t->room, t->axes + 1);
    t->axis[t->axes] = a;
    return &t->axis[t->axes++];
}

static hl_status take_values(hl_study_axis *a, const parse *p, const hl_yaml_entry *e)
{
    if (e->is_null || e->value.n == 0)
        return HL_FAIL(HL_EUSAGE, "%s:%d: %s has no value; write %s: [1, 2]", p->path, e->line, e->key, a->key);
    add_texts(&a->values, e);
    return HL_OK;
}

/* axes.KEY: [VALUE, ...] */
static hl_status take_axis(const parse *p, const hl_yaml_entry *e, const char *key)
{
    HL_TRY(check_option(p, e, key));
    return take_values(add_axis(p->study, axis_of(NULL, 0, key, e->line)), p, e);
}

/* What stays as it is however a model is tuned: who runs it, and what it is judged by. */
static hl_status check_tuned(const parse *p, const hl_yaml_entry *e, const char *key)
{
    HL_TRY(check_option(p, e, key));
    if (hl_study_place_find(key) == HL_STUDY_PLACES && strcmp(key, "seed") != 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s:%d: %s: %s is not tuned; name an option of the model or of its training", p->path,
                   e->line, e->key, key);
}

/* tune.axes.KEY: [VALUE, ...] */
static hl_status take_tune_axis(const parse *p, const hl_yaml_entry *e, const char *key)
{
    HL_TRY(check_tuned(p, e, key));
    return take_values(add_tune_axis(&p->study->tune, axis_of(NULL, 0, key, e->line)), p, e);
}

/* tune.points.NAME.KEY: [VALUE, ...] */
static hl_status take_tune_point(const parse *p, const hl_yaml_entry *e, const char *point)
{
    const char *dot = strchr(point, '.');
    if (!dot || dot == point)
        return HL_FAIL(HL_EUSAGE, "%s:%d: a point has a name and its grid, as points: {wide: {epochs: [5, 10]}}",
                       p->path, e->line);
    HL_TRY(check_tuned(p, e, dot + 1));
    return take_values(add_tune_axis(&p->study->tune, axis_of(point, (size_t)(dot - point), dot + 1, e->line)), p, e);
}

/* points.NAME.KEY: VALUE; a list is one value, of an option that has several numbers. */
static hl_status take_point(const parse *p, const hl_yaml_entry *e, const char *point)
{
    const char *dot = strchr(point, '.');
    if (!dot || dot == point)
        return HL_FAIL(HL_EUSAGE, "%s:%d: a point has a name and its options, as points: {wide: {ranks: 8}}", p->path,
                       e->line);
    HL_TRY(check_option(p, e, dot + 1));
    if (e->is_null || e->value.n == 0) return HL_FAIL(HL_EUSAGE, "%s:%d: %s has no value", p->path, e->line, e->key);
    hl_study_axis *a = add_axis(p->study, axis_of(point, (size_t)(dot - point), dot + 1, e->line));
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    for (int i = 0; i < e->value.n; i++) fprintf(out, "%s%s", i ? "," : "", e->value.at[i]);
    fclose(out);
    hl_names_add(&a->values, text, n);
    free(text);
    return HL_OK;
}

static const char *behind(const char *key, const char *begin)
{
    size_t n = strlen(begin);
    return strncmp(key, begin, n) == 0 ? key + n : NULL;
}

static hl_status take(void *self, const hl_yaml_entry *e)
{
    const parse *p = self;
    const char *rest;
    if ((rest = behind(e->key, "axes."))) return take_axis(p, e, rest);
    if ((rest = behind(e->key, "points."))) return take_point(p, e, rest);
    if ((rest = behind(e->key, "tune.axes."))) return take_tune_axis(p, e, rest);
    if ((rest = behind(e->key, "tune.points."))) return take_tune_point(p, e, rest);
    for (int i = 0; i < KEYS; i++)
        if (keys[i].take && strcmp(keys[i].key, e->key) == 0) return keys[i].take(p, e);
    return unknown_key(p, e);
}

/* ---- the whole */

static void defaults(hl_study *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    *s = (hl_study){.repetitions = 5, .warmup = 1, .steps = 5, .seed = 1, .tune = {.seed = -1}};
    s->path = hl_alloc_text(path);
    s->name = hl_alloc_text(slash ? slash + 1 : path);
    char *dot = strrchr(s->name, '.');
    if (dot && dot != s->name) *dot = 0;
    add_words(&s->launcher, "mpirun -n {ranks} --bind-to none");
}

static hl_status check(const hl_study *s, const char *path)
{
    if (s->base.n == 0)
        return HL_FAIL(HL_EUSAGE, "%s: base is missing; name a configuration file, as base: job.yaml", path);
    if (s->task == HL_TASK_TRAIN && s->fixed != HL_FIXED_USERS)
        return HL_FAIL(HL_EUSAGE,
                       "%s: fixed: %s is for task: steps; a training has the batch that its configuration says", path,
                       hl_study_fixed_name[s->fixed]);
    if (s->task != HL_TASK_TRAIN && (s->on_valid || s->tune.axes))
        return HL_FAIL(HL_EUSAGE, "%s: %s is for task: train", path, s->on_valid ? "phase: valid" : "tune");
    if (!s->tune.axes && (s->tune.metric.n || s->tune.seed >= 0))
        return HL_FAIL(HL_EUSAGE, "%s: tune has no grid; give axes, as tune: {axes: {epochs: [5, 10]}}", path);
    if (s->axes == 0)
        return HL_FAIL(HL_EUSAGE, "%s: there is no point; give axes, as axes: {ranks: [1, 2, 4]}, or points", path);
    return HL_OK;
}

hl_status hl_study_parse(hl_study *s, const char *text, size_t n, const char *path)
{
    defaults(s, path);
    HL_TRY(hl_yaml_read(text, n, path, take, &(parse){s, path}));
    return check(s, path);
}

hl_status hl_study_read(hl_study *s, const char *path)
{
    FILE *in;
    *s = (hl_study){0};
    HL_TRY(hl_regular_stream(&in, path, HL_EUSAGE, "name a study file, as experiments/scaling/smoke.yaml"));
    char *text = hl_alloc(LONGEST_FILE + 1);
    size_t n = fread(text, 1, LONGEST_FILE + 1, in);
    fclose(in);
    hl_status status = n > LONGEST_FILE
                           ? HL_FAIL(HL_EUSAGE, "%s: longer than %d bytes; this is no study file", path, LONGEST_FILE)
                           : hl_study_parse(s, text, n, path);
    free(text);
    return status;
}

void hl_study_launcher(hl_study *s, const char *text)
{
    hl_names_free(&s->launcher);
    add_words(&s->launcher, text);
}

static void free_axes(hl_study_axis *axis, int n)
{
    for (int i = 0; i < n; i++) {
        free(axis[i].point);
        free(axis[i].key);
        hl_names_free(&axis[i].values);
    }
    free(axis);
}

void hl_study_free(hl_study *s)
{
    free_axes(s->axis, s->axes);
    free_axes(s->tune.axis, s->tune.axes);
    hl_names_free(&s->tune.metric);
    free(s->name);
    free(s->path);
    hl_names_free(&s->base);
    hl_names_free(&s->launcher);
    hl_names_free(&s->metrics);
    *s = (hl_study){0};
}
