/* points.c - the points of a study. */
#include "app/study/points.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/path.h"
#include "base/rng.h"
#include "app/config/arguments.h"
#include "app/config/options.h"
#include "app/study/grown.h"
#include "app/study/settings.h"
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RANKS = 1000000, LONGEST_NAME = 80 };

/* ---- the configuration */

static void add(hl_point *p, const char *key, const char *value)
{
    char option[200];
    int n = snprintf(option, sizeof option, "--%s", key);
    hl_names_add(&p->arguments, option, (size_t)n);
    hl_names_add(&p->arguments, value, strlen(value));
}

static void add_int(hl_point *p, const char *key, long value)
{
    char text[30];
    snprintf(text, sizeof text, "%ld", value);
    add(p, key, text);
}

/* Reading takes its arguments out of the list that it gets. */
hl_status hl_points_config(hl_config *c, const hl_point *p)
{
    char **argv = hl_alloc((size_t)p->arguments.n * sizeof *argv);
    memcpy(argv, p->arguments.at, (size_t)p->arguments.n * sizeof *argv);
    hl_status s = hl_arguments_config_alone(c, p->arguments.n, argv);
    free(argv);
    return s;
}

static hl_status take_ranks(hl_point *p, const hl_study_settings *from, int node_ranks)
{
    int *const to[HL_STUDY_PLACES] = {
        [HL_STUDY_RANKS] = &p->ranks, [HL_STUDY_NODES] = &p->nodes, [HL_STUDY_RANKS_PER_NODE] = &p->ranks_per_node};
    for (int i = 0; i < from->n; i++) {
        const hl_study_setting *x = &from->at[i];
        if (!hl_setting_is_place(x)) continue;
        char *end;
        long n = strtol(x->value, &end, 10);
        if (end == x->value || *end || n < 1 || n > MOST_RANKS)
            return HL_FAIL(HL_EUSAGE, "%s: %.60s is not a whole number from 1 to %d", x->key, x->value, MOST_RANKS);
        *to[hl_study_place_find(x->key)] = (int)n;
    }
    return hl_points_spread(p, node_ranks);
}

static hl_status too_many(const hl_point *p, const char *what, int of_a_rank)
{
    return HL_FAIL(HL_EUSAGE, "%d %s on each of %d ranks are too many", of_a_rank, what, p->ranks);
}

/* Where nothing says how many threads, it is one: else a rank alone would take all cores, and nothing could be seen of
 * what more ranks bring. */
static hl_status settle_threads(hl_point *p, const hl_config *c)
{
    p->threads = c->threads ? c->threads : 1;
    if ((int64_t)p->ranks * p->threads > INT_MAX)
        return HL_FAIL(HL_EUSAGE, "%d ranks of %d threads are too many", p->ranks, p->threads);
    if (!c->threads) add_int(p, "threads", p->threads);
    return HL_OK;
}

/* A batch that grows with the ranks. */
static hl_status settle_users(hl_point *p, const hl_config *c, hl_study_fixed fixed)
{
    const bool grows = fixed != HL_FIXED_USERS;
    const int64_t users = (int64_t)c->batch_size * (grows ? p->ranks : 1);
    if (users > INT_MAX) return too_many(p, "users", c->batch_size);
    p->users = (int)users;
    if (grows) add_int(p, "batch_size", p->users);
    return HL_OK;
}

/* Each sample draws as many, so a number that the users do not divide would be another one. */
static hl_status check_negatives(const hl_point *p, const hl_config *c)
{
    if (c->num_negatives > 0 && c->num_negatives % p->users == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "fixed: negatives: num_negatives is %d and %s; give a number that the %d users of this step divide, "
                   "and those of all points",
                   c->num_negatives, c->num_negatives ? "would not stay" : "so grows with the users", p->users);
}

/* Negatives of a rank, and a world as many times as large; one rank has that of the base. */
static hl_status grow(hl_point *p, const hl_config *c)
{
    hl_grown g;
    char path[PATH_MAX];
    const int64_t negatives = (int64_t)c->num_negatives * p->ranks;
    if (negatives > INT_MAX) return too_many(p, "negatives", c->num_negatives);
    HL_TRY(hl_grown_find(&g, c, p->ranks));
    if (p->ranks == 1) return HL_OK;
    if (negatives) add_int(p, "num_negatives", (long)negatives);
    HL_TRY(hl_path_make(path, "%s/dataset", g.to));
    add(p, "data_path", path);
    HL_TRY(hl_path_make(path, "%s/information", g.to));
    add(p, "text_path", path);
    if (*g.tokens) add(p, "dataset_dir", g.tokens);
    p->world = hl_alloc_text(g.to);
    p->base_world = hl_alloc_text(g.from);
    p->times = g.times;
    return HL_OK;
}

static hl_status settle(hl_point *p, const hl_config *c, hl_study_fixed fixed)
{
    HL_TRY(settle_users(p, c, fixed));
    HL_TRY(settle_threads(p, c));
    if (fixed == HL_FIXED_NEGATIVES) return check_negatives(p, c);
    return fixed == HL_FIXED_UNIQUE_ITEMS ? grow(p, c) : HL_OK;
}

static hl_status configure(hl_point *p, const hl_study *s)
{
    hl_config c;
    hl_status status = hl_points_config(&c, p);
    const char *no_steps = status == HL_OK ? hl_model_facts_of[c.model].no_steps : NULL;
    p->seed = status == HL_OK ? c.seed : 0;
    if (no_steps && s->task == HL_TASK_STEPS) status = HL_FAIL(HL_EUSAGE, "%s to measure", no_steps);
    if (status == HL_OK) status = settle(p, &c, s->fixed);
    hl_config_free(&c);
    return status;
}

/* ---- the folder */

/* Digest of all that is measured: options that change more than reports, ranks, nodes, steps, and the launcher. */
static uint64_t digest_of(const hl_config *c, const hl_point *p, const hl_study *s)
{
    const int64_t numbers[] = {p->ranks, s->warmup, s->steps};
    uint64_t d = hl_digest(numbers, sizeof numbers);
    if (p->nodes) d = hl_digest_join(d, (uint64_t)p->nodes);
    if (s->task != HL_TASK_STEPS) d = hl_digest_join(d, (uint64_t)s->task);
    if (s->on_valid) d = hl_digest_join(d, 1);
    for (int i = 0; i < s->launcher.n; i++)
        d = hl_digest_join(d, hl_digest(s->launcher.at[i], strlen(s->launcher.at[i])));
    for (int i = 0; i < hl_options_n; i++) {
        if (!hl_options[i].key || hl_options[i].effect == HL_CHANGES_REPORT) continue;
        char *text = hl_option_text(c, &hl_options[i]);
        d = hl_digest_join(d, hl_digest(text, strlen(text)));
        free(text);
    }
    return d;
}

static void name_folder(hl_point *p, uint64_t digest)
{
    char name[LONGEST_NAME + 1], folder[LONGEST_NAME + 20];
    int n = 0;
    for (const char *c = p->name; *c && n < LONGEST_NAME; c++) {
        bool is_plain = isalnum((unsigned char)*c) || *c == '_' || (*c == '.' && n);
        if (is_plain || n == 0 || name[n - 1] != '-') name[n++] = is_plain ? *c : '-';
    }
    name[n] = 0;
    snprintf(folder, sizeof folder, "%s-%08x", name, (unsigned)(digest >> 32));
    p->folder = hl_alloc_text(folder);
}

static hl_status find_folder(hl_point *p, const hl_study *s)
{
    hl_config c;
    hl_status status = hl_points_config(&c, p);
    if (status == HL_OK) name_folder(p, digest_of(&c, p, s));
    hl_config_free(&c);
    return status;
}

/* ---- points */

static bool has_sizes(const hl_study_settings *x)
{
    for (int i = 0; i < x->n; i++)
        if (!hl_setting_is_no_size(&x->at[i])) return true;
    return false;
}

static hl_status make(hl_point *p, const hl_study *s, const hl_study_settings *from)
{
    p->problem = hl_settings_text(from, hl_setting_changes_numbers);
    p->series = hl_settings_text(from, has_sizes(from) ? hl_setting_is_no_size : hl_setting_is_option);
    if (s->task == HL_TASK_TRAIN) {
        const hl_settings_place place = hl_settings_drawn(s, from);
        p->axis = place.axis, p->curve = place.curve, p->along = place.along;
    }
    for (int i = 0; i < s->base.n; i++) hl_names_add(&p->arguments, s->base.at[i], strlen(s->base.at[i]));
    for (int i = 0; i < from->n; i++)
        if (hl_setting_is_option(&from->at[i])) add(p, from->at[i].key, from->at[i].value);
    HL_TRY(take_ranks(p, from, s->node_ranks ? s->node_ranks : 1));
    HL_TRY(configure(p, s));
    return find_folder(p, s);
}

/* The sentence says whose it is, and where it stands. */
static hl_status sign(hl_status status, const hl_study *s, const hl_point *p, int line)
{
    char sentence[2000];
    if (status == HL_OK) return status;
    snprintf(sentence, sizeof sentence, "%.900s:%d: point \"%.100s\": %.800s", s->path, line, p->name, hl_error_text());
    hl_error_set(sentence);
    return status;
}

hl_status hl_points_make(hl_point *p, const hl_study *s, const hl_study_settings *from)
{
    return sign(make(p, s, from), s, p, from->at[from->n - 1].line);
}

/* The digest at the end of their folders tells points apart. */
bool hl_points_are_same(const hl_point *a, const hl_point *b)
{
    return strcmp(strrchr(a->folder, '-'), strrchr(b->folder, '-')) == 0;
}

void hl_points_free(hl_points *p)
{
    for (int i = 0; i < p->n; i++) {
        hl_point *x = &p->at[i];
        hl_names_free(&x->arguments);
        char *const texts[] = {x->name,   x->folder, x->problem,    x->series, x->axis,  x->curve,
                               x->reason, x->world,  x->base_world, x->tried,  x->at_end};
        for (size_t k = 0; k < sizeof texts / sizeof texts[0]; k++) free(texts[k]);
    }
    free(p->at);
    if (p->candidates) hl_points_free(p->candidates);
    free(p->candidates);
    *p = (hl_points){0};
}

/* Points of as many ranks share a world. */
hl_status hl_points_make_data(const hl_points *p, const char *dir)
{
    for (int i = 0; i < p->n; i++) {
        const hl_point *x = &p->at[i];
        int k = 0;
        while (k < i && !(p->at[k].world && x->world && strcmp(p->at[k].world, x->world) == 0)) k++;
        if (x->world && k == i) HL_TRY(hl_grown_make(x->base_world, x->world, x->times, dir));
    }
    return HL_OK;
}

int hl_points_turn(const hl_points *p, const hl_study *s, int repetition, int i)
{
    return (int)hl_permute((uint64_t)s->seed, HL_FOR_STUDIES, (uint64_t)repetition, (uint64_t)p->n, (uint64_t)i);
}
