/* zip.c - the entries of a zip file that is mapped.
 *
 * libzip does not tell where the bytes of an entry lie.  It reads through a source of ours, which is the map; so the
 * first byte of an entry is asked for, and the source notes where libzip has taken it. */
#include "io/files/zip.h"
#include "base/alloc.h"
#include "base/minmax.h"
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

typedef struct {
    const char *map;
    size_t size;
    zip_int64_t at, taken_at; /* where the next byte is; where the last ones began */
    zip_error_t error;
} source;

typedef struct {
    zip_stat_t stat;
    const char *bytes; /* NULL: not looked for yet */
    char *inflated;
} entry;

struct hl_zip {
    const char *path;
    source source;
    zip_t *zip;
    entry *entry;
    int n, compressed;
};

/* ---- what libzip reads from */

static zip_int64_t take(source *s, void *out, zip_uint64_t n)
{
    const zip_uint64_t some = hl_min(n, s->size - (zip_uint64_t)s->at);
    memcpy(out, s->map + s->at, some);
    s->taken_at = s->at;
    s->at += (zip_int64_t)some;
    return (zip_int64_t)some;
}

static zip_int64_t seek(source *s, void *data, zip_uint64_t n)
{
    const zip_int64_t to = zip_source_seek_compute_offset((zip_uint64_t)s->at, s->size, data, n, &s->error);
    if (to < 0) return -1;
    s->at = to;
    return 0;
}

static zip_int64_t measure(const source *s, zip_stat_t *st)
{
    zip_stat_init(st);
    st->size = s->size;
    st->valid = ZIP_STAT_SIZE;
    return sizeof *st;
}

static zip_int64_t serve(void *self, void *data, zip_uint64_t n, zip_source_cmd_t what)
{
    source *s = self;
    switch (what) {
    case ZIP_SOURCE_OPEN: s->at = 0; return 0;
    case ZIP_SOURCE_READ: return take(s, data, n);
    case ZIP_SOURCE_SEEK: return seek(s, data, n);
    case ZIP_SOURCE_TELL: return s->at;
    case ZIP_SOURCE_STAT: return measure(s, data);
    case ZIP_SOURCE_ERROR: return zip_error_to_data(&s->error, data, n);
    case ZIP_SOURCE_CLOSE:
    case ZIP_SOURCE_FREE: return 0;
    case ZIP_SOURCE_SUPPORTS: return ZIP_SOURCE_SUPPORTS_SEEKABLE;
    default: zip_error_set(&s->error, ZIP_ER_OPNOTSUPP, 0); return -1;
    }
}

/* ---- the directory */

static hl_status trouble(const hl_zip *z, const char *what, const char *why)
{
    return HL_FAIL(HL_EFORMAT, "%s: %.100s: %s; get the file again", z->path, what, why);
}

static hl_status open_archive(hl_zip *z)
{
    zip_error_t *e = &z->source.error;
    zip_source_t *s = zip_source_function_create(serve, &z->source, e);
    if (s) z->zip = zip_open_from_source(s, ZIP_RDONLY, e);
    if (z->zip) return HL_OK;
    const hl_status status = trouble(z, "its directory of entries (zip) cannot be read", zip_error_strerror(e));
    zip_source_free(s);
    return status;
}

static hl_status look_at(hl_zip *z, entry *e, int i)
{
    const zip_uint64_t wanted =
        ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD | ZIP_STAT_ENCRYPTION_METHOD;
    if (zip_stat_index(z->zip, (zip_uint64_t)i, ZIP_FL_ENC_RAW, &e->stat) != 0 || (e->stat.valid & wanted) != wanted)
        return trouble(z, "an entry of its directory cannot be read", zip_strerror(z->zip));
    if (e->stat.encryption_method != ZIP_EM_NONE)
        return HL_FAIL(HL_EFORMAT, "%s: %.100s is encrypted; decrypt the file", z->path, e->stat.name);
    if (e->stat.comp_size > z->source.size)
        return trouble(z, e->stat.name, "is said to be larger than the file, which may have been cut off");
    z->compressed += e->stat.comp_method != ZIP_CM_STORE;
    return HL_OK;
}

hl_status hl_zip_open(hl_zip **out, const char *path, const char *map, size_t size)
{
    hl_zip *z = *out = hl_alloc_zero(1, sizeof *z);
    z->path = path;
    z->source = (source){.map = map, .size = size};
    zip_error_init(&z->source.error);
    HL_TRY(open_archive(z));
    const zip_int64_t n = zip_get_num_entries(z->zip, 0);
    z->entry = hl_alloc_zero((size_t)hl_max(n, 1), sizeof *z->entry);
    for (z->n = 0; z->n < n; z->n++) HL_TRY(look_at(z, &z->entry[z->n], z->n));
    return HL_OK;
}

void hl_zip_close(hl_zip *z)
{
    if (!z) return;
    for (int i = 0; i < z->n; i++) free(z->entry[i].inflated);
    free(z->entry);
    if (z->zip) zip_discard(z->zip);
    zip_error_fini(&z->source.error);
    free(z);
}

int hl_zip_count(const hl_zip *z) { return z->n; }

const char *hl_zip_name(const hl_zip *z, int i) { return z->entry[i].stat.name; }

int hl_zip_compressed(const hl_zip *z) { return z->compressed; }

/* ---- an entry */

/* The place where libzip takes the first byte of what is stored. */
static hl_status find_stored(hl_zip *z, entry *e)
{
    char first;
    zip_file_t *f = zip_fopen_index(z->zip, e->stat.index, ZIP_FL_COMPRESSED);
    if (!f) return trouble(z, e->stat.name, zip_strerror(z->zip));
    z->source.taken_at = -1;
    const bool got = zip_fread(f, &first, 1) == 1;
    zip_fclose(f);
    const zip_int64_t at = z->source.taken_at;
    if (e->stat.size != e->stat.comp_size || !got || at < 0 || e->stat.size > z->source.size - (zip_uint64_t)at
        || z->source.map[at] != first)
        return trouble(z, e->stat.name, "does not lie inside the file, which may have been cut off");
    e->bytes = z->source.map + at;
    return HL_OK;
}

/* More than deflate can have made of so few bytes is not believed. */
static hl_status inflate(hl_zip *z, entry *e)
{
    enum { MOST_RATIO = 1032, LEAST = 1 << 16 };
    if (e->stat.size / MOST_RATIO > e->stat.comp_size + LEAST)
        return trouble(z, e->stat.name, "is said to be larger than its bytes can be");
    zip_file_t *f = zip_fopen_index(z->zip, e->stat.index, 0);
    if (!f) return trouble(z, e->stat.name, zip_strerror(z->zip));
    e->inflated = hl_alloc(e->stat.size + 1);
    size_t n = 0;
    zip_int64_t some = 1;
    for (; some > 0; n += (size_t)hl_max(some, (zip_int64_t)0))
        some = n <= e->stat.size ? zip_fread(f, e->inflated + n, e->stat.size + 1 - n) : -1;
    const hl_status s = some == 0 && n == e->stat.size
                            ? HL_OK
                            : trouble(z, e->stat.name, "cannot be unpacked, or its checksum is another");
    zip_fclose(f);
    e->bytes = e->inflated;
    return s;
}

static hl_status locate(hl_zip *z, entry *e)
{
    if (e->bytes) return HL_OK;
    if (e->stat.comp_method != ZIP_CM_STORE) return inflate(z, e);
    if (e->stat.size > 0) return find_stored(z, e);
    e->bytes = z->source.map;
    return HL_OK;
}

hl_status hl_zip_find(hl_zip *z, hl_zip_entry *out, const char *name)
{
    const zip_int64_t i = zip_name_locate(z->zip, name, ZIP_FL_ENC_RAW);
    if (i < 0 || i >= z->n) return HL_FAIL(HL_EFORMAT, "%s: has no entry %.100s; get the file again", z->path, name);
    entry *e = &z->entry[i];
    HL_TRY(locate(z, e));
    *out = (hl_zip_entry){e->stat.name, e->bytes, e->stat.size};
    return HL_OK;
}

static int by_place(const void *a, const void *b)
{
    const entry *x = *(entry *const *)a, *y = *(entry *const *)b;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

hl_status hl_zip_check_apart(const hl_zip *z)
{
    const entry **e = hl_alloc((size_t)hl_max(z->n, 1) * sizeof *e);
    int n = 0;
    for (int i = 0; i < z->n; i++)
        if (z->entry[i].bytes && !z->entry[i].inflated && z->entry[i].stat.size > 0) e[n++] = &z->entry[i];
    qsort(e, (size_t)n, sizeof *e, by_place);
    const char *overlaps = NULL;
    for (int i = 1; i < n && !overlaps; i++)
        if (e[i - 1]->bytes + e[i - 1]->stat.size > e[i]->bytes) overlaps = e[i]->stat.name;
    free(e);
    return overlaps ? trouble(z, overlaps, "overlaps another entry") : HL_OK;
}
