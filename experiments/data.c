/* data.c - the dataset that a configuration names. */
#include "experiments/data.h"

hl_prepare_settings hl_data_settings(const hl_config *c)
{
    return (hl_prepare_settings){
        .data_path = c->data_path,
        .text_path = c->text_path,
        .dataset = c->dataset,
        .folder = *c->dataset_dir ? c->dataset_dir : NULL,
        .tokenizer = *c->tokenizer ? c->tokenizer : c->item_pretrain_dir,
        .max_text_length = c->MAX_TEXT_LENGTH,
        .item_prompt = c->item_prompt,
        .text_keys = (const char *const *)c->text_keys.at,
        .n_text_keys = c->text_keys.n,
    };
}
