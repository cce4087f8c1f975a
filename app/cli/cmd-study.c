/* cmd-study.c - hllm study: how steps of a training scale over ranks, threads and options. */
#include "base/path.h"
#include "base/printable.h"
#include "app/cli/commands.h"
#include "app/config/arguments.h"
#include "app/study/compare.h"
#include "app/study/crate.h"
#include "app/study/export.h"
#include "app/study/points.h"
#include "app/study/report.h"
#include "app/study/snapshot.h"
#include "app/study/study-record.h"
#include "app/study/study-run.h"
#include "app/study/submit.h"
#include "app/study/tuning.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    const char *file, *given, *site, *only; /* given: a folder; each NULL where there is none */
    char dir[PATH_MAX];
    bool dry_run, local, submit, resume, one_job;
} orders;

/* ---- the points, without running any */

static int cores_here(void) { return (int)sysconf(_SC_NPROCESSORS_ONLN); }

/* Those that the study says, else machines like this one that hold a point's ranks, a core for each thread. */
static int nodes_of(const hl_point *p)
{
    if (p->nodes) return p->nodes;
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
    printf("%-*s %6d %6d %7d %8d ", width, p->name, nodes_of(p), p->ranks, p->threads, p->users);
    if (p->reason) printf("%10s %10s  ", "-", "-");
    else if (s->task == HL_TASK_TRAIN) printf("%10.4g %10s  ", p->seconds, "-");
    else printf("%10.4g %10.3g  ", p->seconds, node_hours_of(p, s));
    hl_print_text(stdout, p->reason ? p->reason : p->layout);
    putchar('\n');
}

static bool guesses_nodes(const hl_points *p)
{
    for (int i = 0; i < p->n; i++)
        if (!p->at[i].nodes) return true;
    return false;
}

static bool assumes_machine(const hl_points *p)
{
    for (int i = 0; i < p->n; i++)
        if (!p->at[i].reason && !p->at[i].is_measured) return true;
    return false;
}

static void tell_worlds(const hl_points *p)
{
    for (int i = 0; i < p->n; i++)
        if (p->at[i].world)
            printf("%s: data of its own, %s, %d times as large\n", p->at[i].name, p->at[i].world, p->at[i].times);
}

static void print_points(const hl_points *p, const hl_study *s)
{
    const int width = width_of_names(p);
    double hours = 0;
    printf("%-*s %6s %6s %7s %8s %10s %10s  %s\n", width, "point", "nodes", "ranks", "threads", "users", "seconds",
           "node-hours", "layout");
    for (int i = 0; i < p->n; i++) {
        print_point(&p->at[i], s, width);
        hours += p->at[i].reason ? 0 : node_hours_of(&p->at[i], s);
    }
    if (p->candidates)
        printf("\n%d candidates are trained once each, to tune points on validation by %s", p->candidates->n,
               hl_tuning_metric(s));
    if (s->task == HL_TASK_TRAIN)
        printf("\n%d points, %d trainings of each; seconds are those of a step, and hllm plan has the node-hours of a "
               "training whose data are prepared",
               p->n, s->repetitions);
    else
        printf("\n%d points, %d repetitions of %d + %d steps: %.3g node-hours are forecast, starts apart", p->n,
               s->repetitions, s->warmup, s->steps, hours);
    if (assumes_machine(p))
        printf("; the machine is assumed: hllm bench calibrate FILE and calibration: FILE measure it");
    if (guesses_nodes(p)) printf("; points that do not say their nodes have ones of %d cores", cores_here());
    putchar('\n');
    tell_worlds(p);
}

/* ---- the command */

static const char ending[] = ".study";

/* Beside the study file, by its name. */
static hl_status find_dir(orders *o)
{
    if (o->given) return hl_path_make(o->dir, "%s", o->given);
    const char *dot = strrchr(o->file, '.'), *slash = strrchr(o->file, '/');
    bool has_ending = dot && dot > (slash ? slash + 1 : o->file);
    return hl_path_make(o->dir, "%.*s%s", (int)(has_ending ? (size_t)(dot - o->file) : strlen(o->file)), o->file,
                        ending);
}

static hl_status take_orders(orders *o, int argc, char **argv)
{
    *o = (orders){.dry_run = hl_arguments_take_flag("dry-run", &argc, argv),
                  .local = hl_arguments_take_flag("local", &argc, argv),
                  .submit = hl_arguments_take_flag("submit", &argc, argv),
                  .one_job = hl_arguments_take_flag("one-job", &argc, argv),
                  .resume = hl_arguments_take_flag("resume", &argc, argv)};
    HL_TRY(hl_arguments_take(&o->given, "dir", &argc, argv));
    HL_TRY(hl_arguments_take(&o->site, "site", &argc, argv));
    HL_TRY(hl_arguments_take(&o->only, "only", &argc, argv));
    for (int i = 0; i < argc; i++)
        if (strncmp(argv[i], "--", 2) == 0)
            return HL_FAIL(HL_EUSAGE, "%s: no option of hllm study; hllm study --help lists them", argv[i]);
    if (argc != 1) return HL_FAIL(HL_EUSAGE, "name one study file, as hllm study experiments/scaling/smoke.yaml");
    if (o->submit ? o->local : o->dry_run == o->local)
        return HL_FAIL(HL_EUSAGE, "say what to do with the points: --dry-run shows them, --local runs them here, "
                                  "--submit has Slurm run them");
    if (o->only && !o->local) return HL_FAIL(HL_EUSAGE, "--only is for --local");
    o->file = argv[0];
    return find_dir(o);
}

static hl_status do_points(const orders *o, const hl_study *s, hl_points *p, const hl_site *site)
{
    HL_TRY(hl_points_expand(p, s));
    if (s->tune.axes) HL_TRY(hl_tuning_check(s));
    if (o->only) return hl_study_run_only(s, p, o->dir, o->only);
    hl_points_forecast(p);
    if (o->submit) return hl_submit_study(s, p, o->dir, &(hl_submit_orders){site, o->one_job, o->dry_run});
    if (o->local) return hl_study_run(s, p, o->dir, o->resume);
    print_points(p, s);
    return HL_OK;
}

static hl_status report(int argc, char **argv)
{
    if (argc == 1 && strncmp(argv[0], "--", 2) != 0) return hl_report_write(argv[0]);
    return HL_FAIL(HL_EUSAGE, "name the folder of one study, as hllm study report curve.study");
}

static hl_status crate(int argc, char **argv)
{
    if (argc == 1 && strncmp(argv[0], "--", 2) != 0) return hl_crate_write(argv[0]);
    return HL_FAIL(HL_EUSAGE, "name the folder of one study, as hllm study crate curve.study");
}

/* Read the outcomes of a study's folder; release rows with hl_compare_free. */
static hl_status read_rows(hl_compare_rows *rows, const char *dir)
{
    hl_study s;
    hl_points p;
    *rows = (hl_compare_rows){0};
    hl_status status = hl_study_record_read(&s, &p, dir);
    if (status == HL_OK && s.task != HL_TASK_STEPS)
        status = HL_FAIL(HL_EUSAGE, "%s: is a study of trainings; hllm compare compares their files ranks.h5", dir);
    if (status == HL_OK) {
        hl_outcomes o;
        hl_outcomes_read(&o, &s, &p, dir);
        hl_compare_outcomes(rows, &o);
        hl_outcomes_free(&o);
    }
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}

/* That points differ is a status without a sentence, as of hllm diff. */
static hl_status show_comparison(const hl_compare_rows *rows, const hl_compare_rows *reference)
{
    const int others = hl_compare_print(stdout, rows, reference);
    hl_error_set("");
    return others ? HL_EFAIL : HL_OK;
}

static hl_status compare(int argc, char **argv)
{
    hl_compare_rows rows = {0}, reference = {0};
    if (argc != 2)
        return HL_FAIL(HL_EUSAGE, "name the folder of a study and a table of another, as hllm study compare "
                                  "curve.study reference.csv");
    hl_status status = read_rows(&rows, argv[0]);
    if (status == HL_OK) status = hl_compare_read(&reference, argv[1]);
    if (status == HL_OK) status = show_comparison(&rows, &reference);
    hl_compare_free(&rows);
    hl_compare_free(&reference);
    return status;
}

/* Runs that fail are absent from the comparison, which then says so. */
static hl_status run_again(const char *from, const char *to, bool resume)
{
    char file[PATH_MAX];
    hl_study s = {0};
    hl_points p = {0};
    hl_status status = hl_path_make(file, "%s/study.yaml", from);
    if (status == HL_OK) status = hl_study_read(&s, file);
    if (status == HL_OK) status = hl_points_expand(&p, &s);
    if (status == HL_OK) hl_points_forecast(&p);
    if (status == HL_OK) status = hl_study_run(&s, &p, to, resume);
    hl_points_free(&p);
    hl_study_free(&s);
    if (status != HL_OK && status != HL_EFAIL) return status;
    return hl_report_write(to);
}

/* Without slashes at the end. */
static size_t length_of(const char *path)
{
    size_t n = strlen(path);
    while (n > 1 && path[n - 1] == '/') n--;
    return n;
}

static hl_status verify(int argc, char **argv)
{
    char to[PATH_MAX];
    const char *given;
    hl_compare_rows rows = {0}, reference = {0};
    const bool resume = hl_arguments_take_flag("resume", &argc, argv);
    HL_TRY(hl_arguments_take(&given, "dir", &argc, argv));
    if (argc != 1) return HL_FAIL(HL_EUSAGE, "name the folder of one study, as hllm study verify curve.study");
    HL_TRY(given ? hl_path_make(to, "%s", given) : hl_path_make(to, "%.*s.verify", (int)length_of(argv[0]), argv[0]));
    hl_status status = read_rows(&reference, argv[0]);
    if (status == HL_OK) status = run_again(argv[0], to, resume);
    if (status == HL_OK) status = read_rows(&rows, to);
    if (status == HL_OK) status = show_comparison(&rows, &reference);
    hl_compare_free(&rows);
    hl_compare_free(&reference);
    return status;
}

/* Copies of the configurations are what the other tool gives to hllm, so the study is read from its folder. */
static hl_status export_from(hl_export kind, const char *dir)
{
    char file[PATH_MAX];
    hl_study s = {0};
    hl_points p = {0};
    hl_path(file, "%s/study.yaml", dir);
    hl_status status = hl_study_read(&s, file);
    if (status == HL_OK) status = hl_points_expand(&p, &s);
    if (status == HL_OK) hl_points_forecast(&p);
    if (status == HL_OK) status = hl_export_write(kind, &s, &p, dir);
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}

static hl_status copy_study(const char *file, const char *dir)
{
    hl_study s = {0};
    hl_status status = hl_study_read(&s, file);
    if (status == HL_OK) status = hl_snapshot_write(&s, dir);
    hl_study_free(&s);
    return status;
}

static hl_status export_study(int argc, char **argv)
{
    orders o = {0};
    int kind = 0;
    while (kind < HL_EXPORTS && !hl_arguments_take_flag(hl_export_name[kind], &argc, argv)) kind++;
    HL_TRY(hl_arguments_take(&o.given, "dir", &argc, argv));
    if (argc != 1 || kind == HL_EXPORTS)
        return HL_FAIL(HL_EUSAGE,
                       "name one study file and a tool, as hllm study export curve.yaml --jube (or --reframe)");
    o.file = argv[0];
    HL_TRY(find_dir(&o));
    HL_TRY(hl_path_check(o.dir));
    HL_TRY(copy_study(o.file, o.dir));
    char whole[PATH_MAX];
    if (!realpath(o.dir, whole)) return HL_FAIL(HL_ESTORE, "%s: has no path from the root on", o.dir);
    return export_from((hl_export)kind, whole);
}

static const struct {
    const char *name;
    hl_status (*run)(int argc, char **argv);
} acts[] = {{"report", report}, {"compare", compare}, {"verify", verify}, {"crate", crate}, {"export", export_study}};

static hl_status run_alone(int argc, char **argv)
{
    orders o;
    hl_study s = {0};
    hl_site site;
    hl_points p = {0};
    for (size_t i = 0; argc > 0 && i < sizeof acts / sizeof acts[0]; i++)
        if (strcmp(argv[0], acts[i].name) == 0) return acts[i].run(argc - 1, argv + 1);
    HL_TRY(take_orders(&o, argc, argv));
    hl_status status = hl_site_read(&site, o.site);
    if (status == HL_OK) status = hl_study_read(&s, o.file);
    if (status == HL_OK && (o.submit || o.site)) hl_site_apply(&site, &s);
    if (status == HL_OK) status = do_points(&o, &s, &p, &site);
    hl_points_free(&p);
    hl_study_free(&s);
    hl_site_free(&site);
    return status;
}

const hl_command hl_cmd_study = {
    .name = "study",
    .arguments = "FILE --dry-run | --local | --submit",
    .help = "a scaling curve: steps, or trainings, at many points of ranks, threads and options",
    .more = "FILE names a configuration and what varies; doc/formats.md says what stands in it.\n"
            "  --dry-run          the points, with layout, forecast seconds of a step and node-hours; nothing is run\n"
            "  --local            run each point here, one after the other in an order of chance\n"
            "  --resume           run what has no result in the folder yet\n"
            "  --only RUN         with --local: this run alone, <folder of its point>/<repetition>\n"
            "  --submit           have Slurm run what has no result and is not queued: an array for each number of\n"
            "                     nodes, and a job that makes the report; with --dry-run scripts and commands alone\n"
            "  --one-job          with --submit: one job in which all runs take turns\n"
            "  --site FILE        account, partition, time, launcher ... of the cluster; see slurm/site.conf.example\n"
            "  --dir DIR          the folder of the results; without it FILE's name with .study, beside FILE\n"
            "                     With task: train each point is trained with several seeds and ranks its test users,\n"
            "                     and the report has metrics with intervals and corrected p-values beside the first;\n"
            "                     with tune: the best of a grid on validation is what each point is trained with\n"
            "  report DIR         of what is in the folder so far: report.html, report.svg and .pdf, report.csv and\n"
            "                     report-phases.csv, report.tex for a paper, report.extrap.jsonl for Extra-P\n"
            "  compare DIR TABLE  its seconds a step beside those of another's report.csv, point by point; status 1\n"
            "                     where some differ\n"
            "  verify DIR         run the study of a folder again, in DIR.verify or --dir, and compare both\n"
            "  crate DIR          its files, with digests, program, machines and what made what, as an RO-Crate; a\n"
            "                     bill of materials (SPDX), and how to cite\n"
            "  export FILE --jube | --reframe\n"
            "                     the same study for JUBE (jube.yaml) or ReFrame (reframe.py), in the study's folder\n",
    .hears_signals = true,
    .run_alone = run_alone,
};
