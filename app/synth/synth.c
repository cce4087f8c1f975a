/* synth.c - texts and interactions with a planted structure, and how well it can be known: the files. */
#include "app/synth/synth.h"
#include "base/arena.h"
#include "base/path.h"
#include "app/synth/synth-texts.h"
#include "app/synth/synth-world.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int digits_of(int n) { return snprintf(NULL, 0, "%d", n - 1); }

static void print_texts(FILE *f, const hl_synth_world *w)
{
    hl_synth_texts t;
    hl_synth_texts_make(&t, w);
    fprintf(f, "item_id,title,description\n");
    for (int i = 0; i < w->settings.items; i++)
        fprintf(f, "i%0*d,%s,\"%s\"\n", digits_of(w->settings.items), i, t.title[i], t.description[i]);
    hl_synth_texts_free(&t);
}

static void print_user(FILE *f, const hl_synth_world *w, int user)
{
    hl_synth_clock clock = hl_synth_clock_of(w, user);
    for (int64_t i = w->begin[user]; i < w->begin[user + 1]; i++) {
        fprintf(f, "i%0*d,u%0*d,%lld\n", digits_of(w->settings.items), w->sequence[i], digits_of(w->settings.users),
                user, (long long)clock.time);
        hl_synth_clock_next(&clock);
    }
}

static void print_interactions(FILE *f, const hl_synth_world *w)
{
    fprintf(f, "item_id,user_id,timestamp\n");
    for (int u = 0; u < w->settings.users; u++) print_user(f, w, u);
}

static void print_scores(FILE *f, const hl_synth_scores *s)
{
    for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) fprintf(f, "\"recall@%d\": %.7f, ", hl_synth_cutoffs[c], s->recall[c]);
    fprintf(f, "\"ndcg@10\": %.7f", s->ndcg_10);
}

#define PRINT_INT(key, normal, least, most, help) fprintf(f, "\"%s\": %d, ", #key, s->key);
/* What is 0 by default, and is 0, is left out. */
#define PRINT_REAL(key, normal, least, most, help) \
    if ((normal) || s->key) fprintf(f, "\"%s\": %.9g, ", #key, s->key);
static void print_report(FILE *f, const hl_synth_settings *s, const hl_synth_report *r)
{
    fprintf(f, "{\"name\": \"%s\", ", s->name);
    HL_SYNTH_NUMBERS(PRINT_INT, PRINT_REAL)
    fprintf(f, "\"interactions\": %lld, \"catalogue\": %d,\n ", (long long)r->interactions, r->catalogue);
    fprintf(f, "\"popularity_recall@10\": %.7f, \"random_recall@10\": %.7f,\n \"oracle\": {", r->popularity.recall[1],
            r->random.recall[1]);
    print_scores(f, &r->oracle);
    if (s->daily_rhythm > 0) {
        fprintf(f, "},\n \"oracle_without_times\": {");
        print_scores(f, &r->without_times);
    }
    fprintf(f, "}}\n");
}

char *hl_synth_json(const hl_synth_settings *s, const hl_synth_report *report)
{
    char *text = NULL;
    size_t n;
    FILE *f = hl_alloc_stream(&text, &n);
    print_report(f, s, report);
    HL_CHECK(fclose(f) == 0);
    return text;
}

void hl_synth_print(FILE *out, const hl_synth_report *r)
{
    const struct {
        const char *name;
        const hl_synth_scores *scores;
    } rows[] = {{"oracle", &r->oracle},
                {"without times", r->has_rhythm ? &r->without_times : NULL},
                {"popularity", &r->popularity},
                {"random", &r->random}};
    fprintf(out, "%-13s", "test");
    for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) fprintf(out, "  recall@%-3d", hl_synth_cutoffs[c]);
    fprintf(out, "  ndcg@10\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (!rows[i].scores) continue;
        fprintf(out, "%-13s", rows[i].name);
        for (int c = 0; c < HL_SYNTH_CUTOFFS; c++) fprintf(out, "  %-10.4f", rows[i].scores->recall[c]);
        fprintf(out, "  %.4f\n", rows[i].scores->ndcg_10);
    }
}

/* A file that is to be. */
typedef struct {
    char path[PATH_MAX];
    char *text;
    size_t n;
} file;

static void print_csv(file *out, void (*print)(FILE *f, const hl_synth_world *w), const hl_synth_world *w)
{
    FILE *f = hl_alloc_stream(&out->text, &out->n);
    print(f, w);
    HL_CHECK(fclose(f) == 0);
}

/* What is there already may only be the same. */
static hl_status check_free(const file *f)
{
    char *bytes;
    size_t n;
    if (access(f->path, F_OK) != 0) return HL_OK;
    hl_status s = hl_regular_read(f->path, SIZE_MAX, &bytes, &n);
    if (s == HL_OK && (n != f->n || memcmp(bytes, f->text, n) != 0))
        s = HL_FAIL(HL_EUSAGE, "%s: there already, with other contents; name another folder, or remove this file",
                    f->path);
    free(bytes);
    return s;
}

static hl_status write_files(const file *files, int n, const char *folder)
{
    static const char *const inside[] = {"dataset", "information"};
    char path[PATH_MAX];
    for (int i = 0; i < n; i++) HL_TRY(check_free(&files[i]));
    for (int i = 0; i < 2; i++) {
        hl_path(path, "%s/%s", folder, inside[i]);
        HL_TRY(hl_folder_make(path));
    }
    for (int i = 0; i < n; i++) HL_TRY(hl_atomic_write(files[i].path, files[i].text, files[i].n));
    return HL_OK;
}

hl_status hl_synth_write(const hl_synth_settings *s, const char *folder, hl_synth_report *report)
{
    enum { FILES = 3 };
    file files[FILES] = {0};
    hl_synth_world w;
    HL_TRY(hl_synth_check(s));
    if (strlen(folder) + 200 > PATH_MAX)
        return HL_FAIL(HL_EUSAGE, "the folder's name has %zu bytes: too many", strlen(folder));
    hl_synth_world_make(&w, s);
    hl_synth_judge(report, &w);
    hl_path(files[0].path, "%s/dataset/%s.csv", folder, s->name);
    print_csv(&files[0], print_interactions, &w);
    hl_path(files[1].path, "%s/information/%s.csv", folder, s->name);
    print_csv(&files[1], print_texts, &w);
    hl_path(files[2].path, "%s/oracle.json", folder);
    files[2].text = hl_synth_json(s, report);
    files[2].n = strlen(files[2].text);
    hl_status status = write_files(files, FILES, folder);
    for (int i = 0; i < FILES; i++) free(files[i].text);
    hl_synth_world_free(&w);
    return status;
}
