/* pickle.c - Python's pickles of tensors and containers, of which nothing is executed.
 *
 * The machine has a stack of values, marks in it, and a memo of values by number.  An opcode is a row of a table: what
 * it does, what its argument is.  Every value costs at least one byte of the pickle, so a short file cannot ask for
 * much memory; the numbers of the memo are held to the same measure. */
#include "io/weights/pickle.h"
#include "base/array.h"
#include "base/printable.h"
#include "io/weights/pickle-machine.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef hl_pickle_machine machine;
typedef hl_pickle_value value;

static hl_status bad(const machine *m, const char *what) { return hl_pickle_bad(&m->place, what); }

/* ---- values */

static value *make(machine *m, hl_pickle_kind kind) { return hl_pickle_make(m->place.arena, kind); }

static char *copy(machine *m, const char *at, size_t n)
{
    char *text = hl_arena_take(m->place.arena, n + 1);
    memcpy(text, at, n);
    text[n] = 0;
    return text;
}

static hl_status push_global(machine *m, const char *module, size_t n, const char *name, size_t k)
{
    enum { MOST = 60 };
    char shown[MOST + 1], named[MOST + 1];
    const hl_pickle_global *g = hl_pickle_global_find(module, n, name, k);
    if (g) {
        value *v = make(m, HL_PICKLE_GLOBAL);
        v->global = g;
        return hl_pickle_push(m, v);
    }
    snprintf(shown, sizeof shown, "%.*s", n < MOST ? (int)n : MOST, module);
    snprintf(named, sizeof named, "%.*s", k < MOST ? (int)k : MOST, name);
    hl_printable(shown);
    hl_printable(named);
    return HL_FAIL(HL_EFORMAT,
                   "%s: asks for %s.%s, which is neither a tensor nor a container of tensors, and nothing of a file is "
                   "executed; save the weights alone: torch.save(model.state_dict(), FILE), or as safetensors",
                   m->place.path, shown, named);
}

/* ---- opcodes.  The argument, where it is one number, is in x. */

typedef hl_status act(machine *m, uint64_t x);

static hl_status op_none(machine *m, uint64_t x)
{
    (void)x;
    return hl_pickle_push(m, make(m, HL_PICKLE_NONE));
}

static hl_status push_number(machine *m, hl_pickle_kind kind, int64_t number)
{
    value *v = make(m, kind);
    v->number = number;
    return hl_pickle_push(m, v);
}

static hl_status op_true(machine *m, uint64_t x)
{
    (void)x;
    return push_number(m, HL_PICKLE_BOOL, 1);
}

static hl_status op_false(machine *m, uint64_t x)
{
    (void)x;
    return push_number(m, HL_PICKLE_BOOL, 0);
}

static hl_status op_int(machine *m, uint64_t x) { return push_number(m, HL_PICKLE_INT, (int64_t)x); }
static hl_status op_int32(machine *m, uint64_t x) { return push_number(m, HL_PICKLE_INT, (int32_t)(uint32_t)x); }

/* x bytes, the highest of which has the sign. */
static hl_status op_long(machine *m, uint64_t x)
{
    const unsigned char *at;
    uint64_t number = 0;
    if (x > 8) return bad(m, "a whole number of more than 64 bits");
    HL_TRY(hl_pickle_argument(m, &at, (size_t)x));
    for (size_t i = 0; i < 8; i++) {
        const unsigned char sign = x && at[x - 1] & 0x80 ? 0xff : 0;
        number |= (uint64_t)(i < x ? at[i] : sign) << (8 * i);
    }
    return push_number(m, HL_PICKLE_INT, (int64_t)number);
}

/* The highest byte first. */
static hl_status op_float(machine *m, uint64_t x)
{
    value *v = make(m, HL_PICKLE_FLOAT);
    x = __builtin_bswap64(x);
    memcpy(&v->real, &x, sizeof x);
    return hl_pickle_push(m, v);
}

static hl_status op_text(machine *m, uint64_t x)
{
    const unsigned char *at;
    HL_TRY(hl_pickle_argument(m, &at, x));
    value *v = make(m, HL_PICKLE_TEXT);
    v->text = copy(m, (const char *)at, x);
    v->length = x;
    return hl_pickle_push(m, v);
}

static hl_status op_tuple_of(machine *m, size_t n)
{
    value *v = make(m, HL_PICKLE_TUPLE);
    if (m->height - hl_pickle_floor(m) < n) return bad(m, "a tuple of more than there is");
    for (size_t i = 0; i < n; i++) hl_pickle_add(m, v, m->stack[m->height - n + i]);
    m->height -= n;
    return hl_pickle_push(m, v);
}
static hl_status op_tuple0(machine *m, uint64_t x)
{
    (void)x;
    return op_tuple_of(m, 0);
}

static hl_status op_tuple1(machine *m, uint64_t x)
{
    (void)x;
    return op_tuple_of(m, 1);
}

static hl_status op_tuple2(machine *m, uint64_t x)
{
    (void)x;
    return op_tuple_of(m, 2);
}

static hl_status op_tuple3(machine *m, uint64_t x)
{
    (void)x;
    return op_tuple_of(m, 3);
}

static hl_status op_mark(machine *m, uint64_t x)
{
    (void)x;
    HL_RESERVE(m->mark, m->mark_room, m->marks + 1);
    m->mark[m->marks++] = m->height;
    return HL_OK;
}

static hl_status op_tuple(machine *m, uint64_t x)
{
    value **v, *t = make(m, HL_PICKLE_TUPLE);
    size_t n;
    (void)x;
    HL_TRY(hl_pickle_pop_mark(m, &v, &n));
    for (size_t i = 0; i < n; i++) hl_pickle_add(m, t, v[i]);
    return hl_pickle_push(m, t);
}

static hl_status op_empty_list(machine *m, uint64_t x)
{
    (void)x;
    return hl_pickle_push(m, make(m, HL_PICKLE_LIST));
}

static hl_status op_empty_dict(machine *m, uint64_t x)
{
    (void)x;
    return hl_pickle_push(m, make(m, HL_PICKLE_DICT));
}

static hl_status extend(machine *m, value **v, size_t n, hl_pickle_kind kind)
{
    value *to;
    HL_TRY(hl_pickle_top(m, &to));
    if (to->kind != kind || (kind == HL_PICKLE_DICT && n % 2))
        return bad(m, "adds to what is not the container that it wants");
    for (size_t i = 0; i < n; i++) hl_pickle_add(m, to, v[i]);
    return HL_OK;
}

static hl_status op_appends(machine *m, uint64_t x)
{
    value **v;
    size_t n;
    (void)x;
    HL_TRY(hl_pickle_pop_mark(m, &v, &n));
    return extend(m, v, n, HL_PICKLE_LIST);
}

static hl_status op_append(machine *m, uint64_t x)
{
    value *v;
    (void)x;
    HL_TRY(hl_pickle_pop(m, &v));
    return extend(m, &v, 1, HL_PICKLE_LIST);
}

static hl_status op_setitems(machine *m, uint64_t x)
{
    value **v;
    size_t n;
    (void)x;
    HL_TRY(hl_pickle_pop_mark(m, &v, &n));
    return extend(m, v, n, HL_PICKLE_DICT);
}

static hl_status op_setitem(machine *m, uint64_t x)
{
    value *pair[2];
    (void)x;
    HL_TRY(hl_pickle_pop(m, &pair[1]));
    HL_TRY(hl_pickle_pop(m, &pair[0]));
    return extend(m, pair, 2, HL_PICKLE_DICT);
}

static hl_status op_pop(machine *m, uint64_t x)
{
    value *v;
    (void)x;
    return hl_pickle_pop(m, &v);
}

static hl_status op_pop_mark(machine *m, uint64_t x)
{
    value **v;
    size_t n;
    (void)x;
    return hl_pickle_pop_mark(m, &v, &n);
}

static hl_status op_put(machine *m, uint64_t x)
{
    value *v;
    HL_TRY(hl_pickle_top(m, &v));
    if (x > m->n) return bad(m, "a number of the memo that no pickle of its length has");
    HL_RESERVE(m->memo, m->memo_room, x + 1);
    while (m->memos <= x) m->memo[m->memos++] = NULL;
    m->memo[x] = v;
    return HL_OK;
}

static hl_status op_memoize(machine *m, uint64_t x)
{
    (void)x;
    return op_put(m, m->memos);
}

static hl_status op_get(machine *m, uint64_t x)
{
    if (x >= m->memos || !m->memo[x]) return bad(m, "a number of the memo that has no value");
    return hl_pickle_push(m, m->memo[x]);
}

static hl_status op_global(machine *m, uint64_t x)
{
    const char *module, *name;
    size_t n, k;
    (void)x;
    HL_TRY(hl_pickle_line(m, &module, &n));
    HL_TRY(hl_pickle_line(m, &name, &k));
    return push_global(m, module, n, name, k);
}

static hl_status op_stack_global(machine *m, uint64_t x)
{
    value *name, *module;
    (void)x;
    HL_TRY(hl_pickle_pop(m, &name));
    HL_TRY(hl_pickle_pop(m, &module));
    if (name->kind != HL_PICKLE_TEXT || module->kind != HL_PICKLE_TEXT) return bad(m, "a name that is no text");
    return push_global(m, module->text, module->length, name->text, name->length);
}

static hl_status op_reduce(machine *m, uint64_t x)
{
    value *arguments, *function, *out;
    (void)x;
    HL_TRY(hl_pickle_pop(m, &arguments));
    HL_TRY(hl_pickle_pop(m, &function));
    if (function->kind != HL_PICKLE_GLOBAL || !function->global->call || arguments->kind != HL_PICKLE_TUPLE)
        return bad(m, "calls what is no function of the table");
    HL_TRY(function->global->call(&out, &m->place, arguments));
    return hl_pickle_push(m, out);
}

/* The attributes of an OrderedDict (_metadata), which say nothing of its tensors. */
static hl_status op_build(machine *m, uint64_t x)
{
    value *state, *of;
    (void)x;
    HL_TRY(hl_pickle_pop(m, &state));
    HL_TRY(hl_pickle_top(m, &of));
    return of->kind == HL_PICKLE_DICT ? HL_OK : bad(m, "attributes of what has none");
}

/* ("storage", type, key, where it was, numbers) */
static hl_status op_persistent(machine *m, uint64_t x)
{
    value *id, *out;
    (void)x;
    HL_TRY(hl_pickle_pop(m, &id));
    value **a = id->item;
    if (id->kind != HL_PICKLE_TUPLE || id->items < 5 || a[0]->kind != HL_PICKLE_TEXT
        || strcmp(a[0]->text, "storage") != 0 || a[1]->kind != HL_PICKLE_GLOBAL || !a[1]->global->dtype
        || a[2]->kind != HL_PICKLE_TEXT || strlen(a[2]->text) != a[2]->length || a[4]->kind != HL_PICKLE_INT
        || a[4]->number < 0)
        return bad(m, "what is outside the pickle is no storage of numbers");
    hl_pickle_storage *s = hl_arena_take_zero(m->place.arena, sizeof *s);
    *s = (hl_pickle_storage){a[2]->text, a[1]->global->dtype, a[4]->number};
    out = make(m, HL_PICKLE_STORAGE);
    out->storage = s;
    return hl_pickle_push(m, out);
}

static hl_status op_protocol(machine *m, uint64_t x) { return x <= 5 ? HL_OK : bad(m, "a protocol that is not known"); }

static hl_status op_frame(machine *m, uint64_t x)
{
    (void)m;
    (void)x;
    return HL_OK;
}

static hl_status op_stop(machine *m, uint64_t x)
{
    (void)x;
    m->done = true;
    return HL_OK;
}

/* bytes: of the number that follows. */
static const struct {
    unsigned char code;
    int bytes;
    act *act;
} opcodes[] = {
    {0x80, 1, op_protocol},     {0x95, 8, op_frame},   {'.', 0, op_stop},    {'(', 0, op_mark},
    {'0', 0, op_pop},           {'1', 0, op_pop_mark}, {'N', 0, op_none},    {0x88, 0, op_true},
    {0x89, 0, op_false},        {'K', 1, op_int},      {'M', 2, op_int},     {'J', 4, op_int32},
    {0x8a, 1, op_long},         {0x8b, 4, op_long},    {'G', 8, op_float},   {'X', 4, op_text},
    {0x8c, 1, op_text},         {0x8d, 8, op_text},    {'U', 1, op_text},    {'T', 4, op_text},
    {'C', 1, op_text},          {'B', 4, op_text},     {0x8e, 8, op_text},   {')', 0, op_tuple0},
    {0x85, 0, op_tuple1},       {0x86, 0, op_tuple2},  {0x87, 0, op_tuple3}, {'t', 0, op_tuple},
    {']', 0, op_empty_list},    {'a', 0, op_append},   {'e', 0, op_appends}, {'}', 0, op_empty_dict},
    {'s', 0, op_setitem},       {'u', 0, op_setitems}, {'q', 1, op_put},     {'r', 4, op_put},
    {0x94, 0, op_memoize},      {'h', 1, op_get},      {'j', 4, op_get},     {'c', 0, op_global},
    {0x93, 0, op_stack_global}, {'R', 0, op_reduce},   {'b', 0, op_build},   {'Q', 0, op_persistent},
};
enum { OPCODES = sizeof opcodes / sizeof opcodes[0] };

static hl_status step(machine *m)
{
    char what[60];
    uint64_t x = 0;
    m->place.byte = m->at;
    if (m->at == m->n) return bad(m, "it ends before its end, and may have been cut off");
    const unsigned char code = m->bytes[m->at++];
    for (int i = 0; i < OPCODES; i++) {
        if (opcodes[i].code != code) continue;
        if (opcodes[i].bytes) HL_TRY(hl_pickle_number(m, &x, opcodes[i].bytes));
        return opcodes[i].act(m, x);
    }
    snprintf(what, sizeof what, "opcode 0x%02x is not among those that are read", code);
    return bad(m, what);
}

static hl_status run(machine *m, const value **out)
{
    value *v;
    while (!m->done) HL_TRY(step(m));
    HL_TRY(hl_pickle_pop(m, &v));
    *out = v;
    return HL_OK;
}

hl_status hl_pickle_read(const hl_pickle_value **out, const char *bytes, size_t n, const char *path, hl_arena *arena)
{
    machine m = {.place = {path, 0, arena}, .bytes = (const unsigned char *)bytes, .n = n};
    const hl_status s = run(&m, out);
    free(m.stack);
    free(m.memo);
    free(m.mark);
    return s;
}
