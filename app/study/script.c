/* script.c - the scripts of jobs that make the runs of a study. */
#include "app/study/script.h"
#include "base/arena.h"
#include "base/path.h"
#include "app/study/grown.h"
#include "app/study/shell.h"
#include "io/files/atomic.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* What is begun in memory becomes a file at once. */
typedef struct {
    FILE *out;
    char *text;
    size_t n;
} script;

/* A name with blanks is none to Slurm. */
static void print_name(FILE *out, const char *study, const char *name)
{
    for (const char *c = study; *c; c++) fputc(isalnum((unsigned char)*c) || strchr("-_.", *c) ? *c : '-', out);
    fprintf(out, "-%s", name);
}

/* Every word of a text is an option. */
static void print_options(FILE *out, const char *words)
{
    for (size_t n; *words; words += n + (words[n] != 0)) {
        n = strcspn(words, " \t");
        if (n) fprintf(out, "#SBATCH %.*s\n", (int)n, words);
    }
}

static void print_value(FILE *out, const char *option, const char *value)
{
    if (*value) fprintf(out, "#SBATCH --%s=%s\n", option, value);
}

/* A run that its job could not end is made again by another submission: --no-requeue. */
static void begin(script *s, const hl_script_job *j, const char *name, int nodes, const char *log)
{
    char *const *site = j->site->value;
    s->out = hl_alloc_stream(&s->text, &s->n);
    fputs("#!/bin/bash\n# Written by hllm study --submit.\n#SBATCH --job-name=", s->out);
    print_name(s->out, j->study->name, name);
    fprintf(s->out, "\n#SBATCH --nodes=%d\n#SBATCH --no-requeue\n#SBATCH --output=\"%s/slurm/%s.log\"\n", nodes, j->dir,
            log);
    print_value(s->out, "account", site[HL_SITE_ACCOUNT]);
    print_value(s->out, "partition", site[HL_SITE_PARTITION]);
}

/* Behind the last option: what a shell is told before the program. */
static void prepare_shell(script *s, const hl_site *site)
{
    const char *modules = site->value[HL_SITE_MODULES], *setup = site->value[HL_SITE_SETUP];
    fputs("set -e\n", s->out);
    if (*modules) fprintf(s->out, "module load %s\n", modules);
    if (*setup) fprintf(s->out, "%s\n", setup);
}

static void print_program(script *s, const hl_script_job *j, const char *arguments)
{
    hl_shell_word(s->out, j->program);
    fputs(arguments, s->out);
}

static hl_status finish(char path[PATH_MAX], script *s, const hl_script_job *j, const char *name)
{
    fclose(s->out);
    hl_path(path, "%s/slurm/%s.sbatch", j->dir, name);
    hl_status status = hl_atomic_write(path, s->text, s->n);
    free(s->text);
    return status;
}

/* ---- the jobs */

static void begin_runs(script *s, const hl_script_job *j, const hl_script_shape *shape)
{
    const char *time = j->site->value[HL_SITE_TIME];
    begin(s, j, shape->name, shape->nodes, shape->runs ? "%A_%a" : "%j");
    fprintf(s->out, "#SBATCH --exclusive\n");
    print_value(s->out, "time", *time ? time : "00:30:00");
    if (shape->runs) fprintf(s->out, "#SBATCH --array=0-%d\n", shape->runs - 1);
    print_options(s->out, j->site->value[HL_SITE_SBATCH]);
    prepare_shell(s, j->site);
}

/* exec, so that signals of Slurm reach the program. */
static void print_study(script *s, const hl_script_job *j)
{
    fputs("exec ", s->out);
    print_program(s, j, " study ");
    char file[PATH_MAX];
    hl_path(file, "%s/study.yaml", j->dir);
    hl_shell_word(s->out, file);
    fputs(" --local --resume --dir ", s->out);
    hl_shell_word(s->out, j->dir);
}

hl_status hl_script_array(char path[PATH_MAX], const hl_script_job *j, const hl_script_shape *shape)
{
    script s;
    char list[PATH_MAX];
    hl_path(list, "%s/slurm/%s.runs", j->dir, shape->name);
    begin_runs(&s, j, shape);
    fputs("run=$(sed -n \"$((SLURM_ARRAY_TASK_ID + 1))p\" ", s.out);
    hl_shell_word(s.out, list);
    fputs(")\n", s.out);
    print_study(&s, j);
    fputs(" --only \"$run\"\n", s.out);
    return finish(path, &s, j, shape->name);
}

hl_status hl_script_whole(char path[PATH_MAX], const hl_script_job *j, const hl_script_shape *shape)
{
    script s;
    begin_runs(&s, j, shape);
    print_study(&s, j);
    fputc('\n', s.out);
    return finish(path, &s, j, shape->name);
}

static void begin_alone(script *s, const hl_script_job *j, const char *name, const char *time)
{
    char log[100];
    snprintf(log, sizeof log, "%.80s-%%j", name);
    begin(s, j, name, 1, log);
    fputs("#SBATCH --ntasks=1\n", s->out);
    print_value(s->out, "time", time);
    print_options(s->out, j->site->value[HL_SITE_SBATCH]);
    prepare_shell(s, j->site);
}

static void print_line(script *s, const hl_script_job *j, const char *command, const hl_names *arguments)
{
    print_program(s, j, command);
    for (int k = 0; k < arguments->n; k++) {
        fputc(' ', s->out);
        hl_shell_word(s->out, arguments->at[k]);
    }
    fputc('\n', s->out);
}

hl_status hl_script_prepare(char path[PATH_MAX], const hl_script_job *j, const char *name,
                            const hl_point *const *points, int n)
{
    script s;
    begin_alone(&s, j, name, j->site->value[HL_SITE_TIME]);
    for (int i = 0; i < n; i++) {
        const hl_point *p = points[i];
        hl_names synth = {0};
        if (p->world) {
            hl_grown_arguments(&synth, p->base_world, p->world, p->times);
            print_line(&s, j, "", &synth);
        }
        hl_names_free(&synth);
        print_line(&s, j, " prepare", &p->arguments);
    }
    return finish(path, &s, j, name);
}

hl_status hl_script_report(char path[PATH_MAX], const hl_script_job *j, const char *name)
{
    script s;
    begin_alone(&s, j, name, "00:10:00");
    fputs("exec ", s.out);
    print_program(&s, j, " study report ");
    hl_shell_word(s.out, j->dir);
    fputc('\n', s.out);
    return finish(path, &s, j, name);
}
