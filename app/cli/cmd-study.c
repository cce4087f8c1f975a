/* cmd-study.c - hllm study: how steps of a training scale over ranks, threads and options. */
#include "base/printable.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/study/points.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *file;
    bool dry_run;
} orders;

/* ---- the points, without running any */

static int cores_here(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }

/* Machines like this one that hold a point's ranks, a core for each thread. */
static int nodes_of(const hl_point *p)
{
    const int64_t cores = cores_here();
    return (int)(((int64_t)p->ranks * p->threads + cores - 1) / cores);
}

static double node_hours_of(const hl_point *p, const hl_study *s)
{
    return p->seconds * (s->warmup + s->steps) * s->repetitions * nodes_of(p) / 3600;
}

static int width_of_names(const hl_points *p)
{
    int width = (int)strlen("point");
    for (int i = 0; i < p->n; i++) width = (int)strlen(p->at[i].name) > width ? (int)strlen(p->at[i].name) : width;
    return width;
}

static void print_point(const hl_point *p, const hl_study *s, int width)
{
    printf("%-*s %6d %7d %8d ", width, p->name, p->ranks, p->threads, p->users);
    if (p->reason) printf("%10s %10s  ", "-", "-");
    else printf("%10.4g %10.3g  ", p->seconds, node_hours_of(p, s));
    hl_print_text(stdout, p->reason ? p->reason : p->layout);
    putchar('\n');
}

static void print_points(const hl_points *p, const hl_study *s)
{
    const int width = width_of_names(p);
    double hours = 0;
    printf("%-*s %6s %7s %8s %10s %10s  %s\n", width, "point", "ranks", "threads", "users", "seconds", "node-hours",
           "layout");
    for (int i = 0; i < p->n; i++) {
        print_point(&p->at[i], s, width);
        hours += p->at[i].reason ? 0 : node_hours_of(&p->at[i], s);
    }
    printf("\n%d points, %d repetitions of %d + %d steps: %.3g node-hours are forecast, on nodes of %d cores, starts "
           "apart\n",
           p->n, s->repetitions, s->warmup, s->steps, hours, cores_here());
}

/* ---- the command */

static hl_status take_orders(orders *o, int argc, char **argv)
{
    *o = (orders){.dry_run = hl_arguments_take_flag("dry-run", &argc, argv)};
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            return HL_FAIL(HL_EUSAGE, "%s: no option of hllm study; hllm study --help lists them", argv[i]);
    if (argc != 1) return HL_FAIL(HL_EUSAGE, "name one study file, as hllm study experiments/scaling/smoke.yaml");
    o->file = argv[0];
    if (!o->dry_run) return HL_FAIL(HL_EUSAGE, "say what to do with the points: --dry-run shows them");
    return HL_OK;
}

static hl_status run_alone(int argc, char **argv)
{
    orders o;
    hl_study s;
    hl_points p = {0};
    HL_TRY(take_orders(&o, argc, argv));
    hl_status status = hl_study_read(&s, o.file);
    if (status == HL_OK) status = hl_points_expand(&p, &s);
    if (status == HL_OK) {
        hl_points_forecast(&p);
        print_points(&p, &s);
    }
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}

const hl_command hl_cmd_study = {
    .name = "study",
    .arguments = "FILE --dry-run",
    .help = "a scaling curve: steps at many points of ranks, threads and options",
    .more = "FILE names a configuration and what varies; app/study/study.h, and doc/formats.md, say what stands in "
            "it.\n"
            "  --dry-run          the points, with layout, forecast seconds of a step and node-hours; nothing is run\n",
    .run_alone = run_alone,
};
