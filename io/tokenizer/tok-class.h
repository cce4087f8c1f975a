/* tok-class.h - the classes of tokenizers in transformers: what each does beside its files.
 *
 * A class is a row of the table in tok-class.c, found by tokenizer_class of tokenizer_config.json, or by model_type of
 * config.json. */
#ifndef IO_TOKENIZER_TOK_CLASS_H
#define IO_TOKENIZER_TOK_CLASS_H
#include <stdbool.h>

/* Special tokens, in the order in which they are added. */
enum { HL_TOK_BOS, HL_TOK_EOS, HL_TOK_UNK, HL_TOK_SEP, HL_TOK_PAD, HL_TOK_CLS, HL_TOK_MASK, HL_TOK_SPECIALS };

/* Who decides which special ids stand around a text. */
typedef enum {
    HL_TOK_AROUND_FILE, /* the post_processor of tokenizer.json */
    HL_TOK_AROUND_ENDS, /* add_bos_token and add_eos_token */
} hl_tok_around;

typedef struct {
    const char *name;        /* without "Fast" */
    const char *model_types; /* of config.json, where no class is named; blanks between, before and behind */
    hl_tok_around around;
    bool adds_bos;             /* what add_bos_token is where it is absent */
    bool is_bert;              /* do_lower_case, strip_accents, tokenize_chinese_chars override the normalizer */
    bool is_made_of_pieces;    /* with add_prefix_space given, tokenizer.json is not looked at */
    bool runs_own_code;        /* from its folder; what that does is known here */
    bool specials_are_objects; /* texts become tokens of the class's own making, */
    bool mask_takes_blanks;    /* and so does the mask, with the white space before it */
    int extra_ids;             /* <extra_id_0>, ... */
    const char *special[HL_TOK_SPECIALS]; /* where a key is absent; NULL: none */
} hl_tok_class;

/* By the name, with or without "Fast", or by the model type; NULL where none is known.  Either may be NULL. */
const hl_tok_class *hl_tok_class_find(const char *name, const char *model_type);

/* That of a tokenizer.json of which nothing else is known. */
const hl_tok_class *hl_tok_class_plain(void);

#endif
