/* pipeline.c - what tokenizer.json describes, from a text to its ids. */
#include "io/tokenizer/pipeline.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/minmax.h"
#include "io/tokenizer/added-tokens.h"
#include "io/tokenizer/byte-letters.h"
#include "io/tokenizer/normalizer.h"
#include "io/tokenizer/postprocessor.h"
#include "io/tokenizer/pretokenizer.h"
#include "io/tokenizer/tok-model.h"
#include "io/tokenizer/unicode.h"
#include <stdlib.h>
#include <string.h>

struct hl_pipeline {
    hl_added_tokens raw, normalized;
    hl_normalizer *normalizer;
    hl_pretokenizer *pretokenizer;
    hl_pretokenizer_end end;
    bool reads_letters; /* words come as letters, and the model wants bytes */
    hl_tok_model *model;
    hl_postprocessor around;
    int vocab;
    uint64_t digest;
    hl_ids *ids;         /* of the text that is being encoded */
    hl_tok_buffer bytes; /* scratch */
};

static hl_status take_word(void *own, const char *word, size_t n)
{
    hl_pipeline *p = own;
    if (!p->reads_letters) return hl_tok_model_encode(p->model, p->ids, word, n);
    p->bytes.n = 0;
    HL_CHECK(hl_byte_letters_read(&p->bytes, word, n));
    return hl_tok_model_encode(p->model, p->ids, p->bytes.at, p->bytes.n);
}

/* ---- opening */

/* Digest of the parts that are small, as they are written. */
static uint64_t digest_of_text(const json_t *says, const char *key)
{
    char *text = json_dumps(json_object_get(says, key), JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);
    uint64_t d = text ? hl_digest(text, strlen(text)) : 0;
    free(text);
    return d;
}

static uint64_t digest_of_ids(const hl_ids *ids)
{
    return hl_digest_join((uint64_t)ids->n, ids->n ? hl_digest(ids->at, (size_t)ids->n * sizeof *ids->at) : 0);
}

static void find_digest(hl_pipeline *p, const json_t *says)
{
    uint64_t d = hl_tok_model_digest(p->model);
    d = hl_digest_join(d, digest_of_text(says, "normalizer"));
    d = hl_digest_join(d, digest_of_text(says, "pre_tokenizer"));
    d = hl_digest_join(d, hl_added_tokens_digest(&p->raw));
    d = hl_digest_join(d, hl_added_tokens_digest(&p->normalized));
    p->digest = hl_digest_join(hl_digest_join(d, digest_of_ids(&p->around.before)), digest_of_ids(&p->around.behind));
}

static int end_of_ids(const hl_ids *ids, int end)
{
    for (int i = 0; i < ids->n; i++) end = hl_max(end, ids->at[i] + 1);
    return end;
}

static int end_of_added(const hl_added_tokens *a, int end)
{
    for (int i = 0; i < a->n; i++) end = hl_max(end, a->at[i].id + 1);
    return end;
}

static void find_vocab(hl_pipeline *p)
{
    int end = end_of_added(&p->raw, end_of_added(&p->normalized, p->model->vocab.end));
    p->vocab = end_of_ids(&p->around.before, end_of_ids(&p->around.behind, end));
}

static hl_status open_parts(hl_pipeline *p, const json_t *says, const char *path)
{
    HL_TRY(hl_normalizer_open(&p->normalizer, json_object_get(says, "normalizer"), path));
    HL_TRY(hl_pretokenizer_open(&p->pretokenizer, json_object_get(says, "pre_tokenizer"), path));
    bool is_bytes = hl_pretokenizer_is_bytes(p->pretokenizer);
    HL_TRY(hl_tok_model_open(&p->model, json_object_get(says, "model"), is_bytes, path));
    HL_TRY(hl_added_tokens_read(&p->raw, &p->normalized, json_object_get(says, "added_tokens"), p->normalizer, path));
    p->raw.lets_special_pass = p->normalized.lets_special_pass =
        json_is_true(json_object_get(says, "encode_special_tokens"));
    return hl_postprocessor_read(&p->around, json_object_get(says, "post_processor"), path);
}

hl_status hl_pipeline_open(hl_pipeline **out, const json_t *says, const char *path)
{
    hl_pipeline *p = *out = hl_alloc_zero(1, sizeof *p);
    hl_unicode_classes();
    HL_TRY(open_parts(p, says, path));
    p->end = (hl_pretokenizer_end){take_word, p};
    for (const hl_pretokenizer *s = p->pretokenizer; s; s = s->next)
        p->reads_letters = p->reads_letters || (s->kind == &hl_pretokenizer_byte_level && s->next);
    find_vocab(p);
    find_digest(p, says);
    return HL_OK;
}

void hl_pipeline_close(hl_pipeline *p)
{
    if (!p) return;
    hl_added_tokens_free(&p->raw);
    hl_added_tokens_free(&p->normalized);
    hl_normalizer_close(p->normalizer);
    hl_pretokenizer_close(p->pretokenizer);
    hl_tok_model_close(p->model);
    hl_postprocessor_free(&p->around);
    hl_tok_buffer_free(&p->bytes);
    free(p);
}

int hl_pipeline_vocab(const hl_pipeline *p) { return p->vocab; }

int hl_pipeline_ids_behind(const hl_pipeline *p) { return p->around.behind.n; }

uint64_t hl_pipeline_digest(const hl_pipeline *p) { return p->digest; }

/* ---- encoding */

/* A text between added tokens; begins_text: it stands where the whole text begins. */
static hl_status encode_between(hl_pipeline *p, const char *text, size_t n, bool begins_text)
{
    hl_added_match m = {0};
    if (n == 0) return HL_OK;
    HL_TRY(hl_normalizer_run(p->normalizer, &text, &n));
    while (hl_added_tokens_next(&p->normalized, &m, text, n)) {
        HL_TRY(hl_pretokenizer_run(p->pretokenizer, &p->end, text + m.begin, m.end - m.begin,
                                   begins_text && m.begin == 0));
        if (m.id >= 0) hl_ids_push(p->ids, m.id);
    }
    return HL_OK;
}

hl_status hl_pipeline_encode(hl_pipeline *p, hl_ids *ids, const char *text, size_t n)
{
    hl_added_match m = {0};
    p->ids = ids;
    hl_ids_push_all(ids, &p->around.before);
    while (hl_added_tokens_next(&p->raw, &m, text, n)) {
        HL_TRY(encode_between(p, text + m.begin, m.end - m.begin, m.begin == 0));
        if (m.id >= 0) hl_ids_push(ids, m.id);
    }
    hl_ids_push_all(ids, &p->around.behind);
    return HL_OK;
}
