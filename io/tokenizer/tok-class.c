/* tok-class.c - the classes of tokenizers in transformers 4.51: what each does beside its files. */
#include "io/tokenizer/tok-class.h"
#include <stdio.h>
#include <string.h>

#define LLAMA_SPECIALS         \
    {                          \
        "<s>", "</s>", "<unk>" \
    }
#define BERT_SPECIALS                                            \
    {                                                            \
        NULL, NULL, "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]" \
    }
#define ROBERTA_SPECIALS                                         \
    {                                                            \
        "<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>" \
    }
#define GPT2_SPECIALS                                     \
    {                                                     \
        "<|endoftext|>", "<|endoftext|>", "<|endoftext|>" \
    }
#define BERT(class, types)                                                             \
    {                                                                                  \
        .name = class, .model_types = types, .is_bert = true, .special = BERT_SPECIALS \
    }
#define ROBERTA(class, types)                                                                       \
    {                                                                                               \
        .name = class, .model_types = types, .mask_takes_blanks = true, .special = ROBERTA_SPECIALS \
    }

static const hl_tok_class classes[] = {
    {.name = "PreTrainedTokenizer", .model_types = " falcon "},
    {.name = "LlamaTokenizer",
     .model_types = " llama mistral mixtral phi3 ",
     .around = HL_TOK_AROUND_ENDS,
     .adds_bos = true,
     .is_made_of_pieces = true,
     .special = LLAMA_SPECIALS},
    {.name = "Qwen2Tokenizer",
     .model_types = " qwen2 qwen3 ",
     .specials_are_objects = true,
     .special = {NULL, "<|endoftext|>", "<|endoftext|>", NULL, "<|endoftext|>"}},
    {.name = "GPT2Tokenizer", .model_types = " gpt2 gptj gpt_neo ", .special = GPT2_SPECIALS},
    {.name = "CodeGenTokenizer", .model_types = " phi codegen ", .special = GPT2_SPECIALS},
    {.name = "GPTNeoXTokenizer", .model_types = " gpt_neox ", .around = HL_TOK_AROUND_ENDS, .special = GPT2_SPECIALS},
    BERT("BertTokenizer", " bert "),
    BERT("DistilBertTokenizer", " distilbert "),
    BERT("ElectraTokenizer", " electra "),
    BERT("MobileBertTokenizer", " mobilebert "),
    ROBERTA("RobertaTokenizer", " roberta "),
    ROBERTA("XLMRobertaTokenizer", " xlm-roberta "),
    ROBERTA("BartTokenizer", " bart "),
    ROBERTA("LongformerTokenizer", " longformer "),
    {.name = "AlbertTokenizer",
     .model_types = " albert ",
     .mask_takes_blanks = true,
     .special = {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"}},
    {.name = "T5Tokenizer",
     .model_types = " t5 mt5 umt5 ",
     .is_made_of_pieces = true,
     .extra_ids = 100,
     .special = {NULL, "</s>", "<unk>", NULL, "<pad>"}},
    {.name = "QWenTokenizer", .model_types = " qwen ", .runs_own_code = true},
    {.name = "BaichuanTokenizer", .model_types = " baichuan ", .runs_own_code = true},
};
enum { CLASSES = sizeof classes / sizeof classes[0] };

static bool is_named(const hl_tok_class *c, const char *name)
{
    size_t n = strlen(c->name);
    return strncmp(name, c->name, n) == 0 && (!name[n] || strcmp(name + n, "Fast") == 0);
}

static bool has_type(const hl_tok_class *c, const char *type)
{
    char word[64];
    int n = snprintf(word, sizeof word, " %s ", type);
    return n < (int)sizeof word && !strchr(type, ' ') && strstr(c->model_types, word);
}

const hl_tok_class *hl_tok_class_find(const char *name, const char *model_type)
{
    for (int i = 0; i < CLASSES; i++)
        if (name ? is_named(&classes[i], name) : model_type && has_type(&classes[i], model_type)) return &classes[i];
    return NULL;
}

const hl_tok_class *hl_tok_class_plain(void) { return &classes[0]; }
