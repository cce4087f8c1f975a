/* tok-json.c - tokenizer.json, the form of Hugging Face's fast tokenizers. */
#include "base/log.h"
#include "io/files/json.h"
#include "io/tokenizer/pipeline.h"
#include "io/tokenizer/tokenizer-kind.h"

enum { MOST_FILE = 256 << 20 };

static hl_status json_open(hl_tokenizer *t, const char *path, const char *bytes, size_t n)
{
    json_t *says;
    hl_pipeline *p = NULL;
    (void)bytes, (void)n;
    if (t->folder) hl_log(HL_WARN, "%s is taken as it is; other files of the folder are not heeded yet", path);
    hl_status s = hl_json_read(path, MOST_FILE, &says);
    if (s == HL_OK) s = hl_pipeline_open(&p, says, path);
    json_decref(says);
    t->own = p;
    if (s != HL_OK) return s;
    t->vocab = hl_pipeline_vocab(p);
    t->digest = hl_pipeline_digest(p);
    return HL_OK;
}

static hl_status json_encode(hl_tokenizer *t, hl_ids *ids, const char *text, size_t n)
{
    return hl_pipeline_encode(t->own, ids, text, n);
}

static void json_close(hl_tokenizer *t) { hl_pipeline_close(t->own); }

const hl_tokenizer_kind_ops hl_tok_json = {"tokenizer.json", "tokenizer.json", json_open, json_encode, json_close};
