/* points-grid.c - all points of a study: the grid of its axes, then those that are listed, each with its candidates. */
#include "app/study/candidates.h"
#include "app/study/points.h"
#include "app/study/settings.h"
#include "base/alloc.h"
#include "base/array.h"
#include <stdlib.h>
#include <string.h>

enum { MOST_POINTS = 10000 };

static hl_status check_is_new(const hl_points *p)
{
    const hl_point *last = &p->at[p->n - 1];
    for (int i = 0; i + 1 < p->n; i++)
        if (hl_points_are_same(&p->at[i], last))
            return HL_FAIL(HL_EUSAGE, "points \"%s\" and \"%s\" are the same; leave one out", p->at[i].name,
                           last->name);
    return HL_OK;
}

static hl_status add_point(hl_points *p, const hl_study *s, char *name, const hl_study_settings *from)
{
    HL_RESERVE(p->at, p->room, p->n + 1);
    hl_point *new = &p->at[p->n++];
    *new = (hl_point){.name = name, .seconds = -1};
    HL_TRY(hl_points_make(new, s, from));
    HL_TRY(check_is_new(p));
    return hl_candidates_add(p, s, from);
}

/* The last axis changes fastest. */
static hl_status add_grid(hl_points *p, const hl_study *s, hl_study_settings *x)
{
    const int64_t points = hl_settings_combinations(s->axis, s->axes, NULL, MOST_POINTS);
    if (points > MOST_POINTS) return HL_FAIL(HL_EUSAGE, "%s: the axes have more than %d points", s->name, MOST_POINTS);
    for (int64_t i = 0; i < points; i++) {
        hl_settings_combination(x, s->axis, s->axes, NULL, i);
        HL_TRY(add_point(p, s, hl_settings_text(x, hl_setting_is_any), x));
    }
    return HL_OK;
}

static bool is_first_of_its_point(const hl_study *s, int axis)
{
    for (int a = 0; a < axis; a++)
        if (s->axis[a].point && strcmp(s->axis[a].point, s->axis[axis].point) == 0) return false;
    return true;
}

static hl_status add_listed(hl_points *p, const hl_study *s, hl_study_settings *x)
{
    for (int i = 0; i < s->axes; i++) {
        const char *name = s->axis[i].point;
        if (!name || !is_first_of_its_point(s, i)) continue;
        x->n = 0;
        for (int a = i; a < s->axes; a++)
            if (s->axis[a].point && strcmp(s->axis[a].point, name) == 0)
                x->at[x->n++] = (hl_study_setting){s->axis[a].key, s->axis[a].values.at[0], s->axis[a].line};
        HL_TRY(add_point(p, s, hl_alloc_text(name), x));
    }
    return HL_OK;
}

hl_status hl_points_expand(hl_points *p, const hl_study *s)
{
    hl_study_settings x = {.at = hl_alloc((size_t)s->axes * sizeof *x.at)};
    *p = (hl_points){0};
    hl_status status = add_grid(p, s, &x);
    if (status == HL_OK) status = add_listed(p, s, &x);
    if (status == HL_OK) status = hl_candidates_check(p, s);
    free(x.at);
    return status;
}
