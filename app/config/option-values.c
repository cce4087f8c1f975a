/* option-values.c - what can be done with the value of an option: a table of types. */
#include "app/config/options.h"
#include "base/alloc.h"
#include "base/array.h"
#include "app/config/quote.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *field(const hl_config *c, const hl_option *o) { return (char *)(uintptr_t)c + o->offset; }

static hl_status wrong(const hl_option *o, const char *value, const char *where, const char *wanted)
{
    return HL_FAIL(HL_EUSAGE, "%s%s: \"%s\" is not %s", where, o->key, value, wanted);
}

static hl_status in_range(const hl_option *o, double x, const char *value, const char *where)
{
    if (x >= o->least && x <= o->most) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s%s: %s is out of range; it goes from %.10g to %.10g", where, o->key, value, o->least,
                   o->most);
}

static hl_status read_whole(const hl_option *o, int64_t *x, const char *value, const char *where)
{
    char *end;
    errno = 0;
    long long n = strtoll(value, &end, 10);
    if (end == value || *end || isspace((unsigned char)*value)) return wrong(o, value, where, "a whole number");
    const char *digits = value + (*value == '-' || *value == '+');
    if (digits[0] == '0' && digits[1])
        return wrong(o, value, where, "a whole number without a 0 in front, which YAML reads as octal");
    if (errno) return in_range(o, INFINITY, value, where);
    *x = n;
    return in_range(o, (double)n, value, where);
}

static hl_status set_bool(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    static const struct {
        const char *name;
        bool is;
    } names[] = {
        {"true", true}, {"false", false}, {"yes", true}, {"no", false},
        {"on", true},   {"off", false},   {"1", true},   {"0", false},
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcasecmp(value, names[i].name) != 0) continue;
        *(bool *)field(c, o) = names[i].is;
        return HL_OK;
    }
    return wrong(o, value, where, "true or false");
}

static hl_status set_int(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    int64_t x = 0;
    HL_TRY(read_whole(o, &x, value, where));
    *(int *)field(c, o) = (int)x;
    return HL_OK;
}

static hl_status set_int64(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    return read_whole(o, field(c, o), value, where);
}

/* The choice of this name; NULL: there is none. */
static const hl_choice *choice_of(const hl_option *o, const char *value)
{
    const hl_choice *k = o->choices;
    while (k && k->name && strcasecmp(k->name, value) != 0) k++;
    return k && k->name ? k : NULL;
}

static hl_status set_bytes(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    const hl_choice *k = choice_of(o, value);
    if (k) {
        *(int64_t *)field(c, o) = k->value;
        return HL_OK;
    }
    static const char units[] = "KMGT";
    char *end;
    double x = strtod(value, &end), unit = 1;
    const char *u = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    if (u) unit = ldexp(1, 10 * (int)(u - units + 1)), end++;
    if (end == value || *end || !isfinite(x)) return wrong(o, value, where, "a number of bytes, as 4G or -1, or auto");
    HL_TRY(in_range(o, x * unit, value, where));
    *(int64_t *)field(c, o) = (int64_t)(x * unit);
    return HL_OK;
}

static hl_status set_real(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    char *end;
    double x = strtod(value, &end);
    if (end == value || *end || !isfinite(x)) return wrong(o, value, where, "a number");
    HL_TRY(in_range(o, x, value, where));
    *(double *)field(c, o) = x;
    return HL_OK;
}

static hl_status set_text(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    (void)where;
    char **text = field(c, o);
    free(*text);
    *text = hl_alloc_text(value);
    return HL_OK;
}

static hl_status set_choice(hl_config *c, const hl_option *o, const char *value, const char *where)
{
    char names[300] = "";
    for (const hl_choice *k = o->choices; k->name; k++) {
        if (strcasecmp(k->name, value) == 0) {
            *(int *)field(c, o) = k->value;
            return HL_OK;
        }
        size_t n = strlen(names);
        snprintf(names + n, sizeof names - n, "%s%s", n ? ", " : "one of: ", k->name);
    }
    return wrong(o, value, where, names);
}
_Static_assert(sizeof(hl_placement) == sizeof(int), "a choice is written as an int");

static hl_status set_names(hl_config *c, const hl_option *o, const hl_names *value, const char *where)
{
    (void)where;
    hl_names *list = field(c, o);
    hl_names_free(list);
    for (int i = 0; i < value->n; i++) hl_names_add(list, value->at[i], strlen(value->at[i]));
    return HL_OK;
}

static hl_status set_ints(hl_config *c, const hl_option *o, const hl_names *value, const char *where)
{
    hl_ints *list = field(c, o);
    HL_RESERVE(list->at, list->room, value->n);
    list->n = value->n;
    for (int i = 0; i < value->n; i++) {
        int64_t x = 0;
        list->at[i] = 0;
        HL_TRY(read_whole(o, &x, value->at[i], where));
        list->at[i] = (int)x;
    }
    return HL_OK;
}

/* The entries of "[a, 'b', c]" or "a,b,c"; quotes may carry backslashes, as shells leave them. */
static void split(hl_names *out, const char *text)
{
    static const char around[] = " \t[]\"'\\";
    for (const char *at = text;;) {
        size_t n = strcspn(at, ",");
        const char *begin = at, *end = at + n;
        while (begin < end && strchr(around, *begin)) begin++;
        while (end > begin && strchr(around, end[-1])) end--;
        bool is_all = at == text && !at[n];
        if (end > begin || !is_all) hl_names_add(out, begin, (size_t)(end - begin));
        if (!at[n]) return;
        at += n + 1;
    }
}

static void print_bool(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    fputs(*(const bool *)at ? "true" : "false", out);
}

static void print_int(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    fprintf(out, "%d", *(const int *)at);
}

static void print_int64(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    fprintf(out, "%" PRId64, *(const int64_t *)at);
}

static void print_bytes(const hl_option *o, const void *at, FILE *out)
{
    for (const hl_choice *k = o->choices; k && k->name; k++)
        if (k->value == *(const int64_t *)at) {
            fputs(k->name, out);
            return;
        }
    print_int64(o, at, out);
}

/* The shortest digits that read back as the same number. */
static void print_real(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    double x = *(const double *)at;
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(text, out);
}

static void print_text(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    hl_quote(*(char *const *)at, out);
}

static void print_choice(const hl_option *o, const void *at, FILE *out)
{
    const hl_choice *k = o->choices;
    while (k->value != *(const int *)at) k++;
    fputs(k->name, out);
}

static void print_names(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    const hl_names *list = at;
    fputc('[', out);
    for (int i = 0; i < list->n; i++) {
        if (i) fputs(", ", out);
        hl_quote(list->at[i], out);
    }
    fputc(']', out);
}

static void print_ints(const hl_option *o, const void *at, FILE *out)
{
    (void)o;
    const hl_ints *list = at;
    fputc('[', out);
    for (int i = 0; i < list->n; i++) fprintf(out, "%s%d", i ? ", " : "", list->at[i]);
    fputc(']', out);
}

static void free_text(void *at)
{
    free(*(char **)at);
    *(char **)at = NULL;
}

static void free_names(void *at) { hl_names_free(at); }

static void free_ints(void *at)
{
    free(((hl_ints *)at)->at);
    *(hl_ints *)at = (hl_ints){0};
}

/* What each type can do; a list is set whole. */
static const struct {
    hl_status (*set)(hl_config *c, const hl_option *o, const char *value, const char *where);
    hl_status (*set_list)(hl_config *c, const hl_option *o, const hl_names *value, const char *where);
    void (*print)(const hl_option *o, const void *at, FILE *out);
    void (*release)(void *at);
} types[] = {
    [HL_IS_BOOL] = {set_bool, NULL, print_bool, NULL},          [HL_IS_INT] = {set_int, NULL, print_int, NULL},
    [HL_IS_INT64] = {set_int64, NULL, print_int64, NULL},       [HL_IS_BYTES] = {set_bytes, NULL, print_bytes, NULL},
    [HL_IS_REAL] = {set_real, NULL, print_real, NULL},          [HL_IS_TEXT] = {set_text, NULL, print_text, free_text},
    [HL_IS_NAMES] = {NULL, set_names, print_names, free_names}, [HL_IS_INTS] = {NULL, set_ints, print_ints, free_ints},
    [HL_IS_CHOICE] = {set_choice, NULL, print_choice, NULL},    [HL_IS_HEADING] = {NULL, NULL, NULL, NULL},
};

hl_status hl_option_set(hl_config *c, const hl_option *o, const hl_names *value, bool is_list, const char *where)
{
    bool wants_list = types[o->type].set_list != NULL;
    if (is_list && !wants_list) return HL_FAIL(HL_EUSAGE, "%s%s: a list, where one value is wanted", where, o->key);
    if (!wants_list) return types[o->type].set(c, o, value->at[0], where);
    if (is_list) return types[o->type].set_list(c, o, value, where);
    hl_names parts = {0};
    split(&parts, value->at[0]);
    hl_status s = types[o->type].set_list(c, o, &parts, where);
    hl_names_free(&parts);
    return s;
}

void hl_option_print(const hl_config *c, const hl_option *o, FILE *out) { types[o->type].print(o, field(c, o), out); }

char *hl_option_text(const hl_config *c, const hl_option *o)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = hl_alloc_stream(&text, &n);
    hl_option_print(c, o, out);
    fclose(out);
    return text;
}

void hl_option_free(hl_config *c, const hl_option *o)
{
    if (types[o->type].release) types[o->type].release(field(c, o));
}
