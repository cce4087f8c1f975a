/* unpretrained.c - defaults of a job whose Item LLM has no pretrained folder.
 *
 * - The prompt is an instruction for a model that has learned to follow some.  To random weights it is 48 equal bytes
 *   before each text.
 * - MAX_TEXT_LENGTH counts tokens, and a byte is a quarter of one.
 * - A random weight of 0.02 suits models that are thousands wide.  In a narrow one attention and MLP then add little to
 *   what all texts have in common: at width 64 a sixth of the negatives of real texts is above nce_thres before the
 *   first update.  At 1/sqrt(hidden_size) a product is as large as its input, whatever the width, and none is.  Rows of
 *   a table of items differ from the start: LLMIDRec is left at the 0.02 of its public code. */
#include "app/config/unpretrained.h"
#include "app/config/options.h"
#include <math.h>
#include <string.h>

enum { BYTES_LENGTH = 256 };

static bool item_has_no_folder(const hl_config *c) { return !*c->item_pretrain_dir; }

static bool users_read_texts_without_a_folder(const hl_config *c)
{
    return hl_model_facts_of[c->model].reads_texts && item_has_no_folder(c) && !*c->user_pretrain_dir;
}

static bool item_reads_bytes(const hl_config *c) { return item_has_no_folder(c) && strcmp(c->tokenizer, "bytes") == 0; }

static void no_prompt(hl_config *c) { *c->item_prompt = 0; }

static void length_of_bytes(hl_config *c) { c->MAX_TEXT_LENGTH = BYTES_LENGTH; }

static void item_range(hl_config *c) { c->item_llm.initializer_range = 1 / sqrt(c->item_llm.hidden_size); }

static void user_range(hl_config *c) { c->user_llm.initializer_range = 1 / sqrt(c->user_llm.hidden_size); }

static const struct {
    const char *key;
    bool (*applies)(const hl_config *c);
    void (*fill)(hl_config *c);
    const char *words, *from;
} rows[] = {
    {"item_prompt", item_has_no_folder, no_prompt, "none without item_pretrain_dir",
     "default without item_pretrain_dir"},
    {"MAX_TEXT_LENGTH", item_reads_bytes, length_of_bytes, "256 of bytes without item_pretrain_dir",
     "default of bytes without item_pretrain_dir"},
    {"item_llm.initializer_range", item_has_no_folder, item_range, "1/sqrt(hidden_size) without item_pretrain_dir",
     "default without item_pretrain_dir: 1/sqrt(hidden_size)"},
    {"user_llm.initializer_range", users_read_texts_without_a_folder, user_range,
     "1/sqrt(hidden_size) of HLLM without pretrained folders",
     "default without pretrained folders: 1/sqrt(hidden_size)"},
};
enum { ROWS = sizeof rows / sizeof rows[0] };

void hl_unpretrained_fill(hl_config *c)
{
    for (int i = 0; i < ROWS; i++) {
        if (hl_config_given(c, rows[i].key) || !rows[i].applies(c)) continue;
        rows[i].fill(c);
        c->because[hl_option_find(rows[i].key)] = rows[i].from;
    }
}

const char *hl_unpretrained_words(const char *key)
{
    for (int i = 0; i < ROWS; i++)
        if (strcmp(rows[i].key, key) == 0) return rows[i].words;
    return NULL;
}
