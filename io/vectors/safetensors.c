/* safetensors.c - vectors as a safetensors file.
 *
 *     vectors             F32 (n, D)
 *     id                  U8 (bytes)      the ids, one behind the other
 *     id_begin            I64 (n + 1)     where each begins
 *     text_digest, ...    U64 (n)
 *
 * kind and model are among the metadata. */
#include "base/digest.h"
#include "io/files/positioned.h"
#include "io/files/regular.h"
#include "io/files/remedy.h"
#include "io/vectors/vectors.h"
#include "io/weights/safetensors-layout.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { VECTORS, ID, ID_BEGIN, DIGEST, ENTRIES, HEAD = 4096 };
static const char MEMORY[] = "a file in memory";

static json_t *metadata_of(const hl_vectors *v)
{
    char digest[17];
    hl_digest_text(digest, v->model);
    return json_pack("{ss ss ss}", "format", "pt", "kind", v->kind, "model", digest);
}

static hl_status write_all(int fd, const hl_vectors *v, const hl_safetensors_entry *e, const char *head, size_t bytes)
{
    HL_TRY(hl_positioned_write(fd, MEMORY, head, bytes, 0));
    HL_TRY(hl_positioned_write(fd, MEMORY, v->id, (size_t)hl_vectors_id_bytes(v), e[ID].at));
    HL_TRY(hl_positioned_write(fd, MEMORY, v->id_begin, (size_t)(v->rows + 1) * sizeof *v->id_begin, e[ID_BEGIN].at));
    return hl_positioned_write(fd, MEMORY, v->digest, (size_t)v->rows * sizeof *v->digest, e[DIGEST].at);
}

static hl_status lay_out(int fd, const hl_vectors *v, int64_t *at)
{
    hl_safetensors_entry e[ENTRIES] = {{"vectors", "F32", 2, {v->rows, v->D}, 0},
                                       {"id", "U8", 1, {hl_vectors_id_bytes(v)}, 0},
                                       {"id_begin", "I64", 1, {v->rows + 1}, 0},
                                       {v->digest_name, "U64", 1, {v->rows}, 0}};
    json_t *metadata = metadata_of(v);
    char *head;
    size_t bytes;
    const int64_t size = hl_safetensors_lay_out(e, ENTRIES, metadata, &head, &bytes);
    json_decref(metadata);
    *at = e[VECTORS].at;
    hl_status s = ftruncate(fd, size) == 0 ? HL_OK : hl_remedy_fail(MEMORY, "be made as long", errno);
    if (s == HL_OK) s = write_all(fd, v, e, head, bytes);
    free(head);
    return s;
}

/* ---- a file that is there */

/* Its header says so, near the beginning. */
static bool says(const char *head, const char *key, const char *value)
{
    char wanted[80];
    snprintf(wanted, sizeof wanted, "\"%s\":\"%s\"", key, value);
    return strstr(head, wanted) != NULL;
}

static bool is_of(const char *path, const hl_vectors *v)
{
    char digest[17], head[HEAD + 1];
    FILE *in;
    if (!hl_regular_is(path) || hl_regular_stream(&in, path, HL_EFORMAT, "") != HL_OK) return false;
    const size_t n = fread(head, 1, HEAD, in);
    fclose(in);
    head[n] = 0;
    hl_digest_text(digest, v->model);
    return n > 8 && says(head + 8, "kind", v->kind) && says(head + 8, "model", digest);
}

static void release(void *held) { hl_state_dict_close(held); }

static bool find(hl_vectors_there *t, const char *path, const char *beside, const hl_vectors *v)
{
    hl_state_dict *s = NULL;
    const hl_state_tensor *x = NULL, *d = NULL;
    (void)beside;
    if (!is_of(path, v)) return false;
    if (hl_state_dict_open(&s, path) == HL_OK)
        x = hl_state_dict_find(s, "vectors"), d = hl_state_dict_find(s, v->digest_name);
    const bool fits = x && d && x->ndim == 2 && x->shape[1] == v->D && strcmp(x->dtype, "F32") == 0
                      && strcmp(d->dtype, "U64") == 0 && d->count == (size_t)x->shape[0];
    if (fits) *t = (hl_vectors_there){x->bytes, d->bytes, sizeof *v->digest, x->shape[0], s, release};
    else hl_state_dict_close(s);
    return fits;
}

const hl_vectors_form hl_vectors_safetensors = {
    .name = "safetensors", .ending = {".safetensors", NULL}, .lay_out = lay_out, .find = find};
