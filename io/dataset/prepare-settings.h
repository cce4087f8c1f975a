/* prepare-settings.h - what a dataset is made from, how, and where. */
#ifndef IO_DATASET_PREPARE_SETTINGS_H
#define IO_DATASET_PREPARE_SETTINGS_H
#include "base/error.h"
#include "io/dataset/label.h"
#include "io/dataset/manifest.h"
#include "io/files/progress.h"
#include "io/tokenizer/tokenizer.h"
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Texts are borrowed.  A number that is 0 stands for its default. */
typedef struct {
    const char *data_path, *text_path, *dataset; /* <data_path>/<dataset>.csv, <text_path>/<dataset>.csv; or .tsv ... */
    const char *folder;                          /* NULL: <data_path>/<dataset>-<digest of the recipe>.hllm */
    const char *tokenizer;                       /* as hl_tokenizer_open takes it */
    int max_text_length;
    const char *item_prompt;
    const char *const *text_keys;
    int n_text_keys;
    hl_split_rule split;              /* zero: leave two out */
    hl_label_choice labels;           /* zero: none */
    int64_t shard_items, shard_users; /* rows of a shard; 4096 and 65536 */
    size_t field_limit;               /* bytes of a CSV field; 16 MiB */
    const char *run;                  /* a run folder: the dataset that it was trained on is not replaced; NULL: none */
    uint64_t run_data;                /* its digest */
    bool texts_do_not_matter;         /* no model reads them: texts that say nothing are not refused, and text_path may
                                         be NULL or "": the dataset has none */
    hl_progress_show progress;        /* as hl_progress has them */
    void *progress_self;
} hl_prepare_settings;

/* Has the dataset texts?  How many source files it is made of: HL_INTERACTIONS, or HL_TEXTS too. */
bool hl_prepare_has_texts(const hl_prepare_settings *s);
int hl_prepare_sources(const hl_prepare_settings *s);

/* HL_EUSAGE with a sentence where the settings are not possible. */
hl_status hl_prepare_check(const hl_prepare_settings *s);

/* hl_report_check for a dataset of these settings, unless texts_do_not_matter. */
hl_status hl_prepare_check_report(const hl_prepare_settings *s, const hl_prepare_report *r,
                                  const hl_prepare_examples *e);

/* The folder of the dataset.  With s->folder it is that one, behind links; else <data_path>/<dataset>-<8 hexadecimal
 * digits of the recipe's digest>.hllm, for which the tokenizer is read, or <data_path>/<dataset>.hllm, the name of
 * earlier versions, where that has this recipe. */
hl_status hl_prepare_folder(char path[PATH_MAX], const hl_prepare_settings *s);

/* A source file (HL_INTERACTIONS, HL_TEXTS): the first of .csv, .tsv and RecBole's .inter or .item that exists; .csv
 * where none does.  hl_prepare_find_source: HL_EFORMAT where the only one is of a kind that is not read, such as
 * .csv.gz. */
hl_status hl_prepare_source(char path[PATH_MAX], const hl_prepare_settings *s, int source);
hl_status hl_prepare_find_source(char path[PATH_MAX], const hl_prepare_settings *s, int source);

/* The recipe of the settings; without texts one of no text_keys, whatever the settings say of texts.  Its texts belong
 * to the settings: do not free it. */
hl_recipe hl_prepare_recipe(const hl_prepare_settings *s, const hl_tokenizer *t);

#endif
