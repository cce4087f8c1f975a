/* record.c - metrics.jsonl and ledger.jsonl: what a run tells machines, one JSON object a line. */
#include "io/record/record.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/digest.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct hl_record {
    char *path;
    int fd;
    off_t end;     /* bytes of whole lines */
    int64_t steps; /* lines of steps that it had when it was opened */
    hl_survey_lines mark;
    json_t *line; /* that is being made */
    char *kept;   /* lines that the disk has not taken */
    size_t n_kept, kept_room;
    bool is_gone; /* the path names another file by now, or none, and that was said */
};

/* ---- going on in an old file ---- */

static hl_status cut(hl_record *r, const hl_survey *s)
{
    struct stat st;
    if (fstat(r->fd, &st) == 0 && st.st_size == s->keep) return HL_OK;
    hl_log(HL_INFO, "%s: dropped what came after the step that the run goes on from", r->path);
    if (ftruncate(r->fd, s->keep) == 0) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot shorten: %s; see who may write it, or move it away", r->path,
                   strerror(errno));
}

static hl_status open_file(hl_record *r)
{
    struct stat st;
    r->fd = open(r->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (r->fd < 0)
        return HL_FAIL(HL_ESTORE, "%s: cannot open for writing: %s; name a folder that can be written", r->path,
                       strerror(errno));
    if (fstat(r->fd, &st) != 0 || !S_ISREG(st.st_mode))
        return HL_FAIL(HL_ESTORE, "%s: not a file; move it away", r->path);
    return HL_OK;
}

/* Lines of later steps stand among those that stay, which no run leaves: the file is written anew without these. */
static hl_status sift(hl_record *r, const hl_survey *s, int64_t after, const char *redo)
{
    char *copy = hl_alloc(strlen(r->path) + 5);
    sprintf(copy, "%s.new", r->path);
    hl_log(HL_WARN, "%s: is damaged: it has lines of later steps than lines behind them; they are dropped: %d", r->path,
           s->between);
    close(r->fd);
    hl_status status = hl_survey_copy(r->path, copy, after, redo);
    if (status == HL_OK) status = hl_atomic_move(copy, r->path);
    if (status != HL_OK) unlink(copy);
    free(copy);
    return status == HL_OK ? open_file(r) : status;
}

static hl_status go_on(hl_record *r, int64_t after, const char *redo)
{
    struct stat st;
    FILE *f;
    HL_TRY(hl_regular_stream(&f, r->path, HL_ESTORE, "move it away"));
    hl_survey s = hl_survey_take(f, NULL, after, redo);
    fclose(f);
    if (s.strange)
        return HL_FAIL(HL_EFORMAT, "%s: line %d is not a JSON object; this is not the record of a run, so move it away",
                       r->path, s.lines);
    r->steps = s.steps;
    r->mark = s.mark;
    r->end = s.keep;
    if (!s.between) return cut(r, &s);
    HL_TRY(sift(r, &s, after, redo));
    r->end = fstat(r->fd, &st) == 0 ? st.st_size : 0;
    return HL_OK;
}

hl_status hl_record_open(hl_record **out, const char *path, int64_t after, const char *redo)
{
    hl_record *r = *out = hl_alloc_zero(1, sizeof *r);
    r->path = hl_alloc_text(path);
    HL_TRY(open_file(r));
    return go_on(r, after, redo);
}

bool hl_record_tell_missing(const hl_record *r, int64_t steps)
{
    if (!r || r->steps >= steps) return false;
    hl_log(HL_WARN,
           "%s: has lines of %lld of the %lld steps before the one that the run goes on from; the others were lost and "
           "are not made again",
           r->path, (long long)r->steps, (long long)steps);
    return true;
}

hl_survey_lines hl_record_marked(const hl_record *r) { return r ? r->mark : (hl_survey_lines){0}; }

bool hl_record_tell_changed(const hl_record *r, hl_survey_lines was)
{
    FILE *f;
    if (!r || was.lines <= 0 || hl_regular_stream(&f, r->path, HL_ESTORE, "move it away") != HL_OK) return false;
    const hl_survey_lines is = hl_survey_mark_first(f, was.lines);
    fclose(f);
    if (is.lines == was.lines && is.digest == was.digest) return false;
    hl_log(HL_WARN,
           "%s: its first %lld lines are not as this run wrote them: they were changed since, or some are gone, so do "
           "not trust figures in them; what is computed does not depend on it",
           r->path, (long long)was.lines);
    return true;
}

void hl_record_close(hl_record *r)
{
    if (!r) return;
    if (r->fd >= 0) close(r->fd);
    json_decref(r->line);
    free(r->kept);
    free(r->path);
    free(r);
}

/* ---- a line ---- */

void hl_record_begin(hl_record *r, const char *kind)
{
    if (!r) return;
    HL_CHECK(!r->line);
    r->line = json_object();
    hl_record_text(r, "kind", kind);
}

/* What JSON has no word for is null. */
static void set(hl_record *r, const char *key, json_t *value)
{
    HL_CHECK(r->line);
    json_object_set_new(r->line, key, value ? value : json_null());
}

void hl_record_int(hl_record *r, const char *key, int64_t x)
{
    if (r) set(r, key, json_integer((json_int_t)x));
}

void hl_record_number(hl_record *r, const char *key, double x)
{
    if (r) set(r, key, json_real(x));
}

void hl_record_text(hl_record *r, const char *key, const char *x)
{
    if (r) set(r, key, json_string(x));
}

void hl_record_digest(hl_record *r, const char *key, uint64_t x)
{
    char text[17];
    hl_digest_text(text, x);
    hl_record_text(r, key, text);
}

static void append_number(json_t *list, double x)
{
    json_array_append_new(list, isfinite(x) ? json_real(x) : json_null());
}

/* The object at a key, made where it is not there yet. */
static json_t *object_at(json_t *o, const char *key)
{
    if (!json_object_get(o, key)) json_object_set_new(o, key, json_object());
    return json_object_get(o, key);
}

void hl_record_spread(hl_record *r, const char *what, const char *name, double min, double mean, double max, int rank)
{
    if (!r) return;
    HL_CHECK(r->line);
    json_t *list = json_array();
    append_number(list, min);
    append_number(list, mean);
    append_number(list, max);
    json_array_append_new(list, json_integer(rank));
    json_object_set_new(object_at(r->line, what), name, list);
}

void hl_record_phase(hl_record *r, const char *name, double min, double mean, double max, int rank)
{
    hl_record_spread(r, "phases", name, min, mean, max, rank);
}

void hl_record_part(hl_record *r, const char *what, const char *name, double x)
{
    if (!r) return;
    HL_CHECK(r->line);
    json_t *value = json_real(x);
    json_object_set_new(object_at(r->line, what), name, value ? value : json_null());
}

void hl_record_value(hl_record *r, const char *key, const json_t *x)
{
    if (!r) return;
    HL_CHECK(r->line);
    json_object_set(r->line, key, (json_t *)(uintptr_t)x);
}

void hl_record_sketch(hl_record *r, const char *tensor, const char *what, const hl_sketch *x)
{
    char digest[17];
    if (!r) return;
    HL_CHECK(r->line);
    json_t *list = json_array();
    hl_digest_text(digest, x->digest);
    json_array_append_new(list, json_string(digest));
    append_number(list, x->norm);
    for (int j = 0; j < HL_PROJECTIONS; j++) append_number(list, x->projection[j]);
    json_object_set_new(object_at(object_at(r->line, "tensors"), tensor), what, list);
}

static void mark_lines(hl_survey_lines *m, const char *text, size_t n)
{
    for (const char *end = text + n, *next; text < end; text = next) {
        next = (const char *)memchr(text, '\n', (size_t)(end - text)) + 1;
        hl_survey_mark(m, text, (size_t)(next - text));
    }
}

/* Part of a line is none: it goes again. */
static hl_status write_lines(hl_record *r, const char *text, size_t n)
{
    const char *why = "no space or a limit";
    const int fault = hl_fault_errno("record-write", HL_FAULT_ME);
    ssize_t done = fault > 0 ? -1 : write(r->fd, text, fault ? n / 2 : n);
    if (fault > 0) errno = fault;
    if (done == (ssize_t)n) {
        r->end += done;
        mark_lines(&r->mark, text, n);
        return HL_OK;
    }
    if (done < 0) why = strerror(errno);
    if (ftruncate(r->fd, r->end) != 0) hl_log(HL_WARN, "%s: its last line is torn", r->path);
    return HL_FAIL(HL_ESTORE, "%s: cannot write: %s; make space there", r->path, why);
}

/* Those that were kept come first. */
static hl_status write_kept(hl_record *r)
{
    if (r->n_kept) HL_TRY(write_lines(r, r->kept, r->n_kept));
    r->n_kept = 0;
    return HL_OK;
}

hl_status hl_record_end(hl_record *r)
{
    if (!r) return HL_OK;
    HL_CHECK(r->line);
    char *text = json_dumps(r->line, JSON_COMPACT);
    json_decref(r->line);
    r->line = NULL;
    HL_CHECK(text);
    const size_t n = strlen(text) + 1;
    text[n - 1] = '\n'; /* in place of the 0 */
    HL_RESERVE(r->kept, r->kept_room, r->n_kept + n);
    memcpy(r->kept + r->n_kept, text, n);
    r->n_kept += n;
    free(text);
    return write_kept(r);
}

/* Lines go on into the file that was opened, wherever it is by now. */
static void tell_gone(hl_record *r)
{
    struct stat mine, there;
    if (r->is_gone || fstat(r->fd, &mine) != 0) return;
    const bool is_there = stat(r->path, &there) == 0;
    if (is_there ? mine.st_dev == there.st_dev && mine.st_ino == there.st_ino : errno != ENOENT) return;
    r->is_gone = true;
    hl_log(HL_WARN,
           "%s: was removed or replaced while this run writes it; lines go on where it was moved to, or are lost, and "
           "checkpoints go to the folder of this name: leave run folders alone until their job ends",
           r->path);
}

hl_status hl_record_sync(hl_record *r)
{
    if (!r) return HL_OK;
    tell_gone(r);
    HL_TRY(write_kept(r));
    if (hl_atomic_flush(r->fd) == 0) return HL_OK;
    return HL_FAIL(HL_ESTORE, "%s: cannot flush: %s; see what the disk says", r->path, strerror(errno));
}

/* ---- the first line ---- */

static void put_time(hl_record *r)
{
    char text[32];
    time_t now = time(NULL);
    struct tm utc;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    hl_record_text(r, "time", text);
}

hl_status hl_record_run(hl_record *r, const hl_record_facts *f)
{
    if (!r) return HL_OK;
    hl_record_begin(r, "run");
    hl_record_int(r, "schema", HL_RECORD_SCHEMA);
    hl_record_int(r, "step", f->step);
    put_time(r);
    hl_record_text(r, "version", f->version);
    hl_record_text(r, "commit", f->commit);
    hl_record_text(r, "compiler", f->compiler);
    hl_record_text(r, "flags", f->flags);
    hl_record_text(r, "math", f->math);
    hl_record_text(r, "kernels", f->kernels);
    hl_record_text(r, "mpi", f->mpi);
    hl_record_int(r, "nodes", f->nodes);
    hl_record_int(r, "ranks", f->ranks);
    hl_record_int(r, "threads", f->threads);
    hl_record_int(r, "cores", f->cores);
    hl_record_int(r, "cores_least", f->cores_least);
    hl_record_int(r, "cores_most", f->cores_most);
    hl_record_text(r, "layout", f->layout);
    hl_record_int(r, "activation_budget", f->activation_budget);
    hl_record_digest(r, "config_digest", f->config);
    hl_record_digest(r, "data_digest", f->data);
    hl_record_digest(r, "weights_digest", f->weights);
    if (f->item_model && *f->item_model) {
        hl_record_text(r, "item_cache_model", f->item_model);
        hl_record_digest(r, "item_cache_vectors", f->item_vectors);
    }
    return hl_record_end(r);
}
