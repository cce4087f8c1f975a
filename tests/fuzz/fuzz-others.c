/* fuzz-others.c - readers of what others have written: weights and tokenizers. */
#include "base/arena.h"
#include "io/files/json.h"
#include "io/tokenizer/tokenizer.h"
#include "io/weights/hf-config.h"
#include "io/weights/safetensors.h"
#include "tests/fuzz/fuzz.h"
#include "tests/spm.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fuzz_json(const char *text, size_t n)
{
    json_t *o;
    if (hl_json_read(fuzz_file("x.json", text, n), 1 << 20, &o) == HL_OK) HL_CHECK(json_is_object(o));
    json_decref(o);
}

void fuzz_hf_config(const char *text, size_t n)
{
    hl_transformer shape = {0};
    fuzz_file("config.json", text, n);
    if (hl_hf_config(fuzz_folder(), &shape) == HL_OK)
        HL_CHECK(shape.hidden_size > 0 && shape.num_hidden_layers > 0 && shape.num_attention_heads > 0);
}

void fuzz_safetensors(const char *text, size_t n)
{
    hl_safetensors *s;
    float vector[8], *x;
    if (hl_safetensors_open(&s, fuzz_file("model.safetensors", text, n)) == HL_OK)
        for (int i = 0; i < hl_safetensors_count(s); i++) {
            const hl_safetensor *t = hl_safetensors_at(s, i);
            int64_t numbers = 1;
            for (int k = 0; k < t->ndim; k++) numbers *= t->shape[k];
            HL_CHECK(numbers >= 0 && numbers <= (int64_t)n);
            x = hl_alloc((size_t)numbers * sizeof *x);
            (void)hl_safetensor_read(t, x);
            free(x);
        }
    hl_safetensors_close(s);
    (void)hl_safetensors_vector(fuzz_path("model.safetensors"), 8, vector);
}

static void encode(hl_tokenizer *t)
{
    static const char sample[] = "  A word, <s>[INST] \xC3\xA9\xE2\x96\x81\xF0\x9F\x98\x80</s>\n tail ";
    hl_ids ids = {0};
    if (hl_tokenizer_encode(t, &ids, sample, sizeof sample - 1, 0) == HL_OK)
        for (int i = 0; i < ids.n; i++) HL_CHECK(ids.at[i] >= 0 && ids.at[i] < hl_tokenizer_vocab(t));
    hl_ids_free(&ids);
}

void fuzz_tokenizer(const char *text, size_t n)
{
    hl_tokenizer *t;
    if (hl_tokenizer_open(&t, fuzz_file("tokenizer.model", text, n)) == HL_OK) encode(t);
    hl_tokenizer_close(t);
}

/* The input is the four files beside a small model, apart by a byte that no JSON has. */
void fuzz_tokenizer_folder(const char *text, size_t n)
{
    static const char *const names[] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                        "tokenizer.json"};
    static const spm_text pieces[] = {{"\xE2\x96\x81", SPM_NORMAL, -1},
                                      {"a", SPM_NORMAL, -2},
                                      {"w", SPM_NORMAL, -3},
                                      {"or", SPM_NORMAL, -4},
                                      {"[INST]", SPM_USER_DEFINED, 0}};
    const spm_message model = spm_model(pieces, 5);
    hl_tokenizer *t;
    fuzz_file("tokenizer.model", (const char *)model.at, model.n);
    for (int i = 0; i < 4; i++) {
        const char *end = memchr(text, 1, n);
        const size_t length = end ? (size_t)(end - text) : n;
        if (length) fuzz_file(names[i], text, length);
        else unlink(fuzz_path(names[i]));
        text += end ? length + 1 : length;
        n -= end ? length + 1 : length;
    }
    if (hl_tokenizer_open(&t, fuzz_folder()) == HL_OK) encode(t);
    hl_tokenizer_close(t);
}
