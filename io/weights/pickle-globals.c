/* pickle-globals.c - what names in a pickle stand for: functions of PyTorch that put tensors together, and types. */
#include "io/weights/pickle-globals.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

hl_status hl_pickle_bad(const hl_pickle_place *at, const char *what)
{
    return HL_FAIL(HL_EFORMAT, "%s: its pickle, byte %zu: %s; get the file again", at->path, at->byte, what);
}

hl_pickle_value *hl_pickle_make(hl_arena *arena, hl_pickle_kind kind)
{
    hl_pickle_value *v = hl_arena_take_zero(arena, sizeof *v);
    v->kind = kind;
    return v;
}

static hl_status make_dict(hl_pickle_value **out, const hl_pickle_place *at, const hl_pickle_value *arguments)
{
    if (arguments->items != 0) return hl_pickle_bad(at, "an OrderedDict that is made of something is not read");
    *out = hl_pickle_make(at->arena, HL_PICKLE_DICT);
    return HL_OK;
}

static hl_status make_size(hl_pickle_value **out, const hl_pickle_place *at, const hl_pickle_value *arguments)
{
    if (arguments->items != 1 || arguments->item[0]->kind != HL_PICKLE_TUPLE)
        return hl_pickle_bad(at, "a torch.Size of no tuple");
    *out = arguments->item[0];
    return HL_OK;
}

/* (data, requires_grad, hooks): the tensor itself. */
static hl_status make_parameter(hl_pickle_value **out, const hl_pickle_place *at, const hl_pickle_value *arguments)
{
    if (arguments->items < 1 || arguments->item[0]->kind != HL_PICKLE_TENSOR)
        return hl_pickle_bad(at, "a parameter of no tensor");
    *out = arguments->item[0];
    return HL_OK;
}

static hl_status read_lengths(const hl_pickle_place *at, int64_t *out, int *n, const hl_pickle_value *v)
{
    if (v->kind != HL_PICKLE_TUPLE || v->items > HL_STATE_DIMS)
        return hl_pickle_bad(at, "shape or strides of a tensor are no tuple of at most 8 numbers");
    *n = (int)v->items;
    for (int i = 0; i < *n; i++) {
        if (v->item[i]->kind != HL_PICKLE_INT || v->item[i]->number < 0)
            return hl_pickle_bad(at, "shape or strides of a tensor are not whole numbers from 0 on");
        out[i] = v->item[i]->number;
    }
    return HL_OK;
}

/* Its last number too lies in the storage. */
static hl_status check_place(const hl_pickle_place *at, const hl_pickle_tensor *t)
{
    int64_t last = t->offset, count = 1, step;
    for (int d = 0; d < t->ndim; d++) {
        if (__builtin_mul_overflow(count, t->shape[d], &count))
            return hl_pickle_bad(at, "a tensor is larger than any memory");
        if (t->shape[d] > 0
            && (__builtin_mul_overflow(t->shape[d] - 1, t->stride[d], &step)
                || __builtin_add_overflow(last, step, &last)))
            return hl_pickle_bad(at, "a tensor is larger than any memory");
    }
    if (t->offset < 0 || (count > 0 && last >= t->storage->numbers) || (count == 0 && t->offset > t->storage->numbers))
        return hl_pickle_bad(at, "a tensor does not lie inside its storage");
    return count > t->storage->numbers ? hl_pickle_bad(at, "a tensor has more numbers than its storage") : HL_OK;
}

/* (storage, offset, shape, strides, requires_grad, hooks, ...) */
static hl_status make_tensor(hl_pickle_value **out, const hl_pickle_place *at, const hl_pickle_value *arguments)
{
    hl_pickle_value *const *a = arguments->item;
    int strides;
    if (arguments->items < 4 || a[0]->kind != HL_PICKLE_STORAGE || a[1]->kind != HL_PICKLE_INT)
        return hl_pickle_bad(at, "a tensor that is not made of a storage, a place in it, a shape and strides");
    hl_pickle_tensor *t = hl_arena_take_zero(at->arena, sizeof *t);
    t->storage = a[0]->storage;
    t->offset = a[1]->number;
    HL_TRY(read_lengths(at, t->shape, &t->ndim, a[2]));
    HL_TRY(read_lengths(at, t->stride, &strides, a[3]));
    if (strides != t->ndim) return hl_pickle_bad(at, "a tensor has another number of strides than of sizes");
    HL_TRY(check_place(at, t));
    *out = hl_pickle_make(at->arena, HL_PICKLE_TENSOR);
    (*out)->tensor = t;
    return HL_OK;
}

static const hl_pickle_global globals[] = {
    {"collections", "OrderedDict", make_dict, NULL},
    {"torch._utils", "_rebuild_tensor_v2", make_tensor, NULL},
    {"torch._utils", "_rebuild_tensor", make_tensor, NULL},
    {"torch._utils", "_rebuild_parameter", make_parameter, NULL},
    {"torch", "Size", make_size, NULL},
    {"torch", "FloatStorage", NULL, "F32"},
    {"torch", "HalfStorage", NULL, "F16"},
    {"torch", "BFloat16Storage", NULL, "BF16"},
    {"torch", "DoubleStorage", NULL, "F64"},
    {"torch", "LongStorage", NULL, "I64"},
    {"torch", "IntStorage", NULL, "I32"},
    {"torch", "ShortStorage", NULL, "I16"},
    {"torch", "CharStorage", NULL, "I8"},
    {"torch", "ByteStorage", NULL, "U8"},
    {"torch", "BoolStorage", NULL, "BOOL"},
    {"torch", "float32", NULL, NULL},
    {"torch", "float16", NULL, NULL},
    {"torch", "bfloat16", NULL, NULL},
    {"torch", "float64", NULL, NULL},
    {"torch", "int64", NULL, NULL},
    {"torch", "int32", NULL, NULL},
    {"torch", "int16", NULL, NULL},
    {"torch", "int8", NULL, NULL},
    {"torch", "uint8", NULL, NULL},
    {"torch", "bool", NULL, NULL},
};
enum { GLOBALS = sizeof globals / sizeof globals[0] };

static bool is_text(const char *text, const char *at, size_t n) { return strlen(text) == n && !memcmp(text, at, n); }

const hl_pickle_global *hl_pickle_global_find(const char *module, size_t n, const char *name, size_t k)
{
    for (int i = 0; i < GLOBALS; i++)
        if (is_text(globals[i].module, module, n) && is_text(globals[i].name, name, k)) return &globals[i];
    return NULL;
}
