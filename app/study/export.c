/* export.c - the study in the words of other benchmark tools: JUBE (Juelich), ReFrame (CSCS). */
#include "app/study/export.h"
#include "base/alloc.h"
#include "base/path.h"
#include "app/config/quote.h"
#include "app/study/run-command.h"
#include "app/study/program.h"
#include "app/study/shell.h"
#include "app/study/snapshot.h"
#include "app/study/study-record.h"
#include "io/files/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *const hl_export_name[HL_EXPORTS] = {[HL_EXPORT_JUBE] = "jube", [HL_EXPORT_REFRAME] = "reframe"};

/* What the writers need. */
typedef struct {
    const hl_study *study;
    const hl_points *points;
    const char *dir, *program, *here; /* from the root on; here: where paths of the configuration begin */
} source;

/* Words as a shell reads them, joined by blanks. */
static char *words(const char *const *word, int n)
{
    char *text = NULL;
    size_t size;
    FILE *out = hl_alloc_stream(&text, &size);
    for (int i = 0; i < n; i++) {
        if (i) fputc(' ', out);
        hl_shell_word(out, word[i]);
    }
    fclose(out);
    return text;
}

/* ---- JUBE */

/* Values of a parameter, in the order of the points; JUBE parts them at the separator. */
static void print_parameter(FILE *out, const source *x, const char *name, const char *(*of)(const hl_point *p))
{
    fprintf(out, "    - {name: %s, mode: python, separator: \"|||\", _: ", name);
    char *list = NULL;
    size_t n;
    FILE *to = hl_alloc_stream(&list, &n);
    fputc('[', to);
    for (int i = 0; i < x->points->n; i++) {
        if (i) fputs(", ", to);
        hl_quote(of(&x->points->at[i]), to);
    }
    fputs("][$number]", to);
    fclose(to);
    hl_quote(list, out);
    fputs("}\n", out);
    free(list);
}

static const char *folder_of(const hl_point *p) { return p->folder; }

static const char *name_of(const hl_point *p) { return p->name; }

static void write_jube(FILE *out, const source *x)
{
    char file[PATH_MAX];
    hl_path(file, "%s/study.yaml", x->dir);
    const char *const study[] = {x->program, "study", file, "--local", "--resume", "--dir", x->dir, "--only"};
    char *start = words(study, sizeof study / sizeof study[0]), *where = words(&x->dir, 1), *here = words(&x->here, 1);
    fputs("# Written by hllm study export --jube.  jube run jube.yaml; jube result jube --analyse\nname: ", out);
    hl_quote(x->study->name, out);
    fputs("\noutpath: jube\nparameterset:\n  name: points\n  parameter:\n    - {name: number, type: int, _: \"", out);
    for (int i = 0; i < x->points->n; i++) fprintf(out, "%s%d", i ? "," : "", i);
    fputs("\"}\n", out);
    print_parameter(out, x, "folder", folder_of);
    print_parameter(out, x, "point", name_of);
    fprintf(out, "step:\n  name: run\n  use: points\n  iterations: %d\n  do:\n    - ", x->study->repetitions);
    char *text = NULL;
    size_t n;
    FILE *to = hl_alloc_stream(&text, &n);
    fprintf(to, "cd %s && %s $folder/$((1 + $jube_wp_iteration))", here, start);
    fclose(to);
    hl_quote(text, out);
    free(text);
    to = hl_alloc_stream(&text, &n);
    fprintf(to, "cp %s/$folder/$((1 + $jube_wp_iteration))/result.json .", where);
    fclose(to);
    fputs("\n    - ", out);
    hl_quote(text, out);
    free(text);
    fputs("\npatternset:\n  name: figures\n  pattern:\n"
          "    - {name: seconds, type: float, _: '\"seconds\": $jube_pat_fp'}\n"
          "    - {name: users_per_second, type: float, _: '\"users_per_second\": $jube_pat_fp'}\n"
          "    - {name: step_gflops, type: float, _: '\"step_gflops\": $jube_pat_fp'}\n"
          "analyser:\n  name: read\n  analyse:\n    step: run\n    file: {use: figures, _: result.json}\n"
          "result:\n  use: read\n  table:\n    name: result\n    style: csv\n    column: [point, seconds, "
          "users_per_second, "
          "step_gflops]\n",
          out);
    free(start);
    free(where);
    free(here);
}

/* ---- ReFrame */

static void print_point(FILE *out, const source *x, const hl_point *p)
{
    hl_names list = {0};
    hl_run_stages[HL_TASK_STEPS]->arguments(&list, &(hl_run_of){x->study, p, "", 1});
    fputs("    ", out);
    hl_quote(p->name, out);
    fprintf(out, ": (%d, %d, %d, [", p->ranks, p->nodes ? p->ranks_per_node : 0, p->threads);
    for (int i = 0; i < list.n; i++) {
        char *word = words((const char *const *)&list.at[i], 1);
        if (i) fputs(", ", out);
        hl_quote(word, out);
        free(word);
    }
    fputs("]),\n", out);
    hl_names_free(&list);
}

static void write_reframe(FILE *out, const source *x)
{
    fputs("# Written by hllm study export --reframe.  reframe -c reframe.py -r --performance-report\n"
          "import reframe as rfm\nimport reframe.utility.sanity as sn\n\n"
          "# tasks, tasks a node (0: any), threads of a task, arguments\nPOINTS = {\n",
          out);
    for (int i = 0; i < x->points->n; i++) print_point(out, x, &x->points->at[i]);
    fputs("}\n\n\n@rfm.simple_test\nclass HllmStudy(rfm.RunOnlyRegressionTest):\n    point = parameter(list(POINTS))\n",
          out);
    fprintf(out, "    repetition = parameter(range(1, %d))\n", x->study->repetitions + 1);
    fputs("    valid_systems = ['*']\n    valid_prog_environs = ['*']\n    exclusive_access = True\n    executable = ",
          out);
    char *program = words(&x->program, 1);
    hl_quote(program, out);
    free(program);
    char *here = words(&x->here, 1), *cd = NULL;
    size_t n;
    FILE *to = hl_alloc_stream(&cd, &n);
    fprintf(to, "cd %s", here);
    fclose(to);
    fputs("\n    prerun_cmds = [", out);
    hl_quote(cd, out);
    fputc(']', out);
    free(here);
    free(cd);
    fputs("\n\n    @run_after('init')\n    def spread(self):\n"
          "        tasks, of_node, threads, arguments = POINTS[self.point]\n"
          "        self.num_tasks = tasks\n"
          "        self.num_tasks_per_node = of_node or None\n"
          "        self.num_cpus_per_task = threads\n"
          "        self.executable_opts = arguments\n"
          "        self.env_vars = {'OMP_NUM_THREADS': threads}\n\n"
          "    @sanity_function\n    def has_ranks(self):\n"
          "        ranks = sn.extractsingle(r'\"ranks\": (\\d+)', self.stdout, 1, int)\n"
          "        return sn.assert_eq(ranks, self.num_tasks)\n\n"
          "    @performance_function('s')\n    def seconds(self):\n"
          "        return sn.extractsingle(r'\"seconds\": (\\S+),', self.stdout, 1, float)\n\n"
          "    @performance_function('users/s')\n    def users_per_second(self):\n"
          "        return sn.extractsingle(r'\"users_per_second\": (\\S+),', self.stdout, 1, float)\n",
          out);
}

/* ---- the file */

static const struct {
    const char *file;
    void (*write)(FILE *out, const source *x);
} exports[HL_EXPORTS] = {
    [HL_EXPORT_JUBE] = {"jube.yaml", write_jube}, [HL_EXPORT_REFRAME] = {"reframe.py", write_reframe}};

hl_status hl_export_write(hl_export to, const hl_study *s, const hl_points *p, const char *dir)
{
    char whole[PATH_MAX], program[PATH_MAX], here[PATH_MAX], path[PATH_MAX], *text = NULL;
    size_t n;
    if (s->task != HL_TASK_STEPS)
        return HL_FAIL(HL_EUSAGE, "%s: only studies of steps are exported; run this one with --local or --submit",
                       s->path);
    HL_TRY(hl_path_check(dir));
    HL_TRY(hl_snapshot_write(s, dir));
    HL_TRY(hl_study_record_write(s, p, dir));
    if (!realpath(dir, whole)) return HL_FAIL(HL_ESTORE, "%s: has no path from the root on", dir);
    if (!getcwd(here, sizeof here)) return HL_FAIL(HL_ESTORE, "the working folder has no path from the root on");
    hl_program_path(program);
    FILE *out = hl_alloc_stream(&text, &n);
    exports[to].write(out, &(source){s, p, whole, program, here});
    fclose(out);
    hl_path(path, "%s/%s", dir, exports[to].file);
    hl_status status = hl_atomic_write(path, text, n);
    free(text);
    return status;
}
