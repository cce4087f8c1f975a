/* ledger-read.c - ledger.jsonl read back, a step at a time. */
#include "io/record/ledger-read.h"
#include "base/arena.h"
#include "base/array.h"
#include "io/record/record.h"
#include "io/files/regular.h"
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct hl_ledger_reader {
    char *path, *text; /* of the file; of the line that is being read */
    size_t room;
    FILE *in;
    int number;         /* of the line */
    json_t *run, *json; /* the last run line, and the line itself */
    hl_ledger_line line;
    size_t tensors; /* that line.tensor has room for */
};

static bool is_folder(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

hl_status hl_ledger_reader_open(hl_ledger_reader **out, const char *path)
{
    char file[PATH_MAX];
    hl_ledger_reader *r = *out = hl_alloc_zero(1, sizeof *r);
    snprintf(file, sizeof file, is_folder(path) ? "%.4000s/ledger.jsonl" : "%.4000s", path);
    r->path = hl_alloc_text(file);
    return hl_regular_stream(&r->in, file, HL_EFORMAT, "name a run folder of a training with ledger: on");
}

void hl_ledger_reader_close(hl_ledger_reader *r)
{
    if (!r) return;
    if (r->in) fclose(r->in);
    json_decref(r->json);
    json_decref(r->run);
    free(r->line.tensor);
    free(r->text);
    free(r->path);
    free(r);
}

json_t *hl_ledger_reader_run(const hl_ledger_reader *r) { return r->run; }

static hl_status strange(const hl_ledger_reader *r, const char *why)
{
    return HL_FAIL(HL_EFORMAT, "%s: line %d %s; this is not the ledger of a run", r->path, r->number, why);
}

static bool read_digest(uint64_t *digest, const json_t *text)
{
    const char *s = json_string_value(text);
    if (!s || strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16) return false;
    *digest = strtoull(s, NULL, 16);
    return true;
}

/* null is what is not finite. */
static bool read_number(double *x, const json_t *number)
{
    *x = json_is_null(number) ? NAN : json_number_value(number);
    return json_is_null(number) || json_is_number(number);
}

static bool read_sketch(hl_sketch *s, const json_t *list)
{
    bool good = json_array_size(list) == 2 + HL_PROJECTIONS && read_digest(&s->digest, json_array_get(list, 0))
                && read_number(&s->norm, json_array_get(list, 1));
    for (size_t j = 0; good && j < HL_PROJECTIONS; j++)
        good = read_number(&s->projection[j], json_array_get(list, 2 + j));
    return good;
}

static bool read_tensors(hl_ledger_line *l, json_t *tensors)
{
    const char *name;
    json_t *both;
    l->n = 0;
    json_object_foreach(tensors, name, both)
    {
        hl_ledger_tensor *t = &l->tensor[l->n++];
        t->name = name;
        if (!read_sketch(&t->gradient, json_object_get(both, "gradient"))
            || !read_sketch(&t->weight, json_object_get(both, "weight")))
            return false;
    }
    return l->n > 0;
}

static hl_status read_line(hl_ledger_reader *r)
{
    json_t *o = r->json, *step = json_object_get(o, "step"), *tensors = json_object_get(o, "tensors");
    hl_ledger_line *l = &r->line;
    int64_t before = l->step;
    HL_RESERVE(l->tensor, r->tensors, json_object_size(tensors));
    l->step = json_integer_value(step);
    if (l->step <= before) return strange(r, "is not of a later step than the one before");
    bool good = json_is_integer(step) && read_number(&l->loss, json_object_get(o, "loss"))
                && read_digest(&l->loss_bits, json_object_get(o, "loss_bits"))
                && read_digest(&l->gradients, json_object_get(o, "gradients"))
                && read_digest(&l->weights, json_object_get(o, "weights")) && read_tensors(l, tensors);
    return good ? HL_OK : strange(r, "lacks what a step leaves");
}

static bool is_kind(const json_t *line, const char *kind)
{
    const char *is = json_string_value(json_object_get(line, "kind"));
    return is && strcmp(is, kind) == 0;
}

/* A line into r->json; NULL at the end. */
static hl_status take_line(hl_ledger_reader *r)
{
    json_decref(r->json);
    r->json = NULL;
    ssize_t n = getline(&r->text, &r->room, r->in);
    if (n <= 0 || r->text[n - 1] != '\n') return HL_OK;
    r->number++;
    r->json = json_loadb(r->text, (size_t)n, 0, NULL);
    return json_is_object(r->json) ? HL_OK : strange(r, "is not a JSON object");
}

static hl_status take_run(hl_ledger_reader *r)
{
    json_decref(r->run);
    r->run = json_incref(r->json);
    json_int_t schema = json_integer_value(json_object_get(r->run, "schema"));
    if (schema == HL_RECORD_SCHEMA) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: line %d: written in schema %d, this program reads %d; use the version that wrote it", r->path,
                   r->number, (int)schema, HL_RECORD_SCHEMA);
}

hl_status hl_ledger_reader_next(const hl_ledger_line **line, hl_ledger_reader *r)
{
    *line = NULL;
    for (;;) {
        HL_TRY(take_line(r));
        if (!r->json) return HL_OK;
        if (is_kind(r->json, "ledger")) break;
        if (!is_kind(r->json, "run")) return strange(r, "is neither a run nor a step");
        HL_TRY(take_run(r));
    }
    HL_TRY(read_line(r));
    *line = &r->line;
    return HL_OK;
}

const hl_ledger_tensor *hl_ledger_line_find(const hl_ledger_line *l, const char *name, int k)
{
    if (k < l->n && strcmp(l->tensor[k].name, name) == 0) return &l->tensor[k];
    for (k = 0; k < l->n; k++)
        if (strcmp(l->tensor[k].name, name) == 0) return &l->tensor[k];
    return NULL;
}
