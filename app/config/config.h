/* config.h - the configuration of a job: one struct, and the table of options behind it.
 *
 * A value comes from the command line, else from a configuration file, else it is the default; each remembers where
 * it came from.  The C name is the key with underscores for dots, except for the two shapes.  Parser, ranges,
 * defaults, --help, manual page and used.yaml come from the table (options.c). */
#ifndef APP_CONFIG_CONFIG_H
#define APP_CONFIG_CONFIG_H
#include "base/error.h"
#include "app/config/model-choice.h"
#include "app/config/names.h"
#include "math/criterion.h"
#include "model/transformer.h"
#include "data/groups.h"
#include "data/mask.h"
#include "step/rank-mapping.h"
#include "data/split.h"
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

typedef enum { HL_BY_ITEM_TOKENS, HL_ITEM_TOKEN, HL_LAST_TOKEN, HL_MEAN_OF_TOKENS, HL_CLS } hl_item_pooling;
typedef enum { HL_ACT_AUTO, HL_ACT_GELU, HL_ACT_SILU } hl_hidden_act;
typedef enum { HL_NEGATIVES_AUTO, HL_NEGATIVES_SHARED, HL_NEGATIVES_OWN } hl_negatives_kind;
typedef enum { HL_MEAN_GLOBAL, HL_MEAN_RANK } hl_loss_mean;
typedef enum { HL_SCHEDULE_CONSTANT, HL_SCHEDULE_LINEAR, HL_SCHEDULE_COSINE } hl_schedule_kind;
/* Rows of users that pass through the User LLM together. */
enum { HL_USER_MICRO_BATCH_ROWS = 128 };

typedef enum { HL_PLACE_AUTO, HL_PLACE_SEPARATE, HL_PLACE_COLOCATED, HL_PLACE_HYBRID } hl_placement;
typedef enum { HL_FP32, HL_BF16 } hl_precision;
enum { HL_BUDGET_AUTO = -2 };

typedef struct {
    int *at;
    int n;
    size_t room;
} hl_ints;

enum { HL_OPTIONS_MOST = 160 };

typedef struct {
    /* data */
    char *data_path, *dataset, *text_path, *dataset_dir;
    hl_names text_keys;
    char *item_prompt, *tokenizer;
    int MAX_TEXT_LENGTH, MAX_ITEM_LIST_LENGTH, MAX_ITEM_LIST_LENGTH_TEST;
    bool data_split;
    double train_users; /* share of the users */
    hl_split_kind split_kind;
    double split_valid, split_test;

    /* model */
    hl_model_choice model, user_model; /* user_model: hl_config_user_model tells what it means */
    char *item_pretrain_dir, *user_pretrain_dir, *item_emb_pretrain, *load_pretrain;
    char *item_cache; /* a file of item vectors instead of an Item LLM, or "auto"; "": none */
    bool item_llm_init, user_llm_init;
    int item_emb_token_n;
    hl_item_pooling pooling;
    int adapter, item_positions;       /* is there one? do learned ones end alike? */
    bool time_embedding, id_embedding; /* is it added to the item vectors that users read? */
    int time_embedding_size;
    hl_fusion fusion;
    double fusion_lambda;
    int head_size;
    char *label_field, *label_positive;
    hl_transformer item_llm, user_llm; /* for models without a folder; vocab_size is the tokenizer's, 0 here */

    /* models of item ids */
    int n_layers, n_heads, embedding_size, inner_size, hstu_embedding_size, item_embedding_size, item_embed_dim;
    double hidden_dropout_prob, attn_dropout_prob, layer_norm_eps, initializer_range;
    hl_hidden_act hidden_act;
    bool fix_temp, hstu_rel_bias;

    /* training */
    hl_criterion_number loss;
    hl_loss_mean loss_mean;
    int64_t seed;
    int epochs, batch_size, train_batch_size, reference_ranks;
    double optim_args_learning_rate, optim_args_weight_decay;
    hl_schedule_kind scheduler_args_type;
    double scheduler_args_warmup;
    int num_negatives; /* 0: one a transition */
    hl_negatives_kind negatives;
    double nce_thres, clip_grad_norm;
    hl_names freeze_prefix;
    bool freeze_ad, dedup, share_prefix, share_tokens;
    int64_t max_steps; /* 0: all */

    /* evaluation */
    int eval_batch_size, eval_step;
    hl_mask history_mask;
    hl_ints topk;
    hl_names by; /* names of groupings, in lower case */
    int by_groups;
    hl_ints by_edges[HL_GROUPINGS]; /* none: groups of about as many users */
    bool intervals;
    hl_names metrics;   /* lower case, of data/metric.h */
    char *valid_metric; /* lower case: ndcg@200 */
    int stopping_step;
    bool val_only;
    char *reference_scores;
    bool ease;
    hl_ints ease_l2;

    /* layout */
    hl_placement placement;
    hl_rank_mapping user_ranks;
    int schedule; /* is it serial? */
    char *calibration;
    bool sequence_parallel;
    int item_dp, item_pp, user_dp, user_pp;     /* dp 0: as many as there are */
    hl_ints item_grid, user_grid;               /* of a stage, or rows and columns of their grid */
    int item_tp, user_tp, item_rows, user_rows; /* what follows: how many, and rows of the grid, 0 without one */
    int tp_engine;                              /* hl_tile_engine */
    int zero, threads, chunk_tokens;
    int exact_groups, exact_tp; /* groups 0: not exact */
    int64_t activation_budget;  /* bytes; -1: no limit; HL_BUDGET_AUTO */
    double memory_share;        /* that auto takes of what a rank can have */
    bool gradient_checkpointing;
    hl_precision precision;

    /* the run */
    char *checkpoint_dir;
    int64_t checkpoint_every;  /* steps; 0: each epoch only */
    double checkpoint_minutes; /* 0: no clock */
    double save_patience;      /* minutes */
    int keep, log_every;
    double hang_timeout; /* seconds; 0: never, below 0: those of the forecast */
    bool resume, ledger, force, overlap;

    /* bookkeeping, by row of the table */
    char *from[HL_OPTIONS_MOST];          /* "file.yaml:12", "the command line"; NULL: the default */
    const char *because[HL_OPTIONS_MOST]; /* "default without item_pretrain_dir"; NULL: the table's default */
    hl_names no_effect;                   /* keys of the public code that were given and mean nothing here */
} hl_config;

/* All defaults.  Release with hl_config_free. */
void hl_config_defaults(hl_config *c);
void hl_config_free(hl_config *c);

/* Set the values of a YAML text (n bytes) in c; `name` stands in sentences.  HL_EUSAGE with "name:line: ...". */
hl_status hl_config_parse(hl_config *c, const char *text, size_t n, const char *name);

/* Set one value, written as on the command line: lists are "a,b" or "[a, b]". */
hl_status hl_config_set(hl_config *c, const char *key, const char *value, const char *from);

/* Set the values of "--key value" and "--key=value" in argv[0..argc); "--key" alone means true. */
hl_status hl_config_arguments(hl_config *c, int argc, char **argv);

/* Called after the last value: set what follows from other values.  HL_EUSAGE where values do not go together. */
hl_status hl_config_check(hl_config *c);

/* Whose user model the model has: HLLM's User LLM, or SASRec's or HSTU's blocks behind the Item LLM where user_model
 * says so; any other model has its own. */
static inline hl_model_choice hl_config_user_model(const hl_config *c)
{
    return c->model == HL_MODEL_HLLM ? c->user_model : c->model;
}
static inline bool hl_config_has_user_llm(const hl_config *c)
{
    return hl_model_facts_of[hl_config_user_model(c)].has_user_llm;
}

/* Does it read texts, by an Item LLM?  Or know items by their ids, and is trained in steps? */
static inline bool hl_config_reads_texts(const hl_config *c)
{
    return hl_model_facts_of[c->model].reads_texts && !*c->item_cache;
}
static inline bool hl_config_reads_ids(const hl_config *c)
{
    return !hl_config_reads_texts(c) && !hl_model_facts_of[c->model].no_steps;
}

/* Must the data have texts: does the model read them, or item_cache auto?  Do they get them: are text_path, text_keys
 * and a tokenizer given, whoever reads them? */
bool hl_config_needs_texts(const hl_config *c);
bool hl_config_prepares_texts(const hl_config *c);

/* The file of item vectors that item_cache means: items.h5 of the run folder where it is auto. */
bool hl_config_makes_item_cache(const hl_config *c);
void hl_config_item_cache(const hl_config *c, char path[PATH_MAX]);

/* Was this key given, rather than left at its default? */
bool hl_config_given(const hl_config *c, const char *key);

/* Write every value and where it came from, as a configuration that can be read again. */
void hl_config_write_yaml(const hl_config *c, FILE *out);

/* The configuration without comments; release with free. */
char *hl_config_text(const hl_config *c);

/* Digest of the values that change the numbers of a run. */
uint64_t hl_config_digest(const hl_config *c);

/* May a run that was started with the configuration `was` go on with c?  HL_EUSAGE, with `name` and the list of
 * differences, where they would change the numbers.  With `tell`, other differences are logged. */
hl_status hl_config_may_resume(const hl_config *c, const hl_config *was, const char *name, bool tell);

/* list: the differences between c and the configuration `was` of a training with which its weights would give other
 * vectors, "A was 1 and is 2, ..."; "" where there are none. */
void hl_config_other_vectors(char *list, size_t room, const hl_config *c, const hl_config *was);

/* The options, for people and for the manual page. */
void hl_config_help(FILE *out);
void hl_config_manual(FILE *out);

/* Print text so that roff shows it literally. */
void hl_config_print_roff(const char *text, FILE *out);

#endif
