/* candidates.c - what is tried on validation before a point is trained. */
#include "app/study/candidates.h"
#include "app/config/config.h"
#include "base/alloc.h"
#include "base/array.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_CANDIDATES = 1000 };

static bool has_own_grid(const hl_study_tune *t, const char *point)
{
    return hl_settings_combinations(t->axis, t->axes, point, 1) > 0;
}

/* Why its model has nothing to tune; NULL: it has steps. */
static hl_status find_no_steps(const char **no_steps, const hl_point *p)
{
    hl_config c;
    const hl_status status = hl_points_config(&c, p);
    *no_steps = status == HL_OK ? hl_model_facts_of[c.model].no_steps : NULL;
    hl_config_free(&c);
    return status;
}

/* Which grid is its own: *point, NULL: that of all; *any: there is one. */
static hl_status find_grid(bool *any, const char **point, const hl_study *s, const hl_point *p)
{
    const char *no_steps;
    const bool own = has_own_grid(&s->tune, p->name);
    HL_TRY(find_no_steps(&no_steps, p));
    *point = own ? p->name : NULL;
    *any = !no_steps && (own || hl_settings_combinations(s->tune.axis, s->tune.axes, NULL, 1) > 0);
    if (own && no_steps) return HL_FAIL(HL_EUSAGE, "%s: tune: point \"%s\": %s to tune", s->path, p->name, no_steps);
    return HL_OK;
}

/* Settings of the point, in which those that are tried replace others of their keys. */
static void join(hl_study_settings *all, const hl_study_settings *from, const hl_study_settings *tried)
{
    all->n = 0;
    for (int i = 0; i < from->n; i++) {
        int k = 0;
        while (k < tried->n && strcmp(tried->at[k].key, from->at[i].key) != 0) k++;
        if (k == tried->n) all->at[all->n++] = from->at[i];
    }
    for (int k = 0; k < tried->n; k++) all->at[all->n++] = tried->at[k];
}

static const hl_names *values_of(const hl_study_tune *t, const char *point, const char *key)
{
    for (int a = 0; a < t->axes; a++) {
        const char *its = t->axis[a].point;
        const bool is_of = point ? its && strcmp(its, point) == 0 : !its;
        if (is_of && strcmp(t->axis[a].key, key) == 0) return &t->axis[a].values;
    }
    return NULL;
}

/* Of what is tried, what is at an end of its values; NULL: nothing. */
static char *find_ends(const hl_study_settings *tried, const hl_study_tune *t, const char *point)
{
    hl_study_settings ends = {.at = hl_alloc((size_t)tried->n * sizeof *ends.at)};
    for (int i = 0; i < tried->n; i++)
        if (hl_setting_is_at_end(&tried->at[i], values_of(t, point, tried->at[i].key)))
            ends.at[ends.n++] = tried->at[i];
    char *text = ends.n ? hl_settings_text(&ends, hl_setting_is_any) : NULL;
    free(ends.at);
    return text;
}

/* A seed that no repetition has, unless the file says another. */
static int64_t seed_of(const hl_study *s, const hl_point *p)
{
    return s->tune.seed >= 0 ? s->tune.seed : p->seed + HL_STUDY_MOST_REPETITIONS;
}

static char *name_of(const hl_point *of, const char *tried)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    fprintf(out, "%s, %s", of->name, tried);
    fclose(out);
    return text;
}

static hl_status check_is_new(const hl_points *c)
{
    const hl_point *last = &c->at[c->n - 1];
    for (int i = 0; i + 1 < c->n; i++)
        if (c->at[i].of == last->of && hl_points_are_same(&c->at[i], last))
            return HL_FAIL(HL_EUSAGE, "candidates \"%s\" and \"%s\" are the same; leave one out", c->at[i].name,
                           last->name);
    return HL_OK;
}

static hl_status add_one(hl_points *p, const hl_study *s, const hl_study_settings *from, const hl_study_settings *tried)
{
    hl_points *c = p->candidates;
    const hl_point *of = &p->at[p->n - 1];
    hl_study_settings all = {.at = hl_alloc((size_t)(from->n + tried->n) * sizeof *all.at)};
    HL_RESERVE(c->at, c->room, c->n + 1);
    hl_point *new = &c->at[c->n++];
    char *text = hl_settings_text(tried, hl_setting_is_any);
    *new = (hl_point){.name = name_of(of, text), .seconds = -1, .is_candidate = true, .of = p->n - 1, .tried = text};
    join(&all, from, tried);
    const hl_status status = hl_points_make(new, s, &all);
    free(all.at);
    HL_TRY(status);
    new->seed = seed_of(s, of);
    return check_is_new(c);
}

/* A run of the point before it is known whose it is has a folder of its own, where none of another study is. */
static void set_apart(hl_point *p)
{
    char *folder = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&folder, &n);
    fprintf(out, "tuned-%s", p->folder);
    fclose(out);
    free(p->folder);
    p->folder = folder;
}

hl_status hl_candidates_add(hl_points *p, const hl_study *s, const hl_study_settings *from)
{
    bool any = false;
    const char *point = NULL;
    const hl_study_tune *t = &s->tune;
    if (t->axes) HL_TRY(find_grid(&any, &point, s, &p->at[p->n - 1]));
    if (!any) return HL_OK;
    const int64_t n = hl_settings_combinations(t->axis, t->axes, point, MOST_CANDIDATES);
    if (n > MOST_CANDIDATES)
        return HL_FAIL(HL_EUSAGE, "%s: tune: point \"%s\" has more than %d candidates", s->path, p->at[p->n - 1].name,
                       MOST_CANDIDATES);
    if (!p->candidates) p->candidates = hl_alloc_zero(1, sizeof *p->candidates);
    hl_study_settings tried = {.at = hl_alloc((size_t)t->axes * sizeof *tried.at)};
    hl_status status = HL_OK;
    for (int64_t i = 0; i < n && status == HL_OK; i++) {
        hl_settings_combination(&tried, t->axis, t->axes, point, i);
        status = add_one(p, s, from, &tried);
        if (status == HL_OK) p->candidates->at[p->candidates->n - 1].at_end = find_ends(&tried, t, point);
    }
    free(tried.at);
    if (status == HL_OK) set_apart(&p->at[p->n - 1]);
    return status;
}

hl_status hl_candidates_check(const hl_points *p, const hl_study *s)
{
    for (int a = 0; a < s->tune.axes; a++) {
        const hl_study_axis *x = &s->tune.axis[a];
        int i = 0;
        while (x->point && i < p->n && strcmp(p->at[i].name, x->point) != 0) i++;
        if (x->point && i == p->n)
            return HL_FAIL(HL_EUSAGE, "%s:%d: tune: there is no point \"%s\"", s->path, x->line, x->point);
    }
    return HL_OK;
}

bool hl_candidates_any(const hl_points *p, int i)
{
    for (int k = 0; p->candidates && k < p->candidates->n; k++)
        if (p->candidates->at[k].of == i) return true;
    return false;
}

hl_study hl_candidates_study(const hl_study *s)
{
    hl_study its = *s;
    its.repetitions = 1;
    return its;
}
