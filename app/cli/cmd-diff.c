/* cmd-diff.c - hllm diff: the first step, phase and tensor in which two runs differ, and by how much. */
#include "base/printable.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/train/difference.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *path[2];
    double tolerance; /* below 0: every bit counts */
    bool json;
} orders;

/* The largest difference within the tolerance. */
typedef struct {
    int64_t step; /* 0: none */
    hl_in_phase phase;
    char tensor[160];
    double by;
} closest;

typedef struct {
    hl_ledger_reader *reader[2];
    const hl_ledger_line *line[2]; /* the last that were read; at the end NULL */
    json_t *run[2];                /* the run lines of the last step that was compared */
    int64_t begin, end;            /* first and last step that were compared */
    int steps, tensors;
    bool differs;
    hl_in_phase phase; /* where it does */
    hl_difference d;
    closest near;
} comparison;

/* ---- comparing */

static hl_status next_of(comparison *c, int k) { return hl_ledger_reader_next(&c->line[k], c->reader[k]); }

/* To the next step that both have. */
static hl_status next(comparison *c)
{
    HL_TRY(next_of(c, 0));
    HL_TRY(next_of(c, 1));
    while (c->line[0] && c->line[1] && c->line[0]->step != c->line[1]->step)
        HL_TRY(next_of(c, c->line[1]->step < c->line[0]->step));
    return HL_OK;
}

static void remember(closest *near, int64_t step, hl_in_phase phase, const hl_difference *d)
{
    if (d->close_by <= near->by) return;
    near->step = step;
    near->phase = phase;
    near->by = d->close_by;
    snprintf(near->tensor, sizeof near->tensor, "%s", d->close ? d->close : "");
}

static void keep_run(comparison *c, int k)
{
    json_decref(c->run[k]);
    c->run[k] = json_incref(hl_ledger_reader_run(c->reader[k]));
}

static void compare_step(comparison *c, double tolerance)
{
    for (int k = 0; k < 2; k++) keep_run(c, k);
    c->end = c->line[0]->step;
    if (c->steps++ == 0) c->begin = c->end;
    c->tensors = c->line[0]->n;
    for (int p = 0; p < HL_IN_PHASES && !c->differs; p++) {
        c->phase = (hl_in_phase)p;
        c->d = hl_difference_in(c->phase, c->line[0], c->line[1], tolerance);
        c->differs = c->d.differ > 0;
        remember(&c->near, c->end, c->phase, &c->d);
    }
}

static hl_status compare(comparison *c, const orders *o)
{
    for (int k = 0; k < 2; k++) HL_TRY(hl_ledger_reader_open(&c->reader[k], o->path[k]));
    HL_TRY(next(c));
    while (c->line[0] && c->line[1]) {
        compare_step(c, o->tolerance);
        if (c->differs) return HL_OK;
        HL_TRY(next(c));
    }
    return c->steps ? HL_OK
                    : HL_FAIL(HL_EFORMAT, "%s and %s have no step in common; name runs that made the same steps",
                              o->path[0], o->path[1]);
}

static void close_comparison(comparison *c)
{
    for (int k = 0; k < 2; k++) {
        json_decref(c->run[k]);
        hl_ledger_reader_close(c->reader[k]);
    }
}

/* ---- what the runs were */

/* What should be known first comes first. */
static const struct {
    const char *key, *name;
} facts[] = {
    {"config_digest", "settings that change the numbers"},
    {"data_digest", "data"},
    {"weights_digest", "initial weights"},
    {"layout", "layout"},
    {"ranks", "ranks"},
    {"nodes", "nodes"},
    {"threads", "threads a rank"},
    {"version", "version"},
    {"commit", "commit"},
    {"compiler", "compiler"},
    {"flags", "compiler's flags"},
    {"math", "BLAS"},
    {"kernels", "own kernels"},
    {"mpi", "MPI"},
};
enum { FACTS = sizeof facts / sizeof facts[0] };

/* The values of a fact; is it another? */
static bool is_other(json_t *value[2], const comparison *c, int fact)
{
    for (int k = 0; k < 2; k++) value[k] = json_object_get(c->run[k], facts[fact].key);
    return c->run[0] && c->run[1] && !json_equal(value[0], value[1]);
}

static void print_value(const json_t *x)
{
    if (json_is_integer(x)) printf("%lld", (long long)json_integer_value(x));
    else hl_print_text(stdout, json_is_string(x) ? json_string_value(x) : "not said");
}

static void print_facts(const comparison *c)
{
    json_t *value[2];
    for (int i = 0; i < FACTS; i++) {
        if (!is_other(value, c, i)) continue;
        printf("other %s:\n  A  ", facts[i].name);
        print_value(value[0]);
        printf("\n  B  ");
        print_value(value[1]);
        putchar('\n');
    }
}

static json_t *facts_json(const comparison *c)
{
    json_t *o = json_object(), *value[2];
    for (int i = 0; i < FACTS; i++)
        if (is_other(value, c, i)) json_object_set_new(o, facts[i].key, json_pack("[O?, O?]", value[0], value[1]));
    return o;
}

/* ---- for people */

/* Relative difference `by` of a tensor, in words. */
static void print_by(const comparison *c, const char *tensor, double by)
{
    bool missing[2] = {false, false};
    for (int k = 0; tensor && k < 2; k++) missing[k] = !hl_ledger_line_find(c->line[k], tensor, 0);
    if (missing[0] || missing[1]) printf("it is only in %s", missing[0] ? "B" : "A");
    else if (isinf(by)) printf("a number is not finite");
    else if (by == 0) printf("in bits alone, as of zeros");
    else printf("by %s%.2g, relative", tensor ? "about " : "", by);
}

static void print_difference(const comparison *c)
{
    const hl_difference *d = &c->d;
    printf("the first difference is in step %" PRId64 ", in the %s\n", c->end, hl_in_phase_name[c->phase]);
    printf("  loss     A %.17g, B %.17g\n", c->line[0]->loss, c->line[1]->loss);
    if (c->phase == HL_IN_LOSS) {
        printf("  differ   ");
        print_by(c, NULL, d->first_by);
        putchar('\n');
        return;
    }
    printf("  differ   %d of %d tensors\n  first    %s: ", d->differ, d->tensors, d->first);
    print_by(c, d->first, d->first_by);
    printf("\n  largest  %s: ", d->largest);
    print_by(c, d->largest, d->largest_by);
    printf("\n(differences of tensors are estimated from four projections each, to about a third)\n");
}

static void print_same(const comparison *c, const orders *o)
{
    printf("steps %" PRId64 " to %" PRId64 ", %d in both, are the same: loss, gradients and weights of %d tensors, ",
           c->begin, c->end, c->steps, c->tensors);
    if (c->near.step == 0) {
        printf("to the last bit\n");
        return;
    }
    printf("to %g\n", o->tolerance);
    printf("  largest difference: step %" PRId64 ", %s%s%s, by %.2g, relative\n", c->near.step,
           hl_in_phase_name[c->near.phase], *c->near.tensor ? " of " : "", c->near.tensor, c->near.by);
}

static void print_longer(const comparison *c)
{
    for (int k = 0; k < 2 && !c->differs; k++)
        if (c->line[k])
            printf("%s goes on with step %" PRId64 ", %s does not\n", k ? "B" : "A", c->line[k]->step, k ? "A" : "B");
}

static void print(const comparison *c, const orders *o)
{
    print_facts(c);
    if (c->differs) print_difference(c);
    else print_same(c, o);
    print_longer(c);
}

/* ---- for machines */

/* A number that is not finite is null. */
static json_t *tensor_json(const char *name, double by)
{
    return json_pack("{s:s?, s:o?}", "tensor", name, "relative", json_real(by));
}

static json_t *difference_json(const comparison *c)
{
    const hl_difference *d = &c->d;
    return json_pack("{s:I, s:s, s:i, s:i, s:o, s:o, s:[o?, o?]}", "step", (json_int_t)c->end, "phase",
                     hl_in_phase_name[c->phase], "differ", d->differ, "tensors", d->tensors, "first",
                     tensor_json(d->first, d->first_by), "largest", tensor_json(d->largest, d->largest_by), "loss",
                     json_real(c->line[0]->loss), json_real(c->line[1]->loss));
}

static json_t *closest_json(const closest *n)
{
    if (n->step == 0) return json_null();
    return json_pack("{s:I, s:s, s:s?, s:f}", "step", (json_int_t)n->step, "phase", hl_in_phase_name[n->phase],
                     "tensor", *n->tensor ? n->tensor : NULL, "relative", n->by);
}

static void print_json(const comparison *c)
{
    json_t *o =
        json_pack("{s:i, s:b, s:i, s:I, s:I, s:o, s:o, s:o}", "schema", 1, "same", !c->differs, "steps", c->steps,
                  "begin", (json_int_t)c->begin, "end", (json_int_t)c->end, "runs", facts_json(c), "difference",
                  c->differs ? difference_json(c) : json_null(), "within", closest_json(&c->near));
    HL_CHECK(o != NULL);
    json_dumpf(o, stdout, JSON_INDENT(1));
    putchar('\n');
    json_decref(o);
}

/* ---- the command */

static hl_status read_tolerance(double *x, const char *text)
{
    char *end;
    *x = -1;
    if (!text) return HL_OK;
    errno = 0;
    *x = strtod(text, &end);
    bool good = end != text && !*end && !errno && isfinite(*x) && *x >= 0;
    return good ? HL_OK
                : HL_FAIL(HL_EUSAGE,
                          "--tolerance %s is not a number from 0 on; 1e-4 leaves out what differs by less than that "
                          "part of it",
                          text);
}

static hl_status take_orders(orders *o, int argc, char **argv)
{
    const char *tolerance;
    o->json = hl_arguments_take_flag("json", &argc, argv);
    HL_TRY(hl_arguments_take(&tolerance, "tolerance", &argc, argv));
    HL_TRY(read_tolerance(&o->tolerance, tolerance));
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            return HL_FAIL(HL_EUSAGE, "%s: no option of hllm diff; they are --tolerance and --json", argv[i]);
    if (argc != 2) return HL_FAIL(HL_EUSAGE, "name two run folders, of trainings with ledger: on");
    o->path[0] = argv[0];
    o->path[1] = argv[1];
    return HL_OK;
}

static hl_status run_alone(int argc, char **argv)
{
    orders o = {0};
    comparison c = {0};
    HL_TRY(take_orders(&o, argc, argv));
    hl_status s = compare(&c, &o);
    if (s == HL_OK && o.json) print_json(&c);
    else if (s == HL_OK) print(&c, &o);
    if (s == HL_OK && c.differs) s = HL_EFAIL;
    close_comparison(&c);
    return s;
}

const hl_command hl_cmd_diff = {
    .name = "diff",
    .arguments = "RUN_A RUN_B [--tolerance X]",
    .help = "the first step, phase and tensor in which two runs differ, and by how much",
    .more = "  --tolerance X        relative differences up to X are none; without it, one bit is one\n"
            "  --json               one JSON object on standard output\n"
            "Of trainings with ledger: on.\n"
            "Status 0: the steps that both have are the same; 1: they differ; 3: no such ledger.\n",
    .run_alone = run_alone,
};
