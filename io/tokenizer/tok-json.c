/* tok-json.c - tokenizer.json, the form of Hugging Face's fast tokenizers, and vocab.json with merges.txt. */
#include "base/log.h"
#include "io/files/json.h"
#include "io/tokenizer/make-fast.h"
#include "io/tokenizer/tokenizer-kind.h"
#include <ctype.h>

enum { MOST_FILE = 256 << 20 };

/* What is known of is taken as a plain class's where some file is there that could say something. */
static hl_status json_make(json_t **fast, hl_tok_config *c, const char *path, const char *bytes, size_t n)
{
    json_t *says;
    (void)bytes, (void)n;
    hl_status s = hl_json_read(path, MOST_FILE, &says);
    *fast = says;
    if (s != HL_OK) return s;
    if (json_is_object(json_object_get(says, "model"))) {
        if (c->file[HL_TOK_CONFIG] || c->file[HL_TOK_MAP] || c->file[HL_TOK_ADDED])
            hl_tok_config_default(c, "PreTrainedTokenizer");
        if (hl_tok_config_wants_pieces(c))
            hl_log(HL_WARN,
                   "%s: add_prefix_space of tokenizer_config.json is not heeded: there are no pieces beside it "
                   "to make another tokenizer of",
                   path);
        return HL_OK;
    }
    s = hl_make_fast_pair(fast, says, c, path);
    json_decref(says);
    return s;
}

static bool json_is(const char *bytes, size_t n)
{
    size_t at = 0;
    while (at < n && isspace((unsigned char)bytes[at])) at++;
    return at < n && bytes[at] == '{';
}

const hl_tokenizer_kind_ops hl_tok_json = {.name = "tokenizer.json", .is = json_is, .make = json_make};
