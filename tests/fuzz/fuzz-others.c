/* fuzz-others.c - readers of what others have written: weights and tokenizers. */
#include "base/arena.h"
#include "io/files/json.h"
#include "io/files/utf8.h"
#include "io/files/zip.h"
#include "io/tokenizer/regex.h"
#include "io/tokenizer/tokenizer.h"
#include "io/weights/hf-config.h"
#include "io/weights/pickle.h"
#include "io/weights/state-dict.h"
#include "tests/fuzz/fuzz.h"
#include "tests/spm.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

hl_status fuzz_json(const char *text, size_t n)
{
    json_t *o;
    hl_status s = hl_json_read(fuzz_file("x.json", text, n), 1 << 20, &o);
    if (s == HL_OK) HL_CHECK(json_is_object(o));
    json_decref(o);
    return s;
}

hl_status fuzz_hf_config(const char *text, size_t n)
{
    hl_transformer shape = {0};
    fuzz_file("config.json", text, n);
    hl_status s = hl_hf_config(fuzz_folder(), &shape);
    if (s == HL_OK) HL_CHECK(shape.hidden_size > 0 && shape.num_hidden_layers > 0 && shape.num_attention_heads > 0);
    return s;
}

/* All numbers that the file says it has. */
static void read_all(const hl_state_dict *s, size_t most)
{
    for (int i = 0; i < hl_state_dict_count(s); i++) {
        const hl_state_tensor *t = hl_state_dict_at(s, i);
        size_t numbers = 1;
        for (int k = 0; k < t->ndim; k++) numbers *= (size_t)t->shape[k];
        HL_CHECK(numbers == t->count && numbers <= most);
        float *x = hl_alloc(numbers * sizeof *x);
        const hl_status status = hl_state_dict_read(t, x); /* whole numbers are refused here alone */
        HL_CHECK(status == HL_OK || status == HL_EFORMAT);
        free(x);
    }
}

static hl_status read_state_dict(const char *path, size_t most)
{
    hl_state_dict *s;
    hl_status status = hl_state_dict_open(&s, path);
    if (status == HL_OK) read_all(s, most);
    hl_state_dict_close(s);
    return status;
}

hl_status fuzz_safetensors(const char *text, size_t n)
{
    float vector[8];
    hl_status s = read_state_dict(fuzz_file("model.safetensors", text, n), n);
    (void)hl_state_dict_vector(fuzz_path("model.safetensors"), 8, vector);
    return s;
}

/* The index of a folder with two shards, one of which has half of the input behind a byte 1. */
hl_status fuzz_safetensors_index(const char *text, size_t n)
{
    static const char good[] =
        "8\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}  01234567";
    const char *end = memchr(text, 1, n);
    const size_t length = end ? (size_t)(end - text) : n;
    unlink(fuzz_path("model.safetensors"));
    fuzz_file("model.safetensors.index.json", text, length);
    fuzz_file("one.safetensors", good, sizeof good - 1);
    fuzz_file("two.safetensors", end ? end + 1 : good, end ? n - length - 1 : 0);
    return read_state_dict(fuzz_folder(), n + sizeof good);
}

/* Compressed numbers may be a thousand times as many. */
hl_status fuzz_pytorch(const char *text, size_t n)
{
    return read_state_dict(fuzz_file("pytorch_model.bin", text, n), 2000 * (n + 70));
}

/* All entries, by their names. */
hl_status fuzz_zip(const char *text, size_t n)
{
    hl_zip *z;
    hl_status s = hl_zip_open(&z, "fuzz.zip", text, n);
    for (int i = 0; s == HL_OK && i < hl_zip_count(z); i++) {
        hl_zip_entry e;
        uint64_t sum = 0;
        s = hl_zip_find(z, &e, hl_zip_name(z, i));
        for (size_t k = 0; s == HL_OK && k < e.size; k++) sum += (unsigned char)e.bytes[k];
    }
    if (s == HL_OK) s = hl_zip_check_apart(z);
    hl_zip_close(z);
    return s;
}

hl_status fuzz_pickle(const char *text, size_t n)
{
    const hl_pickle_value *v;
    hl_arena arena = hl_arena_growing("a pickle");
    hl_status s = hl_pickle_read(&v, text, n, "fuzz.bin", &arena);
    if (s == HL_OK && v->kind == HL_PICKLE_TENSOR)
        HL_CHECK(v->tensor->ndim <= HL_STATE_DIMS && v->tensor->offset <= v->tensor->storage->numbers);
    hl_arena_free(&arena);
    return s;
}

static hl_status encode(hl_tokenizer *t)
{
    static const char sample[] = "  A word, <s>[INST] \xC3\xA9\xE2\x96\x81\xF0\x9F\x98\x80</s>\n tail ";
    hl_ids ids = {0};
    hl_status s = hl_tokenizer_encode(t, &ids, sample, sizeof sample - 1, 0);
    for (int i = 0; s == HL_OK && i < ids.n; i++) HL_CHECK(ids.at[i] >= 0 && ids.at[i] < hl_tokenizer_vocab(t));
    hl_ids_free(&ids);
    return s;
}

static hl_status tokenize_by(const char *where)
{
    hl_tokenizer *t;
    hl_status s = hl_tokenizer_open(&t, where);
    if (s == HL_OK) s = encode(t);
    hl_tokenizer_close(t);
    return s;
}

hl_status fuzz_tokenizer(const char *text, size_t n) { return tokenize_by(fuzz_file("tokenizer.model", text, n)); }

/* The input is the four files beside a small model, apart by a byte that no JSON has. */
hl_status fuzz_tokenizer_folder(const char *text, size_t n)
{
    static const char *const names[] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                        "tokenizer.json"};
    static const spm_text pieces[] = {{"\xE2\x96\x81", SPM_NORMAL, -1},
                                      {"a", SPM_NORMAL, -2},
                                      {"w", SPM_NORMAL, -3},
                                      {"or", SPM_NORMAL, -4},
                                      {"[INST]", SPM_USER_DEFINED, 0}};
    const spm_message model = spm_model(pieces, 5);
    fuzz_file("tokenizer.model", (const char *)model.at, model.n);
    for (int i = 0; i < 4; i++) {
        const char *end = memchr(text, 1, n);
        const size_t length = end ? (size_t)(end - text) : n;
        if (length) fuzz_file(names[i], text, length);
        else unlink(fuzz_path(names[i]));
        text += end ? length + 1 : length;
        n -= end ? length + 1 : length;
    }
    return tokenize_by(fuzz_folder());
}

hl_status fuzz_tokenizer_json(const char *text, size_t n) { return tokenize_by(fuzz_file("tokenizer.json", text, n)); }

/* The first byte says the class; the rest is a file of pieces, in whatever form it has. */
hl_status fuzz_tokenizer_pieces(const char *text, size_t n)
{
    static const char *const classes[] = {"T5Tokenizer",   "AlbertTokenizer", "XLMRobertaTokenizer",
                                          "BertTokenizer", "LlamaTokenizer",  "BaichuanTokenizer",
                                          "GPT2Tokenizer", "QWenTokenizer"};
    char config[100];
    if (n == 0) return HL_OK;
    snprintf(config, sizeof config, "{\"tokenizer_class\":\"%s\"}", classes[(unsigned char)text[0] % 8]);
    fuzz_file("tokenizer_config.json", config, strlen(config));
    fuzz_file("merges.txt", "a b\n", 4);
    fuzz_file("spiece.model", text + 1, n - 1);
    return tokenize_by(fuzz_folder());
}

/* vocab.json, and behind a byte 1 merges.txt. */
hl_status fuzz_tokenizer_merges(const char *text, size_t n)
{
    static const char class[] = "{\"tokenizer_class\":\"GPT2Tokenizer\"}";
    const char *end = memchr(text, 1, n);
    const size_t length = end ? (size_t)(end - text) : n;
    unlink(fuzz_path("spiece.model"));
    fuzz_file("tokenizer_config.json", class, sizeof class - 1);
    fuzz_file("vocab.json", text, length);
    fuzz_file("merges.txt", end ? end + 1 : "", end ? n - length - 1 : 0);
    return tokenize_by(fuzz_folder());
}

/* A pattern, and behind a byte 1 what it is looked for in. */
hl_status fuzz_regex(const char *text, size_t n)
{
    const char *gap = memchr(text, 1, n);
    char *pattern = hl_alloc_text(text);
    const char *in = gap ? gap + 1 : "some text, 12 words\n";
    const size_t length = gap ? n - (size_t)(in - text) : strlen(in);
    hl_regex *r;
    hl_regex_match m = {0};
    bool found = true;
    if (gap && (size_t)(gap - text) < strlen(pattern)) pattern[gap - text] = 0;
    hl_status s = hl_regex_open(&r, pattern, "x");
    found = s == HL_OK && hl_utf8_valid(in, length) == length;
    while (found && (s = hl_regex_next(r, &m, in, length, &found)) == HL_OK)
        HL_CHECK(!found || (m.begin <= m.end && m.end <= length));
    hl_regex_close(r);
    free(pattern);
    return s;
}
