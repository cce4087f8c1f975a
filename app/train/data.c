/* data.c - the dataset that a configuration names. */
#include "app/train/data.h"

hl_prepare_settings hl_data_settings(const hl_config *c)
{
    const bool texts = hl_config_prepares_texts(c);
    return (hl_prepare_settings){
        .data_path = c->data_path,
        .text_path = texts ? c->text_path : "",
        .dataset = c->dataset,
        .folder = *c->dataset_dir ? c->dataset_dir : NULL,
        .tokenizer = !texts          ? "bytes"
                     : *c->tokenizer ? c->tokenizer
                                     : c->item_pretrain_dir,
        .max_text_length = c->MAX_TEXT_LENGTH,
        .item_prompt = c->item_prompt,
        .text_keys = (const char *const *)c->text_keys.at,
        .n_text_keys = c->text_keys.n,
        .split = {c->split_kind, c->split_valid, c->split_test},
        .labels = {c->fusion != HL_FUSION_NONE ? c->label_field : NULL, c->label_positive},
        .texts_do_not_matter = !hl_config_needs_texts(c),
    };
}

hl_status hl_data_folder(char folder[PATH_MAX], const hl_group *world, hl_prepare_settings *s)
{
    HL_TRY_ALL(world, world->rank == 0 ? hl_prepare_folder(folder, s) : HL_OK);
    hl_group_broadcast(world, folder, PATH_MAX, 0);
    s->folder = folder;
    return HL_OK;
}

void hl_data_tell(const hl_group *world, const hl_manifest *m)
{
    if (world->rank != 0) return;
    hl_report_tell(&m->report, &m->examples);
    hl_split_tell(&m->split, &m->split_report);
}

void hl_data_warn(const hl_group *world, const hl_config *c, const hl_manifest *m)
{
    if (world->rank != 0) return;
    hl_report_warn_of_interactions(&m->report, &m->examples);
    if (hl_config_reads_texts(c)) hl_report_warn_of_texts(&m->report, &m->examples, NULL);
}
