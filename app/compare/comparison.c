/* comparison.c - models beside each other, user by user. */
#include "app/compare/comparison.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/part.h"
#include "data/corrections.h"
#include "data/metric.h"
#include "data/resample.h"
#include "io/dataset/target-ranks.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hl_comparison_orders_free(hl_comparison_orders *o)
{
    for (int m = 0; m < o->models; m++) {
        free(o->model[m].name);
        hl_names_free(&o->model[m].files);
    }
    *o = (hl_comparison_orders){0};
}

/* While it is made: the metrics of each user. */
typedef struct {
    hl_comparison *c;
    const hl_comparison_orders *o;
    hl_target_ranks first; /* the first file, which the others are held against */
    const char *first_path;
    double *x;   /* (users, models x columns), means over the files of a model */
    double *sum; /* (columns) of one file, over the users */
} making;

static int series(const making *m) { return m->o->models * m->o->columns; }

/* ---- are they of one protocol? */

/* The attributes that say what was ranked against what. */
static const char *const protocol[] = {"phase",        "split",     "history_mask",
                                       "interactions", "catalogue", "catalogue_digest"};

static void add_difference(char *list, size_t room, const char *key, const json_t *a, const json_t *b)
{
    char *one = json_dumps(a, JSON_ENCODE_ANY), *other = json_dumps(b, JSON_ENCODE_ANY);
    const size_t n = strlen(list);
    snprintf(list + n, room - n, "%s%s is %s and not %s", n ? ", " : "", key, other ? other : "not there",
             one ? one : "there");
    free(one);
    free(other);
}

static bool same_id(const char *a, const int64_t *a_begin, const char *b, const int64_t *b_begin, int64_t i)
{
    const int64_t n = a_begin[i + 1] - a_begin[i];
    return n == b_begin[i + 1] - b_begin[i] && memcmp(a + a_begin[i], b + b_begin[i], (size_t)n) == 0;
}

/* The first user in whom they differ; -1: none. */
static int64_t first_other(const hl_target_ranks *a, const hl_target_ranks *b)
{
    for (int64_t i = 0; i < a->n; i++)
        if (!same_id(a->user, a->user_begin, b->user, b->user_begin, i)
            || !same_id(a->target, a->target_begin, b->target, b->target_begin, i))
            return i;
    return -1;
}

static hl_status check_protocol(const making *m, const hl_target_ranks *t, const char *path)
{
    char list[600] = "";
    for (size_t k = 0; k < sizeof protocol / sizeof protocol[0]; k++) {
        const json_t *a = json_object_get(m->first.about, protocol[k]), *b = json_object_get(t->about, protocol[k]);
        if (!json_equal(a, b)) add_difference(list, sizeof list, protocol[k], a, b);
    }
    if (!*list && t->n != m->first.n)
        snprintf(list, sizeof list, "it has %lld users and not %lld", (long long)t->n, (long long)m->first.n);
    const int64_t other = *list ? -1 : first_other(&m->first, t);
    if (other >= 0)
        snprintf(list, sizeof list, "user %lld in the order of the file, or the target, is another", (long long)other);
    if (!*list) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s cannot be compared with %s: %s; compare evaluations of one protocol", path,
                   m->first_path, list);
}

/* ---- the metrics of each user */

static double value_of(const hl_score *s, const char *column)
{
    char name[HL_COMPARISON_COLUMN];
    const char *at = strchr(column, '@');
    snprintf(name, sizeof name, "%.*s", (int)strcspn(column, "@"), column);
    return hl_metric_value(s, HL_TIES_RANDOM, name, at ? atoi(at + 1) : 0);
}

/* Adds a file of a model, as one of `files`. */
static void add_values(making *m, const hl_target_ranks *t, int model, int files)
{
    const hl_comparison_orders *o = m->o;
    memset(m->sum, 0, (size_t)o->columns * sizeof *m->sum);
    for (int64_t i = 0; i < t->n; i++) {
        double *row = m->x + i * series(m) + model * o->columns;
        hl_score s = hl_score_at(o->cut, o->cuts);
        hl_score_add(&s, t->low[i], t->high[i] - t->low[i]);
        for (int k = 0; k < o->columns; k++) {
            const double value = value_of(&s, o->column[k]);
            row[k] += value / files;
            m->sum[k] += value;
        }
    }
}

static hl_status open_first(making *m)
{
    m->first_path = m->o->model[0].files.at[0];
    HL_TRY(hl_target_ranks_read(&m->first, m->first_path));
    if (m->first.n == 0) return HL_FAIL(HL_EFORMAT, "%s: has no users, so there is nothing to compare", m->first_path);
    m->c->users = m->first.n;
    m->c->about = json_incref(m->first.about);
    m->x = hl_alloc_zero((size_t)m->first.n * (size_t)series(m), sizeof *m->x);
    return HL_OK;
}

/* The spread of the files' means, from their sums and the sums of their squares. */
static double spread_of(double sum, double squares, int files)
{
    if (files < 2) return NAN;
    return sqrt(fmax(0, squares - sum * sum / files) / (files - 1));
}

/* Weights that are there twice are one seed, not two. */
static void warn_of_twins(const json_t *digests, const json_t *digest, const char *path, const char *name)
{
    size_t i;
    json_t *other;
    if (!json_is_string(digest)) return;
    json_array_foreach((json_t *)(uintptr_t)digests, i, other) if (json_equal(other, digest))
        hl_log(HL_WARN, "%s: %s is of the same weights as a file before it; it counts as another seed", name, path);
}

static hl_status read_model(making *m, int model)
{
    const hl_comparison_model *who = &m->o->model[model];
    const int C = m->o->columns;
    double sum[HL_COMPARISON_COLUMNS] = {0}, squares[HL_COMPARISON_COLUMNS] = {0};
    json_t *digests = json_array();
    hl_status s = HL_OK;
    for (int f = 0; f < who->files.n && s == HL_OK; f++) {
        hl_target_ranks t;
        const char *path = who->files.at[f];
        s = hl_target_ranks_read(&t, path);
        if (s == HL_OK) s = check_protocol(m, &t, path);
        if (s == HL_OK) {
            json_t *digest = json_object_get(t.about, "model_digest");
            warn_of_twins(digests, digest, path, who->name);
            json_array_append(digests, digest);
            add_values(m, &t, model, who->files.n);
        }
        for (int k = 0; k < C && s == HL_OK; k++) {
            const double mean = m->sum[k] / (double)m->first.n;
            sum[k] += mean, squares[k] += mean * mean;
        }
        hl_target_ranks_free(&t);
    }
    for (int k = 0; k < C; k++) m->c->mean[model * C + k].spread = spread_of(sum[k], squares[k], who->files.n);
    json_decref(digests);
    return s;
}

static hl_status read_all(making *m)
{
    HL_TRY(open_first(m));
    for (int model = 0; model < m->o->models; model++) HL_TRY(read_model(m, model));
    return HL_OK;
}

/* ---- means and differences */

/* Which models are compared: each beside the first, or all pairs; a column of these is a test. */
static void list_tests(hl_comparison *c, const hl_comparison_orders *o)
{
    c->test = hl_alloc_zero((size_t)(o->models * o->models * o->columns), sizeof *c->test);
    for (int b = 0; b < (o->all_pairs ? o->models : 1); b++)
        for (int a = b + 1; a < o->models; a++)
            for (int k = 0; k < o->columns; k++)
                c->test[c->tests++] = (hl_comparison_test){.a = a, .b = b, .column = k};
}

/* Of all users: column `of` (n) less column `less`, where that is not below 0. */
static double mean_of(const double *x, int64_t n, int stride, int of, int less)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i * stride + of] - (less < 0 ? 0 : x[i * stride + less]);
    return sum / (double)n;
}

static hl_interval interval_of(const double *means, int n, int stride, int of, int less)
{
    double *at = hl_alloc((size_t)n * sizeof *at);
    for (int b = 0; b < n; b++) at[b] = means[b * stride + of] - (less < 0 ? 0 : means[b * stride + less]);
    const hl_interval v = hl_resample_interval(at, n);
    free(at);
    return v;
}

/* My part of n things that ranks share. */
static int my_part(int *first, int n, const hl_group *g)
{
    *first = (int)hl_part_begin(n, g->size, g->rank);
    return (int)hl_part_count(n, g->size, g->rank);
}

static void find_intervals(making *m, const hl_group *world)
{
    const hl_comparison_orders *o = m->o;
    hl_comparison *c = m->c;
    const int S = series(m), C = o->columns;
    double *means = hl_alloc_zero((size_t)o->resamples * (size_t)S, sizeof *means);
    int first, n = my_part(&first, o->resamples, world);
    hl_resample_means(means + (size_t)first * (size_t)S, m->x, c->users, S, o->seed, first, n);
    hl_group_all_reduce_double(world, means, (size_t)o->resamples * (size_t)S);
    for (int s = 0; s < S; s++) {
        const hl_interval v = interval_of(means, o->resamples, S, s, -1);
        c->mean[s].mean = mean_of(m->x, c->users, S, s, -1);
        c->mean[s].low = v.low, c->mean[s].high = v.high;
    }
    for (hl_comparison_test *t = c->test; t < c->test + c->tests; t++) {
        const int of = t->a * C + t->column, less = t->b * C + t->column;
        const hl_interval v = interval_of(means, o->resamples, S, of, less);
        t->difference = mean_of(m->x, c->users, S, of, less);
        t->low = v.low, t->high = v.high;
    }
    free(means);
}

static double *differences(const making *m)
{
    const hl_comparison *c = m->c;
    const int S = series(m), C = m->o->columns, T = c->tests;
    double *d = hl_alloc((size_t)c->users * (size_t)T * sizeof *d);
    for (int64_t i = 0; i < c->users; i++)
        for (int k = 0; k < T; k++) {
            const double *row = m->x + i * S;
            d[i * T + k] = row[c->test[k].a * C + c->test[k].column] - row[c->test[k].b * C + c->test[k].column];
        }
    return d;
}

static void find_p_values(making *m, const hl_group *world)
{
    hl_comparison *c = m->c;
    const int T = c->tests;
    double *d = differences(m);
    int64_t *extreme = hl_alloc_zero((size_t)T, sizeof *extreme);
    int first, n = my_part(&first, m->o->flips, world);
    hl_resample_flips(extreme, d, c->users, T, m->o->seed, first, n);
    hl_group_all_reduce_int(world, extreme, (size_t)T);
    for (int k = 0; k < T; k++) {
        const double exact = hl_resample_exact_p(d, c->users, T, k);
        c->test[k].is_exact = exact >= 0;
        c->test[k].p = exact >= 0 ? exact : hl_resample_p(extreme[k], m->o->flips);
    }
    free(extreme);
    free(d);
}

static void correct(hl_comparison *c)
{
    const size_t n = (size_t)c->tests;
    double *p = hl_alloc(n * sizeof *p), *adjusted = hl_alloc(n * sizeof *adjusted);
    for (int k = 0; k < c->tests; k++) p[k] = c->test[k].p;
    hl_correct_holm(adjusted, p, c->tests);
    for (int k = 0; k < c->tests; k++) c->test[k].holm = adjusted[k];
    hl_correct_benjamini_hochberg(adjusted, p, c->tests);
    for (int k = 0; k < c->tests; k++) c->test[k].benjamini_hochberg = adjusted[k];
    free(p);
    free(adjusted);
}

hl_status hl_comparison_make(hl_comparison *c, const hl_group *world, const hl_comparison_orders *o)
{
    making m = {.c = c, .o = o, .sum = hl_alloc((size_t)o->columns * sizeof *m.sum)};
    *c = (hl_comparison){.orders = o};
    c->mean = hl_alloc_zero((size_t)(o->models * o->columns), sizeof *c->mean);
    const hl_status s = hl_group_agree(world, read_all(&m));
    if (s == HL_OK) {
        list_tests(c, o);
        find_intervals(&m, world);
        if (c->tests) find_p_values(&m, world);
        if (c->tests) correct(c);
    }
    hl_target_ranks_free(&m.first);
    free(m.x);
    free(m.sum);
    return s;
}

void hl_comparison_close(hl_comparison *c)
{
    json_decref(c->about);
    free(c->mean);
    free(c->test);
    *c = (hl_comparison){0};
}
