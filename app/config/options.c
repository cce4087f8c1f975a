/* options.c - the table of options. */
#include "app/config/options.h"
#include "base/minmax.h"
#include "app/config/nearest.h"
#include "model/tiles.h"
#include <limits.h>
#include <string.h>

static const hl_choice splits[] = {{"leave_two_out", HL_LEAVE_TWO_OUT}, {"temporal", HL_TEMPORAL}, {0}};
static const hl_choice masks[] = {{"all", HL_MASK_ALL}, {"window", HL_MASK_WINDOW}, {"none", HL_MASK_NONE}, {0}};
#define MODEL(name, reads_texts, has_user_llm, no_steps) {#name, HL_MODEL_##name},
static const hl_choice models[] = {HL_MODEL_CHOICES(MODEL){0}};
static const hl_choice user_models[] = {
    {"LLM", HL_MODEL_HLLM}, {"SASRec", HL_MODEL_SASRec}, {"HSTU", HL_MODEL_HSTU}, {0}};
#define LOSS(name) {#name, HL_CRITERION_##name},
static const hl_choice losses[] = {HL_CRITERIA(LOSS){0}};
static const hl_choice poolings[] = {{"auto", HL_BY_ITEM_TOKENS},
                                     {"item_token", HL_ITEM_TOKEN},
                                     {"last_token", HL_LAST_TOKEN},
                                     {"mean", HL_MEAN_OF_TOKENS},
                                     {"cls", HL_CLS},
                                     {0}};
static const hl_choice acts[] = {{"auto", HL_ACT_AUTO}, {"gelu", HL_ACT_GELU}, {"silu", HL_ACT_SILU}, {0}};
static const hl_choice adapters[] = {{"none", false}, {"linear", true}, {0}};
static const hl_choice fusions[] = {
    {"none", HL_FUSION_NONE}, {"early", HL_FUSION_EARLY}, {"late", HL_FUSION_LATE}, {0}};
static const hl_choice sides[] = {{"left", false}, {"right", true}, {0}};
static const hl_choice negatives[] = {
    {"auto", HL_NEGATIVES_AUTO}, {"shared", HL_NEGATIVES_SHARED}, {"own", HL_NEGATIVES_OWN}, {0}};
static const hl_choice means[] = {{"global", HL_MEAN_GLOBAL}, {"rank", HL_MEAN_RANK}, {0}};
static const hl_choice schedules[] = {
    {"cosine", HL_SCHEDULE_COSINE},     {"linear", HL_SCHEDULE_LINEAR}, {"liner", HL_SCHEDULE_LINEAR},
    {"constant", HL_SCHEDULE_CONSTANT}, {"none", HL_SCHEDULE_CONSTANT}, {0},
};
static const hl_choice orders[] = {{"loss_first", false}, {"serial", true}, {0}};
static const hl_choice placements[] = {
    {"auto", HL_PLACE_AUTO},
    {"separate", HL_PLACE_SEPARATE},
    {"colocated", HL_PLACE_COLOCATED},
    {"hybrid", HL_PLACE_HYBRID},
    {0},
};
static const hl_choice mappings[] = {
    {"last", HL_USERS_LAST}, {"spread", HL_USERS_SPREAD}, {"per-node", HL_USERS_PER_NODE}, {0}};
static const hl_choice engines[] = {{"summa", HL_SUMMA}, {"scalapack", HL_SCALAPACK}, {0}};
static const hl_choice budgets[] = {{"auto", HL_BUDGET_AUTO}, {0}};
static const hl_choice precisions[] = {
    {"fp32", HL_FP32},
    {"32-true", HL_FP32},
    {"32", HL_FP32},
    {"bf16", HL_BF16},
    {"bf16-mixed", HL_BF16},
    {"bf16-true", HL_BF16},
    {0},
};

#define NUMBERS HL_CHANGES_NUMBERS
#define VECTORS HL_CHANGES_VECTORS
#define LAYOUT HL_CHANGES_LAYOUT
#define FILES HL_CHANGES_FILES
#define REPORT HL_CHANGES_REPORT

#define ROW(type, key, field, normal, least, most, effect, help, choices)                 \
    {                                                                                     \
        key, type, offsetof(hl_config, field), normal, least, most, effect, help, choices \
    }
#define BOOL(key, field, normal, effect, help) ROW(HL_IS_BOOL, key, field, normal, 0, 0, effect, help, NULL)
#define INT(key, field, normal, least, most, effect, help) \
    ROW(HL_IS_INT, key, field, normal, least, most, effect, help, NULL)
#define INT64(key, field, normal, least, most, effect, help) \
    ROW(HL_IS_INT64, key, field, normal, least, most, effect, help, NULL)
#define REAL(key, field, normal, least, most, effect, help) \
    ROW(HL_IS_REAL, key, field, normal, least, most, effect, help, NULL)
#define TEXT(key, field, normal, effect, help) ROW(HL_IS_TEXT, key, field, normal, 0, 0, effect, help, NULL)
#define NAMES(key, field, normal, effect, help) ROW(HL_IS_NAMES, key, field, normal, 0, 0, effect, help, NULL)
#define INTS(key, field, normal, least, most, effect, help) \
    ROW(HL_IS_INTS, key, field, normal, least, most, effect, help, NULL)
#define CHOICE(key, field, normal, effect, help, choices) \
    ROW(HL_IS_CHOICE, key, field, normal, 0, 0, effect, help, choices)
#define HEADING(text)                       \
    {                                       \
        .type = HL_IS_HEADING, .help = text \
    }

#define SHAPE(side)                                                                                                 \
    INT(#side ".hidden_size", side.hidden_size, "64", 1, 1 << 20, NUMBERS,                                          \
        "width; these names are those of config.json"),                                                             \
        INT(#side ".intermediate_size", side.intermediate_size, "172", 1, 1 << 20, NUMBERS, "width of the MLP"),    \
        INT(#side ".num_hidden_layers", side.num_hidden_layers, "2", 1, 4096, NUMBERS, "layers"),                   \
        INT(#side ".num_attention_heads", side.num_attention_heads, "4", 1, 1 << 16, NUMBERS, "query heads"),       \
        INT(#side ".num_key_value_heads", side.num_key_value_heads, "0", 0, 1 << 16, NUMBERS,                       \
            "key heads; 0: one for each query head"),                                                               \
        INT(#side ".head_dim", side.head_dim, "0", 0, 1 << 16, NUMBERS, "width of a head; 0: hidden_size / heads"), \
        REAL(#side ".rms_norm_eps", side.rms_norm_eps, "1e-5", 0, 1, NUMBERS, "added to the mean square"),          \
        REAL(#side ".rope_theta", side.rope_theta, "10000", 1, 1e12, NUMBERS, "base of the rotary angles"),         \
        REAL(#side ".initializer_range", side.initializer_range, "0.02", 0, 10, NUMBERS,                            \
             "standard deviation of random weights; small ones in a narrow model give all texts nearly one vector")

const hl_option hl_options[] = {
    HEADING("Data"),
    TEXT("data_path", data_path, "", FILES, "folder of the interactions, <data_path>/<dataset>.csv"),
    TEXT("dataset", dataset, "", FILES, "name of the data, without .csv"),
    TEXT("text_path", text_path, "", FILES,
         "folder of the items' texts, <text_path>/<dataset>.csv; where no model reads texts it may be empty"),
    TEXT("dataset_dir", dataset_dir, "", FILES,
         "where the tokenised dataset is kept; empty: <data_path>/<dataset>-<digest of how it is made>.hllm"),
    NAMES("text_keys", text_keys, "[title, tag, description]", VECTORS, "columns that make an item's text, in order"),
    TEXT("item_prompt", item_prompt, "Compress the following sentence into embedding: ", VECTORS,
         "text before every item's text"),
    TEXT("tokenizer", tokenizer, "", FILES, "bytes, or a tokenizer's file or folder; empty: item_pretrain_dir"),
    INT("MAX_TEXT_LENGTH", MAX_TEXT_LENGTH, "64", 1, 65536, VECTORS, "tokens of an item at most, prompt included"),
    INT("MAX_ITEM_LIST_LENGTH", MAX_ITEM_LIST_LENGTH, "50", 1, 65536, VECTORS, "items of a user that are read at once"),
    INT("MAX_ITEM_LIST_LENGTH_TEST", MAX_ITEM_LIST_LENGTH_TEST, "0", 0, 65536, NUMBERS,
        "the same at evaluation; 0: the same"),
    BOOL("data_split", data_split, "true", NUMBERS, "cut long sequences into windows; false: only the latest window"),
    REAL("train_users", train_users, "1", 1e-9, 1, NUMBERS,
         "share of the users who are trained on, drawn by seed; all are evaluated"),
    CHOICE(
        "split.kind", split_kind, "leave_two_out", VECTORS,
        "what is held out, also as split: temporal: each user's last two items, or all that happened after two moments",
        splits),
    REAL("split.valid", split_valid, "0.1", 0, 1, VECTORS,
         "of a temporal split: share of the interactions that are for validation"),
    REAL("split.test", split_test, "0.1", 0, 1, VECTORS,
         "of a temporal split: share of the interactions that are for test, the last ones"),

    TEXT("label_field", label_field, "", NUMBERS,
         "of fusion: column of the interactions that has the labels, as rating"),
    TEXT("label_positive", label_positive, "", NUMBERS,
         "of fusion: which of its numbers are positive labels, as \">= 4\"; empty: the column has 0 and 1"),

    HEADING("Model"),
    CHOICE("model", model, "HLLM", VECTORS,
           "what is trained: HLLM reads texts; SASRec, HSTU and LLMIDRec know items by their ids; EASE is a linear "
           "model of items by items; popularity and random need no model",
           models),
    CHOICE("user_model", user_model, "LLM", VECTORS,
           "of HLLM, what reads the vectors of its texts: a User LLM, or the blocks of SASRec or HSTU, with random "
           "weights "
           "and the options of these models",
           user_models),
    TEXT("item_pretrain_dir", item_pretrain_dir, "", FILES,
         "Hugging Face folder of the Item LLM; empty: item_llm.* gives the shape"),
    TEXT("user_pretrain_dir", user_pretrain_dir, "", FILES,
         "Hugging Face folder of the User LLM; empty: user_llm.* gives the shape"),
    BOOL("item_llm_init", item_llm_init, "true", NUMBERS,
         "take the weights of item_pretrain_dir; false: its shape only"),
    BOOL("user_llm_init", user_llm_init, "true", NUMBERS,
         "take the weights of user_pretrain_dir; false: its shape only"),
    INT("item_emb_token_n", item_emb_token_n, "1", 0, 1, VECTORS,
        "1: the vector of an [ITEM] token; 0: the mean over the tokens"),
    CHOICE("pooling", pooling, "auto", VECTORS,
           "an item's vector: item_token, the [ITEM] token's; last_token, the last one's, made 1 long; mean; cls, the "
           "first one's; auto: as item_emb_token_n says",
           poolings),
    CHOICE("adapter", adapter, "none", VECTORS,
           "linear: a trained matrix between Item and User LLM, which may differ in width then", adapters),
    CHOICE("item_positions", item_positions, "left", VECTORS,
           "learned positions of a text: left: from 0; right: up to MAX_TEXT_LENGTH, as the public code has them",
           sides),
    BOOL("time_embedding", time_embedding, "false", VECTORS,
         "add year, month, day, hour, minute and second (UTC) of each interaction to the item vectors that users read: "
         "tables, side by side, and an MLP"),
    INT("time_embedding_size", time_embedding_size, "512", 1, 1 << 16, VECTORS,
        "of time_embedding: width of a row of each table"),
    BOOL("id_embedding", id_embedding, "false", VECTORS,
         "add a row of a table, one for each item, to the item vectors that users read; targets and negatives stay "
         "those of texts"),
    CHOICE(
        "fusion", fusion, "none", VECTORS,
        "predict a label (a click, a like) of each user's last item too: late: the User LLM reads a [USER] token after "
        "the history, and a head the target beside its output; early: the User LLM reads the target",
        fusions),
    INT("head_size", head_size, "128", 1, 1 << 20, VECTORS, "of fusion: width of the head's hidden layer"),
    REAL("fusion_lambda", fusion_lambda, "1", 0, 1e6, NUMBERS,
         "of fusion: weight of the contrastive loss beside that of the labels; 0: labels alone are trained"),
    TEXT("item_emb_pretrain", item_emb_pretrain, "", FILES, "file of the [ITEM] token's first value"),
    TEXT("load_pretrain", load_pretrain, "", FILES,
         "weights to start from: a folder step-N, a run folder, whose best is taken, or a state dict of the public "
         "code"),
    TEXT("item_cache", item_cache, "", FILES,
         "train the user model alone over item vectors of this file, which hllm embed has written as HDF5; auto: embed "
         "at "
         "the start, into checkpoint_dir/items.h5"),
    SHAPE(item_llm),
    SHAPE(user_llm),

    HEADING("Models of item ids"),
    INT("n_layers", n_layers, "2", 1, 4096, NUMBERS,
        "blocks of SASRec, layers of HSTU; these names are those of the public code"),
    INT("n_heads", n_heads, "4", 1, 1 << 16, NUMBERS, "heads of SASRec and HSTU"),
    INT("embedding_size", embedding_size, "512", 1, 1 << 20, NUMBERS, "width of SASRec, and of an item's row"),
    INT("inner_size", inner_size, "1", 1, 1 << 10, NUMBERS, "width of SASRec's MLP, in embedding_size"),
    INT("hstu_embedding_size", hstu_embedding_size, "512", 1, 1 << 20, NUMBERS, "width of HSTU"),
    INT("item_embedding_size", item_embedding_size, "512", 1, 1 << 20, NUMBERS,
        "of HSTU: width of an item's row; a matrix makes it as wide as HSTU where it is not"),
    INT("item_embed_dim", item_embed_dim, "512", 1, 1 << 20, NUMBERS,
        "of LLMIDRec: width of an item's row, which a matrix makes as wide as the User LLM"),
    REAL("hidden_dropout_prob", hidden_dropout_prob, "0.1", 0, 0.999, NUMBERS,
         "share of the numbers that SASRec and HSTU drop in training from what they add to a row"),
    REAL("attn_dropout_prob", attn_dropout_prob, "0.1", 0, 0.999, NUMBERS,
         "of SASRec: the same of probabilities of attention; HSTU has none"),
    REAL("layer_norm_eps", layer_norm_eps, "1e-12", 0, 1, NUMBERS, "of SASRec: added to the variance"),
    REAL("initializer_range", initializer_range, "0.02", 0, 10, NUMBERS,
         "standard deviation of SASRec's random weights, and of the items' rows"),
    BOOL("hstu.rel_bias", hstu_rel_bias, "false", VECTORS,
         "of HSTU: scores have biases by times and places, as published; the public code makes them and leaves them "
         "out"),
    CHOICE("hidden_act", hidden_act, "auto", NUMBERS, "what the model's blocks have; another one is refused", acts),
    BOOL("fix_temp", fix_temp, "false", NUMBERS,
         "of models of item ids: logits are cosines times 20, which is not trained"),

    HEADING("Training"),
    INT64("seed", seed, "2020", 0, 9e15, NUMBERS, "of everything random"),
    INT("epochs", epochs, "10", 0, 1e6, NUMBERS, "times through the data"),
    INT("batch_size", batch_size, "8", 1, 1e8, NUMBERS, "samples a step, whole job"),
    INT("train_batch_size", train_batch_size, "0", 0, 1e8, LAYOUT,
        "samples a step and reference rank, instead of batch_size"),
    INT("reference_ranks", reference_ranks, "1", 1, 1e6, NUMBERS,
        "ranks of the run that train_batch_size was meant for"),
    CHOICE("loss", loss, "nce", NUMBERS,
           "contrastive over all negatives of a position; bce: yes or no for each by itself, as SASRec was published",
           losses),
    CHOICE("loss_mean", loss_mean, "global", NUMBERS, "over all positions, or over reference ranks of their means",
           means),
    REAL("optim_args.learning_rate", optim_args_learning_rate, "1e-4", 0, 1e3, NUMBERS, "of AdamW, at its highest"),
    REAL("optim_args.weight_decay", optim_args_weight_decay, "0.01", 0, 1e3, NUMBERS, "of AdamW, on every tensor"),
    CHOICE("scheduler_args.type", scheduler_args_type, "cosine", NUMBERS, "of the learning rate", schedules),
    REAL("scheduler_args.warmup", scheduler_args_warmup, "0.1", 0, 1, NUMBERS, "share of the steps that warm up"),
    INT("num_negatives", num_negatives, "0", 0, 1e8, NUMBERS,
        "negatives a batch, or of each position; 0: one for each transition, outside the user's sample"),
    CHOICE("negatives", negatives, "auto", NUMBERS,
           "who has them: shared, all positions of the batch; own, each position draws num_negatives for itself; auto: "
           "own with models of item ids where num_negatives is given, as in the public code, else shared",
           negatives),
    REAL("nce_thres", nce_thres, "0.99", 0, 2, NUMBERS,
         "a negative this close to the target (cosine) does not count; 0: 0.99"),
    REAL("clip_grad_norm", clip_grad_norm, "0", 0, 1e30, NUMBERS, "norm of the gradient at most; 0: any"),
    NAMES("freeze_prefix", freeze_prefix, "[]", NUMBERS, "tensors whose names begin so are not trained"),
    BOOL("freeze_ad", freeze_ad, "false", NUMBERS,
         "train the User LLM and the temperature, and neither the Item LLM nor the [ITEM] token, which then have no "
         "backward, gradients or moments; an adapter is trained all the same"),
    BOOL("dedup", dedup, "true", NUMBERS, "encode items of the same text once"),
    BOOL("share_prefix", share_prefix, "true", LAYOUT,
         "encode what all texts of a micro-batch begin with once a micro-batch"),
    BOOL("share_tokens", share_tokens, "true", LAYOUT,
         "project each token of a micro-batch once for the first layer's attention, however often it occurs"),
    INT64("max_steps", max_steps, "0", 0, 9e15, LAYOUT, "stop after this many; 0: all"),

    HEADING("Evaluation"),
    INT("eval_step", eval_step, "1", 1, 1e6, REPORT, "epochs from one validation to the next"),
    INT("eval_batch_size", eval_batch_size, "256", 1, 1e8, LAYOUT, "users ranked at once"),
    CHOICE("history_mask", history_mask, "all", NUMBERS,
           "items of a user's history that are not ranked: all; window: the items that the User LLM reads; none",
           masks),
    INTS("topk", topk, "[5, 10, 50, 200]", 1, 1e6, REPORT, "lengths of the recommended lists"),
    NAMES("metrics", metrics, "[Recall, NDCG]", REPORT,
          "of each list Recall, Hit, Precision, NDCG, MRR, MAP; of all together ItemCoverage, GiniIndex, "
          "AveragePopularity"),
    NAMES("by", by, "[]", REPORT,
          "groups of users whose metrics are told too: popularity (of the target), length (of the history)"),
    INT("by_groups", by_groups, "4", 2, HL_GROUPS_MOST, REPORT,
        "groups of about as many users each, where there are no edges"),
    INTS("by_edges.popularity", by_edges[HL_BY_POPULARITY], "[]", 1, 1e9, REPORT,
         "where groups begin: how often the target occurs in training; none: as by_groups says"),
    INTS("by_edges.length", by_edges[HL_BY_LENGTH], "[]", 1, 1e9, REPORT,
         "where groups begin: items of the history; none: as by_groups says"),
    BOOL("intervals", intervals, "false", REPORT,
         "tell 95 % bootstrap intervals over the users, of the metrics of a target"),
    TEXT("valid_metric", valid_metric, "NDCG@200", NUMBERS, "decides which checkpoint is the best"),
    INT("stopping_step", stopping_step, "5", 0, 1e6, NUMBERS,
        "stop after more validations than this without a better one"),
    BOOL("val_only", val_only, "false", REPORT, "test the best checkpoint of checkpoint_dir, train nothing"),
    TEXT("reference_scores", reference_scores, "", REPORT,
         "JSON file of further rows for the table: a name, its metrics"),
    BOOL("ease", ease, "false", REPORT, "put EASE beside HLLM in the table"),
    INTS("ease_l2", ease_l2, "[10, 20, 50, 100, 200, 500, 1000]", 1, 1e9, REPORT,
         "penalties that EASE tries; valid_metric chooses"),

    HEADING("Layout"),
    CHOICE("placement", placement, "auto", LAYOUT,
           "Item and User LLM on ranks of their own, on the same, or the User LLM on some of the Item LLM's (hybrid)",
           placements),
    INT("item.dp", item_dp, "0", 0, 1e6, LAYOUT, "ranks of the Item LLM that share the data; 0: auto"),
    INTS("item.tp", item_grid, "[1]", 1, 1e6, LAYOUT,
         "ranks that share each layer of a replica; [R, C]: on a grid of R x C"),
    INT("item.pp", item_pp, "1", 1, 1e6, LAYOUT, "stages of a pipeline, some layers each"),
    INT("user.dp", user_dp, "0", 0, 1e6, LAYOUT, "ranks of the User LLM that share the data; 0: auto"),
    INTS("user.tp", user_grid, "[1]", 1, 1e6, LAYOUT,
         "ranks that share each layer of a replica; [R, C]: on a grid of R x C"),
    INT("user.pp", user_pp, "1", 1, 1e6, LAYOUT, "stages of a pipeline, some layers each"),
    CHOICE("user.ranks", user_ranks, "last", LAYOUT,
           "where users have ranks of their own, or are on some of the items': "
           "the last ones, spread over all, or a copy a node",
           mappings),
    CHOICE("tp_engine", tp_engine, "summa", LAYOUT,
           "who multiplies on grids: summa, panels over the BLAS; scalapack, its PBLAS, as a check", engines),
    BOOL("sequence_parallel", sequence_parallel, "false", LAYOUT,
         "ranks that share a layer have some rows each between its products: less memory, and norms divided, for more "
         "messages"),
    TEXT("calibration", calibration, "", LAYOUT,
         "figures of this machine for forecasts, by hllm bench calibrate; none: those of an ordinary core"),
    CHOICE("schedule", schedule, "loss_first", LAYOUT,
           "loss_first: texts that no user reads fill the time of the users; serial: one after the other", orders),
    INT("zero", zero, "0", 0, 3, LAYOUT,
        "what replicas divide (ZeRO): 1 the optimizer's state, 2 gradients too, 3 weights too; 0: nothing"),
    INT("exact.groups", exact_groups, "0", 0, 1 << 16, NUMBERS,
        "sum gradients over so many groups of micro-batches in a fixed order: "
        "the same bits at every layout of at most so many replicas; 0: off"),
    INT("exact.tp", exact_tp, "1", 1, 1 << 10, NUMBERS,
        "with exact.groups: products in so many slices, for the same bits at every item.tp and user.tp that divides "
        "it"),
    BOOL("overlap", overlap, "false", LAYOUT,
         "sum gradients over replicas layer by layer while the last backward goes on (zero 0 and 1)"),
    INT("threads", threads, "0", 0, 4096, LAYOUT, "threads a rank; 0: OMP_NUM_THREADS, or its share of the cores"),
    INT("chunk_tokens", chunk_tokens, "2048", 1, 1 << 24, LAYOUT, "tokens that pass through the Item LLM together"),
    ROW(HL_IS_BYTES, "activation_budget", activation_budget, "auto", -1, 9e15, LAYOUT,
        "bytes (K, M, G) of activations saved a rank, the others are recomputed; auto: what fits in memory_share; -1: "
        "all saved",
        budgets),
    REAL("memory_share", memory_share, "0.8", 0, 1, LAYOUT,
         "of the memory that a rank can have (control group and machine, over the ranks of the machine): what models "
         "and activations take with activation_budget auto"),
    BOOL("gradient_checkpointing", gradient_checkpointing, "false", LAYOUT, "true: activation_budget 0"),
    CHOICE("precision", precision, "fp32", NUMBERS,
           "bf16: factors of the layers' products are rounded to it; weights, sums and all else stay fp32", precisions),

    HEADING("The run"),
    TEXT("checkpoint_dir", checkpoint_dir, "saved", FILES, "the run folder"),
    INT64("checkpoint_every", checkpoint_every, "0", 0, 9e15, REPORT,
          "steps between checkpoints; 0: after each epoch only"),
    REAL("checkpoint_minutes", checkpoint_minutes, "15", 0, 1e6, REPORT,
         "and minutes from one checkpoint to the next, by the clock of the first rank; 0: no clock"),
    REAL("save_patience", save_patience, "30", 0, 1e6, REPORT,
         "minutes of work that may be at stake while checkpoints cannot be written, before the job ends; training goes "
         "on until then"),
    INT("keep", keep, "2", 1, 1e6, REPORT, "checkpoints that are kept beside the best"),
    BOOL("ledger", ledger, "false", REPORT,
         "write digests of loss, gradients and weights of each step into ledger.jsonl, for hllm diff"),
    INT("log_every", log_every, "10", 1, 1e9, REPORT, "steps between lines of the log"),
    REAL("hang_timeout", hang_timeout, "-1", -1, 1e9, REPORT,
         "seconds without a sign of life of any rank of a machine after which the job says who waits where, and ends; "
         "-1: 20 steps of the forecast, 120 at the least; 0: never"),
    BOOL("force", force, "false", REPORT,
         "go ahead where the program would rather not: precision bf16 on a machine that is slower with it, weights of "
         "other texts or models"),
    BOOL("resume", resume, "true", REPORT,
         "go on where checkpoint_dir stopped; false: begin anew, the run that is there moves to checkpoint_dir/old-N; "
         "a batch job that is started again goes on all the same"),
};
const int hl_options_n = sizeof hl_options / sizeof hl_options[0];
_Static_assert(sizeof hl_options / sizeof hl_options[0] <= HL_OPTIONS_MOST, "more options than hl_config can remember");

int hl_option_find(const char *key)
{
    for (int i = 0; i < hl_options_n; i++)
        if (hl_options[i].key && strcmp(hl_options[i].key, key) == 0) return i;
    return -1;
}

/* People forget what stands before the dot. */
static int distance(const char *known, const char *key)
{
    const char *dot = strrchr(known, '.');
    int whole = 2 * hl_nearest_distance(known, key);
    int last = dot ? 2 * hl_nearest_distance(dot + 1, key) + 1 : whole;
    return hl_min(whole, last);
}

const char *hl_option_nearest(const char *key)
{
    const char *nearest = NULL;
    int least = INT_MAX;
    for (int i = 0; i < hl_options_n; i++) {
        if (!hl_options[i].key) continue;
        int d = distance(hl_options[i].key, key);
        if (d >= least) continue;
        least = d;
        nearest = hl_options[i].key;
    }
    return nearest;
}
