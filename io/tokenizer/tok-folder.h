/* tok-folder.h - what the files around tokenizer.model say, read as AutoTokenizer of transformers does.
 *
 * The rules are those of the fast tokenizer of transformers 4.4x and 4.5x:
 *     tokenizer_config.json    tokenizer_class, add_bos_token, add_eos_token, add_prefix_space, legacy,
 *                              added_tokens_decoder, bos_token, eos_token and the other special tokens,
 *                              split_special_tokens
 *     special_tokens_map.json, added_tokens.json
 *                              where tokenizer_config.json has no added_tokens_decoder
 *     tokenizer.json           its prefix, merges and added tokens, where add_prefix_space is not given
 *     config.json              model_type, where there is no tokenizer_class
 * Keys without an effect on ids (chat_template, padding_side, model_max_length, clean_up_tokenization_spaces, ...)
 * are not looked at. */
#ifndef IO_TOKENIZER_TOK_FOLDER_H
#define IO_TOKENIZER_TOK_FOLDER_H
#include "io/tokenizer/tok-rules.h"

/* On entry r has the rules of tokenizer.model alone, with its control and user-defined pieces added; on return those
 * of the folder.  HL_EFORMAT names a key that is not supported.  Local. */
hl_status hl_tok_folder_read(hl_tok_rules *r, const hl_vocab *pieces, const char *folder);

#endif
