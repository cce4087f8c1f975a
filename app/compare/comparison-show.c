/* comparison-show.c - a comparison for people, for programs and for spreadsheets. */
#include "app/compare/comparison-show.h"
#include "base/alloc.h"
#include "base/printable.h"
#include "io/files/atomic.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char TEST[] = "paired randomization test, two-sided";

static const char *about(const hl_comparison *c, const char *key)
{
    const char *text = json_string_value(json_object_get(c->about, key));
    return text ? text : "";
}

static const char *name_of(const hl_comparison *c, int model) { return c->orders->model[model].name; }

/* A name, or "a - b", as far as there is room, as a terminal can show it. */
static void make_title(char *out, size_t room, const char *a, const char *b)
{
    snprintf(out, room, "%.60s%s%.60s", a, b ? " - " : "", b ? b : "");
    hl_printable(out);
}

enum { TITLE = 160 };

/* ---- for people */

static void print_means(const hl_comparison *c)
{
    const hl_comparison_orders *o = c->orders;
    printf("\nmean over the users [95 %% bootstrap interval, of %d resamples, seed %llu]\n%-20s", o->resamples,
           (unsigned long long)o->seed, "");
    for (int k = 0; k < o->columns; k++) printf(" %24s", o->column[k]);
    putchar('\n');
    for (int m = 0; m < o->models; m++) {
        char title[TITLE];
        make_title(title, sizeof title, name_of(c, m), NULL);
        printf("%-20s", title);
        for (int k = 0; k < o->columns; k++) {
            const hl_comparison_mean *x = &c->mean[m * o->columns + k];
            printf("  %.4f [%.4f, %.4f]", x->mean, x->low, x->high);
        }
        putchar('\n');
    }
}

static void print_spreads(const hl_comparison *c)
{
    const hl_comparison_orders *o = c->orders;
    for (int m = 0; m < o->models; m++) {
        if (o->model[m].files.n < 2) continue;
        char title[TITLE];
        make_title(title, sizeof title, name_of(c, m), NULL);
        printf("%s: users' means over %d files; the standard deviation of the files' means is", title,
               o->model[m].files.n);
        for (int k = 0; k < o->columns; k++)
            printf("%s %.4f of %s", k ? "," : "", c->mean[m * o->columns + k].spread, o->column[k]);
        putchar('\n');
    }
}

static void print_tests(const hl_comparison *c)
{
    if (c->tests == 0) return;
    printf(
        "\ndifference of the means [95 %% interval of the same resamples]; p of the %s, by %d sign flips, or all where "
        "they are few;\ncorrected over these %d tests by Holm, and by Benjamini and Hochberg (BH)\n",
        TEST, c->orders->flips, c->tests);
    printf("%-32s %-14s %26s %10s %10s %10s\n", "", "", "", "p", "Holm", "BH");
    for (const hl_comparison_test *t = c->test; t < c->test + c->tests; t++) {
        char title[TITLE];
        make_title(title, sizeof title, name_of(c, t->a), name_of(c, t->b));
        printf("%-32s %-14s %+.4f [%+.4f, %+.4f] %10.5f %10.5f %10.5f\n", title, c->orders->column[t->column],
               t->difference, t->low, t->high, t->p, t->holm, t->benjamini_hochberg);
    }
}

void hl_comparison_print(const hl_comparison *c)
{
    char line[400];
    snprintf(line, sizeof line, "%.20s of %.100s, %.100s, history_mask %.20s", about(c, "phase"), about(c, "dataset"),
             about(c, "split"), about(c, "history_mask"));
    hl_printable(line);
    printf("%s: %lld users, %lld items\n", line, (long long)c->users,
           (long long)json_integer_value(json_object_get(c->about, "catalogue")));
    print_means(c);
    print_spreads(c);
    print_tests(c);
}

/* ---- for programs */

/* A name may have any bytes. */
static json_t *text_json(const char *text)
{
    json_t *x = json_string(text);
    return x ? x : json_null();
}

static json_t *model_json(const hl_comparison *c, int model)
{
    const hl_comparison_orders *o = c->orders;
    json_t *files = json_array(), *metrics = json_object();
    for (int f = 0; f < o->model[model].files.n; f++)
        json_array_append_new(files, text_json(o->model[model].files.at[f]));
    for (int k = 0; k < o->columns; k++) {
        const hl_comparison_mean *x = &c->mean[model * o->columns + k];
        json_t *one = json_pack("{sf sf sf}", "mean", x->mean, "low", x->low, "high", x->high);
        if (!isnan(x->spread)) json_object_set_new(one, "spread", json_real(x->spread));
        json_object_set_new(metrics, o->column[k], one);
    }
    return json_pack("{so so so}", "name", text_json(name_of(c, model)), "files", files, "metrics", metrics);
}

static json_t *test_json(const hl_comparison *c, const hl_comparison_test *t)
{
    return json_pack("{so so ss sf sf sf sf sb sf sf}", "model", text_json(name_of(c, t->a)), "beside",
                     text_json(name_of(c, t->b)), "metric", c->orders->column[t->column], "difference", t->difference,
                     "low", t->low, "high", t->high, "p", t->p, "exact", t->is_exact, "holm", t->holm,
                     "benjamini_hochberg", t->benjamini_hochberg);
}

json_t *hl_comparison_json(const hl_comparison *c)
{
    const hl_comparison_orders *o = c->orders;
    json_t *models = json_array(), *tests = json_array(), *protocol = json_copy(c->about);
    json_object_del(protocol, "options");
    for (int m = 0; m < o->models; m++) json_array_append_new(models, model_json(c, m));
    for (int k = 0; k < c->tests; k++) json_array_append_new(tests, test_json(c, &c->test[k]));
    return json_pack("{si sI si si sI ss so so so}", "schema", 1, "users", (json_int_t)c->users, "resamples",
                     o->resamples, "flips", o->flips, "seed", (json_int_t)o->seed, "test", TEST, "first", protocol,
                     "models", models, "differences", tests);
}

/* ---- for spreadsheets */

/* A quote within quotes is two. */
static void put_field(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputs("\",", out);
}

static void put_mean(FILE *out, const hl_comparison *c, int model, int column)
{
    const hl_comparison_mean *x = &c->mean[model * c->orders->columns + column];
    put_field(out, name_of(c, model));
    fprintf(out, ",%s,%.9g,%.9g,%.9g,", c->orders->column[column], x->mean, x->low, x->high);
    if (!isnan(x->spread)) fprintf(out, "%.9g", x->spread);
    fprintf(out, ",,,\n");
}

static void put_test(FILE *out, const hl_comparison *c, const hl_comparison_test *t)
{
    put_field(out, name_of(c, t->a));
    put_field(out, name_of(c, t->b));
    fprintf(out, "%s,%.9g,%.9g,%.9g,,%.9g,%.9g,%.9g\n", c->orders->column[t->column], t->difference, t->low, t->high,
            t->p, t->holm, t->benjamini_hochberg);
}

hl_status hl_comparison_write_csv(const hl_comparison *c, const char *path)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = hl_alloc_stream(&text, &n);
    fprintf(out, "model,beside,metric,value,low,high,spread,p,holm,benjamini_hochberg\n");
    for (int m = 0; m < c->orders->models; m++)
        for (int k = 0; k < c->orders->columns; k++) put_mean(out, c, m, k);
    for (int k = 0; k < c->tests; k++) put_test(out, c, &c->test[k]);
    fclose(out);
    const hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}
