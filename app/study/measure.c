/* measure.c - one run of a point. */
#include "app/study/measure.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/printable.h"
#include "base/process.h"
#include "app/study/child.h"
#include "app/study/run-command.h"
#include "app/study/shell.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/json.h"
#include "io/files/regular.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 24 };

/* ---- files */

void hl_measure_name(char out[HL_MEASURE_NAME], const hl_point *p, int repetition)
{
    const hl_point *of = p->taken ? p->taken : p;
    if (p->is_candidate) snprintf(out, HL_MEASURE_NAME, "%.250s/tune-%lld", p->folder, (long long)p->seed);
    else snprintf(out, HL_MEASURE_NAME, "%.250s/%d", of->folder, repetition);
}

void hl_measure_folder(char out[PATH_MAX], const char *dir, const hl_point *p, int repetition)
{
    char name[HL_MEASURE_NAME];
    hl_measure_name(name, p, repetition);
    hl_path(out, "%s/%s", dir, name);
}

/* What stands in a file of a run; NULL where there is nothing. */
static json_t *read_object(const char *dir, const hl_point *p, int repetition, const char *name)
{
    char folder[PATH_MAX], path[PATH_MAX];
    json_t *o = NULL;
    hl_measure_folder(folder, dir, p, repetition);
    hl_path(path, "%s/%s", folder, name);
    if (hl_path_is_there(folder, name) && hl_json_read(path, MOST_BYTES, &o) == HL_OK) return o;
    json_decref(o);
    return NULL;
}

json_t *hl_measure_result(const char *dir, const hl_point *p, int repetition)
{
    json_t *o = read_object(dir, p, repetition, "result.json");
    if (json_is_number(json_object_get(o, "seconds"))) return o;
    json_decref(o);
    return NULL;
}

char *hl_measure_failure(const char *dir, const hl_point *p, int repetition)
{
    json_t *o = read_object(dir, p, repetition, "failed.json");
    const char *reason = json_string_value(json_object_get(o, "reason"));
    char *copy = reason ? hl_alloc_text(reason) : NULL;
    json_decref(o);
    return copy;
}

bool hl_measure_is_open(const char *dir, const hl_point *p, int repetition)
{
    json_t *result = hl_measure_result(dir, p, repetition);
    char *failure = hl_measure_failure(dir, p, repetition);
    const bool is_open = !result && !failure;
    json_decref(result);
    free(failure);
    return is_open;
}

bool hl_measure_has_failed_in(const char *dir, const hl_point *p, int repetition, const char *job)
{
    json_t *o = read_object(dir, p, repetition, "failed.json");
    const char *its = json_string_value(json_object_get(o, "job"));
    const bool is_it = its && strcmp(its, job) == 0;
    json_decref(o);
    return is_it;
}

/* The job of Slurm that this process is in, as squeue names it; NULL: none. */
static const char *job_here(char out[80])
{
    const char *array = getenv("SLURM_ARRAY_JOB_ID"), *element = getenv("SLURM_ARRAY_TASK_ID"),
               *job = getenv("SLURM_JOB_ID");
    if (!job) return NULL;
    if (array && element) snprintf(out, 80, "%.39s_%.39s", array, element);
    else snprintf(out, 80, "%.79s", job);
    return out;
}

static hl_status write_object(const char *folder, const char *name, const json_t *o)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", folder, name);
    return hl_json_write(path, o, JSON_INDENT(1) | JSON_REAL_PRECISION(9));
}

/* What an earlier start has left: the folder is one run's. */
static hl_status make_empty(const char *folder)
{
    HL_TRY(hl_folder_remove(folder));
    return hl_folder_make(folder);
}

/* ---- the command */

static hl_status write_command(const char *path, const hl_names *c)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    for (int i = 0; i < c->n; i++) {
        if (i) fputc(' ', out);
        hl_shell_word(out, c->at[i]);
    }
    fputc('\n', out);
    fclose(out);
    hl_status s = hl_atomic_write(path, text, n);
    free(text);
    return s;
}

/* ---- why it failed */

static bool begins(const char *line, const char *with) { return strncmp(line, with, strlen(with)) == 0; }

/* A launcher frames what it says by lines of dashes. */
static bool is_frame(const char *line) { return *line && line[strspn(line, "-=")] == '\0'; }

/* The last line that says an error; else the last of ours; else the first in a launcher's frame; else the last. */
static char *telling_line(char *text)
{
    char *error = NULL, *ours = NULL, *framed = NULL, *last = NULL;
    bool is_first = false; /* in a frame */
    for (char *line, *rest = text; (line = strsep(&rest, "\n"));) {
        if (is_frame(line)) is_first = true;
        if (is_frame(line) || !*line) continue;
        if (begins(line, "hllm: error: ")) error = line + strlen("hllm: error: ");
        else if (begins(line, "hllm: ")) ours = line + strlen("hllm: ");
        else if (is_first && !framed) framed = line;
        last = line;
        is_first = false;
    }
    return error ? error : ours ? ours : framed ? framed : last;
}

static hl_status write_failure(const char *folder, int status, const char *reason)
{
    char job[80];
    json_t *text = json_string(reason);
    json_t *o = json_pack("{s:i, s:i, s:o?}", "schema", 1, "status", status, "reason", text);
    HL_CHECK(o != NULL);
    if (!text) json_object_set_new(o, "reason", json_string("what it said is not UTF-8"));
    if (job_here(job)) json_object_set_new(o, "job", json_string(job));
    hl_status s = write_object(folder, "failed.json", o);
    json_decref(o);
    return s;
}

static hl_status note_failure(const char *folder, const hl_run_stage *stage, int status)
{
    char path[PATH_MAX], *text = NULL, ended[60];
    size_t n;
    hl_path(path, "%s/%sstderr", folder, stage->prefix);
    bool is_read = hl_regular_read(path, MOST_BYTES, &text, &n) == HL_OK;
    char *line = is_read ? telling_line(text) : NULL;
    snprintf(ended, sizeof ended, "it ended with status %d and said nothing", status);
    if (line) hl_printable(line);
    hl_status s = write_failure(folder, status, line ? line : ended);
    free(text);
    return s;
}

hl_status hl_measure_note(const char *dir, const hl_point *p, int repetition, const char *reason)
{
    char folder[PATH_MAX];
    hl_measure_folder(folder, dir, p, repetition);
    HL_TRY(hl_folder_make(folder));
    return write_failure(folder, 0, reason);
}

/* ---- what it measured */

/* Figures of the memory's bandwidth, which --quick has not measured in earnest; its best product it has. */
static const char *const left_out[] = {"stream_gbs", "stream_triad_gbs", "optimizer_share"};

/* A launcher may print lines of its own before the object. */
static json_t *find_object(const char *folder)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    json_t *o = NULL;
    hl_path(path, "%s/stdout", folder);
    if (hl_regular_read(path, MOST_BYTES, &text, &n) != HL_OK) return NULL;
    for (const char *at = text; at && !o; at = strchr(at, '\n')) {
        if (*at == '\n') at++;
        if (*at == '{') o = json_loadb(at, n - (size_t)(at - text), JSON_DISABLE_EOF_CHECK, NULL);
    }
    free(text);
    return o;
}

static hl_status write_result(const char *folder, json_t *figures, const hl_point *p, int repetition, double wall)
{
    hl_process me;
    hl_process_find(&me);
    json_t *o = json_pack("{s:i, s:s, s:i, s:s, s:f}", "schema", 1, "point", p->name, "repetition", repetition, "time",
                          me.since, "wall_seconds", wall);
    HL_CHECK(o != NULL);
    for (size_t i = 0; i < sizeof left_out / sizeof left_out[0]; i++) json_object_del(figures, left_out[i]);
    json_object_update(o, figures);
    hl_status s = write_object(folder, "result.json", o);
    json_decref(o);
    return s;
}

/* A launcher that starts N jobs of one rank, or all ranks on one node, measures something else. */
static bool find_mistake(char *sentence, size_t room, const json_t *figures, const hl_point *p)
{
    const int ranks = (int)json_integer_value(json_object_get(figures, "ranks")),
              nodes = (int)json_integer_value(json_object_get(figures, "nodes"));
    const bool has_ranks = ranks == p->ranks, has_nodes = !p->nodes || nodes == p->nodes;
    snprintf(sentence, room, "it measured %d %s, not %d; see launcher in the study file", has_ranks ? nodes : ranks,
             has_ranks ? "nodes" : "ranks", has_ranks ? p->nodes : p->ranks);
    return !has_ranks || !has_nodes;
}

/* Of a training the seconds are those of the whole run. */
static hl_status keep(double *seconds, const char *folder, const hl_study *s, const hl_point *p, int repetition,
                      double wall)
{
    char sentence[200];
    json_t *figures = find_object(folder);
    const bool is_training = s->task == HL_TASK_TRAIN;
    if (figures && is_training) json_object_set_new(figures, "seconds", json_real(wall));
    *seconds = json_number_value(json_object_get(figures, "seconds"));
    const bool is_elsewhere = !is_training && find_mistake(sentence, sizeof sentence, figures, p);
    const char *complaint = !figures || !(*seconds > 0) ? "it printed no figures" : is_elsewhere ? sentence : NULL;
    if (complaint) *seconds = -1;
    const hl_status status =
        complaint ? write_failure(folder, 0, complaint) : write_result(folder, figures, p, repetition, wall);
    json_decref(figures);
    return status;
}

/* ---- a run */

/* Open MPI's launcher refuses root, who is all that there is in a container: who runs this as root has chosen so. */
static void let_launcher_be_root(void)
{
    if (geteuid() != 0) return;
    setenv("OMPI_ALLOW_RUN_AS_ROOT", "1", 0);
    setenv("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1", 0);
}

static hl_status start(int *status, const char *folder, const hl_run_stage *stage, const hl_names *command)
{
    char out[PATH_MAX], err[PATH_MAX], said[PATH_MAX];
    char **argv = hl_alloc((size_t)(command->n + 1) * sizeof *argv);
    memcpy(argv, command->at, (size_t)command->n * sizeof *argv);
    argv[command->n] = NULL;
    hl_path(out, "%s/%sstdout", folder, stage->prefix);
    hl_path(err, "%s/%sstderr", folder, stage->prefix);
    hl_path(said, "%s/%scommand", folder, stage->prefix);
    let_launcher_be_root();
    hl_status s = write_command(said, command);
    if (s == HL_OK) s = hl_child_run(status, argv, out, err);
    if (s == HL_EUSAGE) s = HL_FAIL(HL_EUSAGE, "%.300s; name another launcher in the study file", hl_error_text());
    free(argv);
    return s;
}

/* All programs of the run, until one fails: *failed then; NULL: none. */
static hl_status start_all(const hl_run_stage **failed, int *status, const hl_run_of *r)
{
    *failed = NULL;
    for (const hl_run_stage *stage = hl_run_stages[r->study->task]; stage->prefix && !*failed; stage++) {
        hl_names command = {0};
        hl_run_command(&command, stage, r);
        const hl_status how = start(status, r->folder, stage, &command);
        hl_names_free(&command);
        HL_TRY(how);
        if (*status) *failed = stage;
    }
    return HL_OK;
}

/* A training goes on from where an earlier start has left it. */
static hl_status make_ready(const char *folder, hl_study_task task)
{
    char path[PATH_MAX];
    if (task != HL_TASK_TRAIN || !hl_path_is_there(folder, "run")) return make_empty(folder);
    hl_path(path, "%s/failed.json", folder);
    if (unlink(path) == 0 || errno == ENOENT) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot be removed: %s", path, strerror(errno));
}

hl_status hl_measure_run(double *seconds, const hl_study *s, const hl_point *p, const char *dir, int repetition)
{
    char folder[PATH_MAX];
    const hl_run_stage *failed;
    int status = 0;
    const double began = hl_seconds();
    *seconds = -1;
    hl_measure_folder(folder, dir, p, repetition);
    HL_TRY(make_ready(folder, s->task));
    HL_TRY(start_all(&failed, &status, &(hl_run_of){s, p, folder, repetition}));
    if (failed) return note_failure(folder, failed, status);
    return keep(seconds, folder, s, p, repetition, hl_seconds() - began);
}
