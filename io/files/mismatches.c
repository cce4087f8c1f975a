/* mismatches.c - names and shapes that are not those wanted, as one list: the first few by name, the others counted. */
#include "io/files/mismatches.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MOST_NAMED = 8, SHAPE = 80 };

void hl_mismatches_add(hl_mismatches *c, const char *format, ...)
{
    va_list args;
    if (c->n++ >= MOST_NAMED) return;
    if (c->n > 1) c->used += (size_t)snprintf(c->text + c->used, sizeof c->text - c->used, "; ");
    if (c->used >= sizeof c->text) c->used = sizeof c->text - 1;
    va_start(args, format);
    int n = vsnprintf(c->text + c->used, sizeof c->text - c->used, format, args);
    va_end(args);
    c->used = c->used + (size_t)n < sizeof c->text ? c->used + (size_t)n : sizeof c->text - 1;
}

static const char *shape_text(char out[SHAPE], const int64_t *shape, int n)
{
    size_t used = (size_t)snprintf(out, SHAPE, "(");
    for (int i = 0; i < n && used < SHAPE; i++)
        used += (size_t)snprintf(out + used, SHAPE - used, i ? ", %lld" : "%lld", (long long)shape[i]);
    if (used < SHAPE) snprintf(out + used, SHAPE - used, ")");
    return out;
}

void hl_mismatches_add_shape(hl_mismatches *c, const char *name, const int64_t *is, int is_ndim, const int64_t *want,
                             int want_ndim)
{
    char a[SHAPE], b[SHAPE];
    if (is_ndim == want_ndim && memcmp(is, want, (size_t)want_ndim * sizeof *want) == 0) return;
    hl_mismatches_add(c, "%.100s is %s where %s is wanted", name, shape_text(a, is, is_ndim),
                      shape_text(b, want, want_ndim));
}

hl_status hl_mismatches_verdict(hl_mismatches *c, const char *path, const char *what, const char *next)
{
    char rest[40] = "";
    if (c->n == 0) return HL_OK;
    if (c->n > MOST_NAMED) snprintf(rest, sizeof rest, "; and %d more", c->n - MOST_NAMED);
    for (char *p = c->text; *p; p++)
        if ((unsigned char)*p < ' ') *p = '?'; /* names may come from a file */
    return HL_FAIL(HL_EFORMAT, "%s: %s: %s%s; %s", path, what, c->text, rest, next);
}
