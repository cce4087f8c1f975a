/* test-pytorch.c - tensors come out of what torch.save writes, nothing of it is executed, and a bad file is a sentence.
 *
 * The files are those of tests/data/make-state-dicts.py: number i of a storage is ((37 i) mod 101 - 50) / 8. */
#include "tests/check.h"
#include "base/alloc.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/log.h"
#include "base/rng.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include "io/weights/pickle.h"
#include "io/weights/state-dict.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

static char path[PATH_MAX];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

/* ---- good files */

static float made_up(int i) { return (float)((37 * i) % 101 - 50) / 8; }

/* Number k of the tensor is that of storage place offset + ...: rows of `columns`, apart by the two strides. */
static const struct {
    const char *name;
    int rows, columns, offset, row_stride, column_stride;
} wanted[] = {
    {"f32", 5, 7, 0, 7, 1},          {"tied", 5, 7, 0, 7, 1},       {"row", 1, 7, 14, 0, 1},
    {"transposed", 7, 5, 0, 1, 7},   {"columns", 5, 3, 1, 7, 2},    {"expanded", 1, 4, 0, 0, 0},
    {"bf16", 5, 7, 0, 7, 1},         {"f16", 7, 5, 0, 1, 7},        {"f64", 5, 7, 0, 7, 1},
    {"scalar", 1, 1, 0, 0, 0},       {"empty", 0, 3, 0, 3, 1},      {"parameter", 2, 3, 0, 3, 1},
    {"nested.inner", 1, 4, 0, 0, 1}, {"nested.7.0", 1, 2, 0, 0, 1}, {"ordered.weight", 1, 3, 0, 0, 1},
};
enum { WANTED = sizeof wanted / sizeof wanted[0], MOST = 35 };

static void check_tensor(const hl_state_dict *s, int i)
{
    float x[MOST + 1], part[MOST + 1];
    const int n = wanted[i].rows * wanted[i].columns;
    const hl_state_tensor *t = hl_state_dict_find(s, wanted[i].name);
    CHECK(t && t->count == (size_t)n);
    if (!t || t->count != (size_t)n) return;
    CHECK_OK(hl_state_dict_read(t, x));
    for (int k = 0; k < n; k++) {
        const int r = k / wanted[i].columns, c = k % wanted[i].columns;
        CHECK_NEAR(x[k], made_up(wanted[i].offset + r * wanted[i].row_stride + c * wanted[i].column_stride), 0);
    }
    for (int begin = 0; begin < n; begin += 2) {
        const int some = begin + 5 < n ? 5 : n - begin;
        CHECK_OK(hl_state_dict_read_part(t, part, (size_t)begin, (size_t)some));
        CHECK(memcmp(part, x + begin, (size_t)some * sizeof *x) == 0);
    }
}

static void all_forms_of_torch_save_are_read(void)
{
    static const char *const files[] = {"state-dict.bin", "state-dict-protocol-4.bin", "state-dict-packed.bin",
                                        "state-dict-deflated.bin"};
    for (size_t f = 0; f < sizeof files / sizeof files[0]; f++) {
        hl_state_dict *s = NULL;
        const char *at = check_data(files[f]);
        if (at && CHECK_OK(hl_state_dict_open(&s, at))) {
            CHECK(hl_state_dict_count(s) == WANTED + 2);
            for (int i = 0; i < WANTED; i++) check_tensor(s, i);
        }
        hl_state_dict_close(s);
    }
}

static void whole_numbers_are_named_and_no_weights(void)
{
    float x[3];
    hl_state_dict *s = NULL;
    const char *at = check_data("state-dict.bin");
    if (at && CHECK_OK(hl_state_dict_open(&s, at))) {
        const hl_state_tensor *t = hl_state_dict_find(s, "i64"), *flags = hl_state_dict_find(s, "flags");
        CHECK(t && strcmp(t->dtype, "I64") == 0 && t->count == 3 && flags && strcmp(flags->dtype, "BOOL") == 0);
        if (t) CHECK_FAILS(hl_state_dict_read(t, x), HL_EFORMAT, "tensor i64 is I64");
    }
    hl_state_dict_close(s);
}

static void check_vector(const char *file, const char *name, size_t n)
{
    float x[8];
    hl_state_dict *s = NULL;
    const char *at = check_data(file);
    if (at && CHECK_OK(hl_state_dict_open(&s, at))) {
        const hl_state_tensor *t = hl_state_dict_find(s, name);
        CHECK(t && t->count == n);
        if (t && t->count == n) {
            CHECK_OK(hl_state_dict_read(t, x));
            for (size_t i = 0; i < n; i++) CHECK_NEAR(x[i], made_up((int)i), 0);
        }
    }
    hl_state_dict_close(s);
}

static void a_module_and_other_alignments_are_read(void)
{
    check_vector("state-dict-module.bin", "weight", 6);
    check_vector("state-dict-module.bin", "bias", 2);
    check_vector("state-dict-pages.bin", "a", 5);
    check_vector("state-dict-pages.bin", "b", 3);
}

static void a_part_of_the_names_is_a_state_dict_too(void)
{
    hl_state_dict *s = NULL, *part = NULL;
    const char *at = check_data("state-dict.bin");
    if (at && CHECK_OK(hl_state_dict_open(&s, at))) {
        hl_state_dict_under(&part, s, "nested.");
        CHECK(hl_state_dict_count(part) == 2 && hl_state_dict_find(part, "inner") && hl_state_dict_find(part, "7.0"));
        CHECK(!hl_state_dict_find(part, "f32"));
    }
    hl_state_dict_close(part);
    hl_state_dict_close(s);
}

static void what_is_not_read_says_what_to_do(void)
{
    static const struct {
        const char *file, *words;
    } cases[] = {
        {"state-dict-legacy.bin", "PyTorch's form of before 1.6, which is not read; write it again"},
        {"state-dict-hostile.bin", "asks for posix.system, which is neither a tensor nor a container"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_state_dict *s = NULL;
        const char *at = check_data(cases[i].file);
        if (at) CHECK_FAILS(hl_state_dict_open(&s, at), HL_EFORMAT, cases[i].words);
        hl_state_dict_close(s);
    }
}

/* ---- whole models beside the checkout */

static float *read_all(const hl_state_tensor *t)
{
    float *x = hl_alloc((t->count + 1) * sizeof *x);
    CHECK_OK(hl_state_dict_read(t, x));
    return x;
}

/* A tied head has the numbers of the token table. */
static void real_models_are_read(void)
{
    hl_state_dict *s = NULL;
    const char *at = check_shared("golden/families/llama_bin");
    if (at && CHECK_OK(hl_state_dict_open(&s, at))) {
        const hl_state_tensor *table = hl_state_dict_find(s, "model.embed_tokens.weight"),
                              *head = hl_state_dict_find(s, "lm_head.weight");
        CHECK(table && head && table->bytes == head->bytes && table->count == head->count);
        for (int i = 0; i < hl_state_dict_count(s); i++) free(read_all(hl_state_dict_at(s, i)));
    }
    hl_state_dict_close(s);
    s = NULL;
    at = check_shared("golden/families/llama_sharded");
    if (at && CHECK_OK(hl_state_dict_open(&s, at))) CHECK(hl_state_dict_count(s) > 10);
    hl_state_dict_close(s);
}

/* ---- bad pickles */

static void check_pickle(const char *bytes, size_t n, const char *words)
{
    const hl_pickle_value *v;
    hl_arena arena = hl_arena_growing("a pickle");
    if (words) {
        CHECK_FAILS(hl_pickle_read(&v, bytes, n, "x.bin", &arena), HL_EFORMAT, words);
        CHECK(strstr(hl_error_text(), "x.bin: ") == hl_error_text());
    } else CHECK_OK(hl_pickle_read(&v, bytes, n, "x.bin", &arena));
    hl_arena_free(&arena);
}

#define FLOATS "(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000X\3\0\0\0cpuK\5tQ" /* five of them */
#define TENSOR "ctorch._utils\n_rebuild_tensor_v2\n(" FLOATS
#define P(text) text, sizeof(text) - 1

static const struct {
    const char *bytes;
    size_t n;
    const char *words; /* NULL: it is good */
} pickles[] = {
    {P("\x80\2}."), NULL},
    {P("\x80\2]q\0h\0a."), NULL}, /* a list that holds itself */
    {P("\x80\5\x95\4\0\0\0\0\0\0\0}\x94."), NULL},
    {P(TENSOR "K\0K\5\x85K\1\x85\x89NtR."), NULL},
    {P(TENSOR "K\1K\2K\2\x86K\2K\1\x86\x89NtR."), NULL},
    {P(TENSOR "K\0K\2K\3\x86K\2K\1\x86\x89NtR."), "more numbers than its storage"},
    {P(TENSOR "K\5K\0\x85K\1\x85\x89NtR."), NULL}, /* of nothing */
    {P("(t."), NULL},                              /* a mark before there is a stack */
    {P(""), "ends before its end"},
    {P("\x80\2}"), "ends before its end"},
    {P("\x80\6}."), "a protocol that is not known"},
    {P("."), "takes from an empty stack"},
    {P("0."), "takes from an empty stack"},
    {P("(0."), "takes from an empty stack"},
    {P("}(0."), "takes from an empty stack"},
    {P("u."), "wants a mark"},
    {P("}(Nu."), "not the container"},
    {P("](NNu."), "not the container"},
    {P("N(Ne."), "not the container"},
    {P("NNs."), "looks at an empty stack"},
    {P("NNa."), "not the container"},
    {P("\x85."), "a tuple of more"},
    {P("(\x87."), "a tuple of more"},
    {P("h\0."), "a number of the memo that has no value"},
    {P("j\xff\xff\xff\xff."), "a number of the memo that has no value"},
    {P("Nr\xff\xff\xff\xff."), "a number of the memo that no pickle"},
    {P("Nr\0\0\0\x80."), "a number of the memo that no pickle"},
    {P("q\0."), "looks at an empty stack"},
    {P("X\xff\xff\xff\xff"
       "a."),
     "leaves the file"},
    {P("\x8d\xff\xff\xff\xff\xff\xff\xff\xff"
       "a."),
     "leaves the file"},
    {P("M\1"), "leaves the file"},
    {P("\x8a\x09\0\0\0\0\0\0\0\0\1."), "more than 64 bits"},
    {P("cos"), "has no end"},
    {P("cos\nsystem"), "has no end"},
    {P("cos\nsystem\n(X\2\0\0\0lstR."), "asks for os.system, which"},
    {P("cbuiltins\neval\n."), "asks for builtins.eval"},
    {P("c__builtin__\nexec\n."), "asks for __builtin__.exec"},
    {P("ctorch\nload\n."), "asks for torch.load"},
    {P("ctorch.\nSize\n."), "asks for torch..Size"},
    {P("\x8c\2os\x8c\6system\x93."), "asks for os.system"},
    {P("NN\x93."), "a name that is no text"},
    {P("\x8c\5to\0ch\x8c\4Size\x93."), "asks for to.Size"},
    {P("c\33[2Jos\n\33]0;x\7\n."), "[2Jos."},
    {P("ios\nsystem\n."), "opcode 0x69"},
    {P("(cos\nsystem\no."), "asks for os.system"},
    {P("N)R."), "no function of the table"},
    {P("ctorch\nFloatStorage\n)R."), "no function of the table"},
    {P("ctorch\nSize\nNR."), "no function of the table"},
    {P("ctorch\nSize\n)R."), "torch.Size of no tuple"},
    {P("ccollections\nOrderedDict\nN\x85R."), "OrderedDict that is made of something"},
    {P("ctorch._utils\n_rebuild_tensor_v2\n)R."), "a tensor that is not made"},
    {P("ctorch._utils\n_rebuild_tensor_v2\n(NNNNtR."), "a tensor that is not made"},
    {P("ctorch._utils\n_rebuild_parameter\n)R."), "a parameter of no tensor"},
    {P("N}b."), "attributes of what has none"},
    {P("NQ."), "no storage of numbers"},
    {P(")Q."), "no storage of numbers"},
    {P("(X\7\0\0\0storageNX\1\0\0\0000NK\5tQ."), "no storage of numbers"},
    {P("(X\7\0\0\0storagectorch\nSize\nX\1\0\0\0000NK\5tQ."), "no storage of numbers"},
    {P("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0\0NK\5tQ."), "no storage of numbers"},
    {P("(X\7\0\0\0storagectorch\nFloatStorage\nX\1\0\0\0000NJ\xff\xff\xff\xfftQ."), "no storage of numbers"},
    {P(TENSOR "K\0K\6\x85K\1\x85\x89NtR."), "does not lie inside"},
    {P(TENSOR "K\1K\5\x85K\1\x85\x89NtR."), "does not lie inside"},
    {P(TENSOR "K\6K\0\x85K\1\x85\x89NtR."), "does not lie inside"},
    {P(TENSOR "J\xff\xff\xff\xffK\1\x85K\1\x85\x89NtR."), "does not lie inside"},
    {P(TENSOR "K\0K\3\x85K\3\x85\x89NtR."), "does not lie inside"},
    {P(TENSOR "K\0K\6\x85K\0\x85\x89NtR."), "more numbers than its storage"},
    {P(TENSOR "K\0\x8a\7\0\0\0\0\0\0\1\x8a\7\0\0\0\0\0\0\1\x86K\0K\0\x86\x89NtR."), "larger than any memory"},
    {P(TENSOR "K\0\x8a\7\0\0\0\0\0\0\1\x85\x8a\7\0\0\0\0\0\0\1\x85\x89NtR."), "larger than any memory"},
    {P(TENSOR "K\0J\xff\xff\xff\xff\x85K\1\x85\x89NtR."), "not whole numbers from 0"},
    {P(TENSOR "K\0K\1\x85J\xff\xff\xff\xff\x85\x89NtR."), "not whole numbers from 0"},
    {P(TENSOR "K\0K\1\x85)\x89NtR."), "another number of strides"},
    {P(TENSOR "K\0NK\1\x85\x89NtR."), "no tuple of at most 8"},
    {P(TENSOR "K\0(K\1K\1K\1K\1K\1K\1K\1K\1K\1tK\1\x85\x89NtR."), "no tuple of at most 8"},
};
enum { PICKLES = sizeof pickles / sizeof pickles[0] };

static void a_bad_pickle_is_a_sentence(void)
{
    for (int i = 0; i < PICKLES; i++) check_pickle(pickles[i].bytes, pickles[i].n, pickles[i].words);
}

/* ---- bad files around pickles */

typedef struct {
    const char *name;
    const void *bytes;
    size_t n;
} part;

static void put_zip(const char *name, const part *p, int n, int method)
{
    int error;
    zip_t *z = zip_open(in_folder(name), ZIP_CREATE | ZIP_TRUNCATE, &error);
    CHECK(z != NULL);
    if (!z) return;
    for (int i = 0; i < n; i++) {
        const zip_int64_t at = zip_file_add(z, p[i].name, zip_source_buffer(z, p[i].bytes, p[i].n, 0), 0);
        CHECK(at >= 0 && zip_set_file_compression(z, (zip_uint64_t)at, method, 0) == 0);
    }
    CHECK(zip_close(z) == 0);
}

static void check_zip(const part *p, int n, const char *words)
{
    hl_state_dict *s = NULL;
    put_zip("bad.bin", p, n, ZIP_CM_STORE);
    if (words) {
        CHECK_FAILS(hl_state_dict_open(&s, path), HL_EFORMAT, words);
        CHECK(strstr(hl_error_text(), path) == hl_error_text());
    } else CHECK_OK(hl_state_dict_open(&s, path));
    hl_state_dict_close(s);
}

#define DICT_OF "}X\1\0\0\0x" TENSOR "K\0K\5\x85K\1\x85\x89NtRs."

static void a_bad_archive_is_a_sentence(void)
{
    static const float five[5];
    const part pickle = {"m/data.pkl", P(DICT_OF)}, data = {"m/data/0", five, sizeof five};
    check_zip((part[]){pickle, data}, 2, NULL);
    check_zip((part[]){pickle}, 1, "has no entry m/data/0");
    check_zip((part[]){data}, 1, "a zip file with no data.pkl");
    check_zip((part[]){pickle, {"n/data.pkl", P("}.")}}, 2, "with more than one data.pkl");
    check_zip((part[]){pickle, {"m/data/0", five, 19}}, 2, "has not as many bytes");
    check_zip((part[]){pickle, {"m/data/0", five, 16}}, 2, "has not as many bytes");
    check_zip((part[]){pickle, data, {"m/byteorder", P("big")}}, 3, "not little-endian");
    check_zip((part[]){{"m/data.pkl", P("].")}}, 1, "holds no dict");
    check_zip((part[]){{"m/data.pkl", P("}q\0X\1\0\0\0xh\0s.")}}, 1, "hold one another without end");
    check_zip((part[]){{"m/data.pkl", P("}X\1\0\0\0x]q\0h\0as.")}}, 1, "hold one another without end");
    check_zip((part[]){{"m/data.pkl", P("}(X\1\0\0\0x" TENSOR "K\0K\5\x85K\1\x85\x89NtRq\0X\1\0\0\0xh\0u.")}, data}, 2,
              "it is there twice");
}

/* A list of ten of the same list of ten, twenty times over. */
static void containers_that_grow_without_end_are_refused(void)
{
    char bytes[2000], *at = bytes;
    at = mempcpy(at,
                 "}X\1\0\0\0x]q\0"
                 "0",
                 11);
    for (char i = 0; i < 17; i++) {
        *at++ = ']';
        for (int k = 0; k < 10; k++) *at++ = 'h', *at++ = i, *at++ = 'a';
        *at++ = 'q', *at++ = (char)(i + 1);
        if (i < 16) *at++ = '0';
    }
    *at++ = 's', *at++ = '.';
    const part p = {"m/data.pkl", bytes, (size_t)(at - bytes)};
    check_zip(&p, 1, "without end");
}

/* ---- spoiled files */

/* Whatever becomes of it, it is a status; numbers that are read lie in the file. */
static bool read_everything(const char *at)
{
    hl_log_level(HL_ERROR);
    hl_state_dict *s = NULL;
    const hl_status status = hl_state_dict_open(&s, at);
    if (status != HL_OK) CHECK(status == HL_EFORMAT && strstr(hl_error_text(), at) == hl_error_text());
    for (int i = 0; status == HL_OK && i < hl_state_dict_count(s); i++) {
        const hl_state_tensor *t = hl_state_dict_at(s, i);
        float *x = hl_alloc((t->count + 1) * sizeof *x);
        (void)!hl_state_dict_read(t, x);
        free(x);
    }
    hl_state_dict_close(s);
    return status == HL_OK;
}

static const char *const spoilt[] = {"state-dict.bin",          "state-dict-protocol-4.bin", "state-dict-packed.bin",
                                     "state-dict-deflated.bin", "state-dict-pages.bin",      "state-dict-module.bin"};
enum { SPOILT = sizeof spoilt / sizeof spoilt[0], TIMES = 200 };

static void a_file_that_is_cut_off_is_a_sentence(void)
{
    for (int f = 0; f < SPOILT; f++) {
        char *bytes;
        size_t n;
        const char *at = check_data(spoilt[f]);
        if (!at || !CHECK_OK(hl_regular_read(at, 1 << 20, &bytes, &n))) continue;
        for (size_t i = 0; i < TIMES; i++) {
            CHECK_OK(hl_atomic_write(in_folder("cut.bin"), bytes, n * i / TIMES));
            CHECK(!read_everything(path));
        }
        free(bytes);
    }
}

static void a_file_with_changed_bytes_is_read_or_is_a_sentence(void)
{
    int refused = 0;
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    for (int f = 0; f < SPOILT; f++) {
        char *bytes;
        size_t n;
        const char *at = check_data(spoilt[f]);
        if (!at || !CHECK_OK(hl_regular_read(at, 1 << 20, &bytes, &n))) continue;
        for (int i = 0; i < TIMES; i++) {
            char *spoil = hl_alloc(n);
            memcpy(spoil, bytes, n);
            for (int k = 0; k <= i % 4; k++) spoil[hl_rng_below(&r, n)] ^= (char)(1 << hl_rng_below(&r, 8));
            CHECK_OK(hl_atomic_write(in_folder("spoilt.bin"), spoil, n));
            refused += !read_everything(path);
            free(spoil);
        }
        free(bytes);
    }
    CHECK(refused > TIMES / 2 && refused < SPOILT * TIMES);
}

static const test tests[] = {
    {"all forms of torch.save are read, whatever their offsets and strides", all_forms_of_torch_save_are_read},
    {"whole numbers are named, and are no weights", whole_numbers_are_named_and_no_weights},
    {"a module's own dict, and other alignments are read", a_module_and_other_alignments_are_read},
    {"a part of the names is a state dict too", a_part_of_the_names_is_a_state_dict_too},
    {"what is not read says what to do", what_is_not_read_says_what_to_do},
    {"models of transformers are read", real_models_are_read},
    {"a bad pickle is a sentence", a_bad_pickle_is_a_sentence},
    {"a bad archive is a sentence", a_bad_archive_is_a_sentence},
    {"containers that grow without end are refused", containers_that_grow_without_end_are_refused},
    {"a file that is cut off is a sentence", a_file_that_is_cut_off_is_a_sentence},
    {"a file with changed bytes is read, or is a sentence", a_file_with_changed_bytes_is_read_or_is_a_sentence},
};
HL_TESTS("pytorch", tests)
