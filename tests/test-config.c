/* test-config.c - values come from defaults, file and command line, and what is wrong is a sentence. */
#include "base/arena.h"
#include "base/error.h"
#include "app/config/arguments.h"
#include "app/config/config.h"
#include "app/config/nearest.h"
#include "app/config/options.h"
#include "model/tiles.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static const char least[] = "data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\n";

static hl_status parse(hl_config *c, const char *text) { return hl_config_parse(c, text, strlen(text), "a.yaml"); }

/* The least a job needs, then text; released with hl_config_free. */
static hl_status read(hl_config *c, const char *text)
{
    hl_config_defaults(c);
    HL_TRY(parse(c, least));
    HL_TRY(parse(c, text));
    return hl_config_check(c);
}

static void defaults_are_those_of_the_table(void)
{
    hl_config c;
    hl_config_defaults(&c);
    CHECK(c.epochs == 10 && c.batch_size == 8 && c.seed == 2020);
    CHECK(c.optim_args_learning_rate == 1e-4 && c.nce_thres == 0.99);
    CHECK(c.text_keys.n == 3 && strcmp(c.text_keys.at[2], "description") == 0);
    CHECK(strcmp(c.item_prompt, "Compress the following sentence into embedding: ") == 0);
    CHECK(c.topk.n == 4 && c.topk.at[3] == 200);
    CHECK(c.activation_budget == HL_BUDGET_AUTO && c.freeze_prefix.n == 0);
    CHECK(!hl_config_given(&c, "epochs"));
    hl_config_free(&c);
}

static void models_of_item_ids_have_defaults_of_the_public_code(void)
{
    hl_config c;
    CHECK_OK(read(&c, "model: SASRec\noptim_args: {learning_rate: 0.5}\n"));
    CHECK(c.optim_args_weight_decay == 0.1 && c.scheduler_args_type == HL_SCHEDULE_CONSTANT && c.stopping_step == 10);
    CHECK(c.optim_args_learning_rate == 0.5 && c.item_emb_token_n == 0);
    hl_config_free(&c);
    CHECK_OK(read(&c, "model: SASRec\noptim_args: {weight_decay: 0.5}\nstopping_step: 2\n"));
    CHECK(c.optim_args_weight_decay == 0.5 && c.stopping_step == 2);
    hl_config_free(&c);
    CHECK_OK(read(&c, "model: LLMIDRec\n"));
    CHECK(c.scheduler_args_type == HL_SCHEDULE_COSINE && c.scheduler_args_warmup == 0 && !c.user_llm_init);
    hl_config_free(&c);
    CHECK_OK(read(&c, "fix_temp: true\n"));
    CHECK(c.optim_args_weight_decay == 0.01 && c.no_effect.n == 1 && c.item_emb_token_n == 1);
    hl_config_free(&c);
}

static void every_key_is_there_once(void)
{
    for (int i = 0; i < hl_options_n; i++) CHECK(!hl_options[i].key || hl_option_find(hl_options[i].key) == i);
}

static void the_command_line_is_stronger_than_the_file(void)
{
    char *argv[] = {"--epochs",
                    "7",
                    "--optim_args.learning_rate=0.5",
                    "--topk",
                    "3,4",
                    "--text_keys",
                    "[\\\"title\\\", 'tag']",
                    "--activation_budget",
                    "-1",
                    "--valid_metric=Recall@4"};
    hl_config c;
    hl_config_defaults(&c);
    CHECK_OK(parse(&c, least));
    CHECK_OK(parse(&c, "epochs: 3\nbatch_size: 5\n\"seed\": '9'\n"));
    CHECK_OK(hl_config_arguments(&c, sizeof argv / sizeof argv[0], argv));
    CHECK_OK(hl_config_check(&c));
    CHECK(c.epochs == 7 && c.batch_size == 5 && c.seed == 9);
    CHECK(c.optim_args_learning_rate == 0.5);
    CHECK(c.topk.n == 2 && c.topk.at[1] == 4);
    CHECK(c.text_keys.n == 2 && strcmp(c.text_keys.at[0], "title") == 0 && strcmp(c.text_keys.at[1], "tag") == 0);
    CHECK(strcmp(c.from[hl_option_find("batch_size")], "a.yaml:2") == 0);
    CHECK(strcmp(c.from[hl_option_find("epochs")], "the command line") == 0);
    CHECK(strcmp(c.valid_metric, "recall@4") == 0);
    hl_config_free(&c);
}

static void maps_and_dotted_keys_are_the_same(void)
{
    hl_config c;
    CHECK_OK(read(&c, "optim_args:\n  learning_rate: 2\n  weight_decay: 0\nscheduler_args: {type: liner, warmup: "
                      "0.25}\nitem.dp: 3\n"));
    CHECK(c.optim_args_learning_rate == 2 && c.optim_args_weight_decay == 0);
    CHECK(c.scheduler_args_type == HL_SCHEDULE_LINEAR && c.scheduler_args_warmup == 0.25);
    CHECK(c.item_dp == 3);
    hl_config_free(&c);
}

static void public_keys_map_to_ours(void)
{
    hl_config c;
    CHECK_OK(
        read(&c, "train_batch_size: 4\nreference_ranks: 3\ngradient_checkpointing: True\nnce_thres: 0\nnum_negatives:\n"
                 "use_text: True\nstate: INFO\nstrategy: deepspeed\nmetrics: ['Recall', 'NDCG']\n"));
    CHECK(c.batch_size == 12 && c.activation_budget == 0 && c.nce_thres == 0.99 && c.num_negatives == 0);
    CHECK(c.no_effect.n == 3 && strcmp(c.no_effect.at[0], "use_text") == 0);
    CHECK(strcmp(c.metrics.at[1], "ndcg") == 0 && strcmp(c.valid_metric, "ndcg@200") == 0);
    CHECK(c.MAX_ITEM_LIST_LENGTH_TEST == c.MAX_ITEM_LIST_LENGTH);
    hl_config_free(&c);
}

/* As the public code's own files have them, or as its argument_list.py names them. */
static void public_keys_that_change_nothing_are_taken(void)
{
    static const char *const texts[] = {
        "test_dataset: x\n",
        "eval_type: RANKING\n",
        "eval_type: EvaluatorType.RANKING\n",
        "eval_type: full\n",
        "valid_metric_bigger: True\n",
        "repeatable: False\n",
        "loss_decimal_place: 4\n",
        "metric_decimal_place: 7\n",
        "config_file: [a.yaml, b.yaml]\n",
        "debug: False\n",
        "item_data:\n",
        "optimizer_kwargs: null\n",
        "lr_mult_prefix: ~\n",
        "need_training: True\n",
        "use_text: on\n",
        "stage: 2\nstrategy: deepspeed\n",
        "fix_temp: True\n",
        "!!str log_path: x\n",
        "data_split: !!bool off\n",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hl_config c;
        CHECK_OK(read(&c, texts[i]));
        hl_config_free(&c);
    }
}

static void public_keys_that_would_change_the_numbers_are_refused(void)
{
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"eval_type: value\n", "a.yaml:1: eval_type: \"value\" is of the public code"},
        {"valid_metric_bigger: False\n", "the larger value is the better"},
        {"repeatable: True\n", "history_mask: none"},
        {"debug: True\n", "set max_steps instead"},
        {"need_training: False\n", "set val_only: true"},
        {"use_text: no\n", "HLLM reads texts"},
        {"item_data: more\n", "the items are those of the interactions"},
        {"optimizer_kwargs:\n  optimizer: {type: Adam}\n", "a.yaml:2: optimizer_kwargs.optimizer.type: \"Adam\""},
        {"lr_mult_prefix: [item_llm]\n", "one learning rate"},
        {"test_datasets: x\n", "there is no option \"test_datasets\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_config c;
        CHECK_FAILS(read(&c, cases[i].text), HL_EUSAGE, cases[i].words);
        hl_config_free(&c);
    }
}

static void put(const char *path, const char *text)
{
    FILE *out = fopen(path, "w");
    HL_CHECK(out && fputs(text, out) >= 0 && fclose(out) == 0);
}

static char *from_of(const hl_config *c, const char *key) { return c->from[hl_option_find(key)]; }

static const char *because(const hl_config *c, const char *key) { return c->because[hl_option_find(key)]; }

/* They see each text, and nothing but it. */
static void random_weights_have_defaults_of_their_own(void)
{
    hl_config c;
    CHECK_OK(read(&c, "item_llm.hidden_size: 16\nuser_llm.hidden_size: 16\n"));
    CHECK(strcmp(c.item_prompt, "") == 0 && c.MAX_TEXT_LENGTH == 256);
    CHECK(c.item_llm.initializer_range == 0.25 && c.user_llm.initializer_range == 0.25);
    CHECK(!hl_config_given(&c, "item_prompt") && !from_of(&c, "MAX_TEXT_LENGTH"));
    CHECK(because(&c, "item_prompt") && strcmp(because(&c, "item_prompt"), "default without item_pretrain_dir") == 0);
    hl_config_free(&c);
    CHECK_OK(read(&c, "item_prompt: p\nMAX_TEXT_LENGTH: 9\nitem_llm.initializer_range: 0.02\n"
                      "user_llm.initializer_range: 0\n"));
    CHECK(strcmp(c.item_prompt, "p") == 0 && c.MAX_TEXT_LENGTH == 9);
    CHECK(c.item_llm.initializer_range == 0.02 && c.user_llm.initializer_range == 0);
    CHECK(!because(&c, "item_prompt"));
    hl_config_free(&c);
    CHECK_OK(read(&c, "tokenizer: some/tokenizer.model\n"));
    CHECK(strcmp(c.item_prompt, "") == 0 && c.MAX_TEXT_LENGTH == 64);
    hl_config_free(&c);
    CHECK_OK(read(&c, "model: LLMIDRec\nuser_llm.hidden_size: 16\n")); /* users read no texts */
    CHECK(c.user_llm.initializer_range == 0.02 && !because(&c, "user_llm.initializer_range"));
    hl_config_free(&c);
}

static void pretrained_weights_have_those_of_the_table(void)
{
    hl_config c;
    CHECK_OK(read(&c, "item_pretrain_dir: m\n"));
    CHECK(strcmp(c.item_prompt, "Compress the following sentence into embedding: ") == 0 && c.MAX_TEXT_LENGTH == 64);
    CHECK(c.item_llm.initializer_range == 0.02 && c.user_llm.initializer_range == 0.02);
    CHECK(!because(&c, "item_prompt") && !because(&c, "user_llm.initializer_range"));
    hl_config_free(&c);
}

/* used.yaml says where the value is from, and gives it again. */
static void other_defaults_are_written_and_read_again(void)
{
    hl_config c, d;
    char *text = NULL;
    size_t n;
    CHECK_OK(read(&c, "item_llm.hidden_size: 32\nuser_llm.hidden_size: 32\n"));
    FILE *out = open_memstream(&text, &n);
    hl_config_write_yaml(&c, out);
    fclose(out);
    CHECK(strstr(text, "item_prompt: \"\"  # default without item_pretrain_dir\n") != NULL);
    CHECK(strstr(text, "MAX_TEXT_LENGTH: 256  # default of bytes without item_pretrain_dir\n") != NULL);
    hl_config_defaults(&d);
    CHECK_OK(hl_config_parse(&d, text, n, "used.yaml"));
    CHECK_OK(hl_config_check(&d));
    CHECK(hl_config_digest(&c) == hl_config_digest(&d));
    CHECK_OK(hl_config_may_resume(&c, &d, "r", true));
    hl_config_free(&c);
    hl_config_free(&d);
    free(text);
}

/* Both forms: A B --key value, and --config_file A B --key value. */
static void a_later_file_is_stronger(void)
{
    char a[1200], b[1200], equals[1300];
    snprintf(a, sizeof a, "%s/a.yaml", check_folder());
    snprintf(b, sizeof b, "%s/b.yaml", check_folder());
    snprintf(equals, sizeof equals, "--config_file=%s", b);
    put(a, "data_path: d\ntext_path: t\ndataset: x\ntokenizer: bytes\nepochs: 3\nseed: 4\nbatch_size: 5\n");
    put(b, "batch_size: 7\nepochs: 6\ntext_keys:\n");
    char *forms[][5] = {{a, b, "--seed", "9"},
                        {"--config_file", a, b, "--seed", "9"},
                        {"--seed", "9", "--config_file", a, b},
                        {a, "--seed", "9", equals}};
    const int lengths[] = {4, 5, 5, 4};
    for (int i = 0; i < 4; i++) {
        hl_config c;
        char *argv[5];
        memcpy(argv, forms[i], sizeof argv);
        CHECK_OK(hl_arguments_config_alone(&c, lengths[i], argv));
        CHECK(c.epochs == 6 && c.batch_size == 7 && c.seed == 9 && c.text_keys.n == 3);
        CHECK(strncmp(from_of(&c, "epochs"), b, strlen(b)) == 0
              && strcmp(from_of(&c, "epochs") + strlen(b), ":2") == 0);
        CHECK(strncmp(from_of(&c, "dataset"), a, strlen(a)) == 0
              && strcmp(from_of(&c, "seed"), "the command line") == 0);
        hl_config_free(&c);
    }
    char *none[] = {"--config_file", "--seed", "9"};
    hl_config c;
    CHECK_FAILS(hl_arguments_config_alone(&c, 3, none), HL_EUSAGE, "the configuration is missing");
    hl_config_free(&c);
}

static void a_map_may_stand_on_the_command_line(void)
{
    char *argv[] = {"--optim_args", "{\"learning_rate\": 1e-3, \"weight_decay\": 0}",
                    "--scheduler_args={type: linear}"};
    hl_config c;
    hl_config_defaults(&c);
    CHECK_OK(hl_config_arguments(&c, 3, argv));
    CHECK(c.optim_args_learning_rate == 1e-3 && c.optim_args_weight_decay == 0
          && c.scheduler_args_type == HL_SCHEDULE_LINEAR);
    CHECK(strcmp(from_of(&c, "optim_args.learning_rate"), "the command line") == 0);
    char *bad[] = {"--optim_args", "{learning_rat: 1}"}, *open[] = {"--optim_args", "{learning_rate: 1"};
    CHECK_FAILS(hl_config_arguments(&c, 2, bad), HL_EUSAGE, "there is no option \"optim_args.learning_rat\"");
    CHECK_FAILS(hl_config_arguments(&c, 2, open), HL_EUSAGE, "this is not YAML");
    hl_config_free(&c);
}

static void what_follows_from_a_shape_is_filled_in(void)
{
    hl_config c;
    CHECK_OK(read(
        &c, "item_llm: {hidden_size: 96, num_attention_heads: 6}\nuser_llm.hidden_size: 96\nuser_llm.head_dim: 10\n"));
    CHECK(c.item_llm.head_dim == 16 && c.item_llm.num_key_value_heads == 6);
    CHECK(c.user_llm.head_dim == 10 && c.user_llm.num_key_value_heads == 4);
    hl_config_free(&c);
}

static void bytes_have_units(void)
{
    const struct {
        const char *text;
        int64_t bytes;
    } cases[] = {{"4G", INT64_C(4) << 30}, {"1.5k", 1536}, {"700", 700}, {"-1", -1}, {"Auto", HL_BUDGET_AUTO}};
    hl_config c;
    hl_config_defaults(&c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CHECK_OK(hl_config_set(&c, "activation_budget", cases[i].text, "here"));
        CHECK(c.activation_budget == cases[i].bytes);
    }
    CHECK_FAILS(hl_config_set(&c, "activation_budget", "4X", "here"), HL_EUSAGE, "a number of bytes");
    CHECK_FAILS(hl_config_set(&c, "activation_budget", "-2", "here"), HL_EUSAGE, "out of range");
    hl_config_free(&c);
}

static void bad_files_are_refused_with_a_line(void)
{
    const struct {
        const char *text, *words;
    } cases[] = {
        {"epoch: 3\n", "a.yaml:1: there is no option \"epoch\"; the nearest is \"epochs\""},
        {"\nlearning_rate: 3\n",
         "a.yaml:2: there is no option \"learning_rate\"; the nearest is \"optim_args.learning_rate\""},
        {"max_text_lenght: 3\n", "the nearest is \"MAX_TEXT_LENGTH\""},
        {"optim_args: {lerning_rate: 1}\n", "the nearest is \"optim_args.learning_rate\""},
        {"epochs: ten\n", "a.yaml:1: epochs: \"ten\" is not a whole number"},
        {"epochs: 3.5\n", "\"3.5\" is not a whole number"},
        {"epochs: -1\n", "a.yaml:1: epochs: -1 is out of range"},
        {"epochs: 99999999999999999999\n", "out of range"},
        {"batch_size: 0\n", "out of range"},
        {"optim_args: {learning_rate: fast}\n", "\"fast\" is not a number"},
        {"optim_args: {learning_rate: nan}\n", "\"nan\" is not a number"},
        {"dedup: maybe\n", "\"maybe\" is not true or false"},
        {"scheduler_args: {type: stairs}\n", "\"stairs\" is not one of: cosine"},
        {"loss: ce\n", "\"ce\" is not one of: nce, bce"},
        {"epochs: [1, 2]\n", "a list, where one value is wanted"},
        {"epochs: 1\nseed: 2\nepochs: 3\n", "a.yaml:3: \"epochs\" is there twice"},
        {"optim_args: {learning_rate: 1}\noptim_args.learning_rate: 2\n", "there twice"},
        {"optim_args:\n\tlearning_rate: 1\n", "a.yaml:2: a tab"},
        {"epochs: [1\nseed: 3\n", "this is not YAML"},
        {"epochs: \"3\n", "this is not YAML"},
        {"- epochs\n- seed\n", "expected lines of the form"},
        {"epochs\n", "expected lines of the form"},
        {"epochs: 1\n---\nepochs: 2\n", "a.yaml:2: a second document"},
        {"epochs: &a 3\nseed: *a\n", "a.yaml:2: *a stands for what is written elsewhere"},
        {"item_prompt: !include x\n", "a.yaml:1: the tag !include is not supported"},
        {"seed: 1\nitem_prompt: a\x01\n", "a.yaml:2: this is not YAML: control characters"},
        {"seed: 1\n\nitem_prompt: \xff\n", "a.yaml:3: this is not YAML: invalid leading UTF-8"},
        {"seed: 010\n", "a.yaml:1: seed: \"010\" is not a whole number without a 0 in front"},
        {"data_split: y\n", "\"y\" is not true or false"},
        {"optim_args: {learning_rate: 1}\noptim_args: {weight_decay: 1}\n", "\"optim_args\" is there twice"},
        {"<<: {epochs: 3}\n", "there is no option \"<<.epochs\""},
        {"topk: [[1]]\n", "should be a plain text or number"},
        {"dataset: \"a\\0b\"\n", "holds a NUL byte"},
        {"topk: [5, many]\n", "\"many\" is not a whole number"},
        {"a: {b: {c: {d: {e: {f: {g: {h: {i: 1}}}}}}}}\n", "nested too deeply"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_config c;
        hl_config_defaults(&c);
        CHECK_FAILS(parse(&c, cases[i].text), HL_EUSAGE, cases[i].words);
        hl_config_free(&c);
    }
}

static void what_does_not_go_together_is_refused(void)
{
    const struct {
        const char *text, *words;
    } cases[] = {
        {"precision: bf16-mixed\nexact: {groups: 2}\n", "set precision: fp32 or exact.groups: 0"},
        {"item_llm.hidden_size: 32\n", "make them equal"},
        {"item_llm.num_attention_heads: 5\n", "does not divide into 5 heads"},
        {"valid_metric: NDCG@7\n", "not a metric at a length of topk, as ndcg@200"},
        {"valid_metric: NDCG@\n", "not a metric at a length of topk"},
        {"valid_metric: ndcg@10x\n", "not a metric at a length of topk"},
        {"metrics: [GiniIndex]\ntopk: [5]\nvalid_metric: GiniIndex@5\n", "says nothing of how good a model is"},
        {"valid_metric: AUC@5\n", "there is no metric \"auc\""},
        {"metrics: [Recal]\n", "there is no metric \"recal\"; the nearest is \"recall\""},
        {"metrics: [Hits]\n", "the nearest is \"hit\""},
        {"topk: []\n", "topk is empty"},
        {"topk: [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,200]\n", "topk has 17 lengths; give at most 16"},
        {"eval_step: 0\n", "eval_step: 0 is out of range"},
        {"text_keys: []\n", "text_keys is empty"},
        {"dataset: a/b\n", "it is a name"},
        {"batch_size: 10\ntrain_batch_size: 4\nreference_ranks: 2\n", "give one or the other"},
        {"batch_size: 10\nloss_mean: rank\nreference_ranks: 4\n", "does not divide into 4"},
        {"tokenizer: ''\n", "there is no tokenizer"},
        {"data_path: ''\n", "data_path is not set"},
        {"item_emb_token_n: 2\n", "out of range; it goes from 0 to 1"},
        {"item.tp: [2, 2, 2]\n", "item.tp has 3 numbers"},
        {"split: {test: 0.2}\n", "or set split.kind: temporal"},
        {"split: {kind: temporal, test: 0.6, valid: 0.4}\n", "their sum must be below 1"},
        {"split: {kind: temporal, test: 0}\n", "above 0"},
        {"split: random\n", "is not one of: leave_two_out, temporal"},
        {"user.tp: []\n", "as [2, 2]"},
        {"user.tp: [0, 2]\n", "user.tp: 0 is out of range"},
        {"item.tp: [100000, 100000]\n", "a grid of 100000 x 100000 is out of range"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_config c;
        CHECK_FAILS(read(&c, cases[i].text), HL_EUSAGE, cases[i].words);
        hl_config_free(&c);
    }
}

static void a_split_is_a_kind_or_a_map(void)
{
    hl_config c;
    CHECK_OK(read(&c, "split: temporal\n"));
    CHECK(c.split_kind == HL_TEMPORAL && c.split_valid == 0.1 && c.split_test == 0.1);
    hl_config_free(&c);
    CHECK_OK(read(&c, "split: {kind: temporal, test: 0.2, valid: 0.05}\n"));
    CHECK(c.split_kind == HL_TEMPORAL && c.split_valid == 0.05 && c.split_test == 0.2);
    CHECK_OK(hl_config_set(&c, "split", "leave_two_out", "here"));
    CHECK(c.split_kind == HL_LEAVE_TWO_OUT);
    hl_config_free(&c);
}

static void ranks_of_a_layer_are_a_number_or_a_grid(void)
{
    hl_config c;
    CHECK_OK(read(&c, "item.tp: 4\nuser.tp: [2, 3]\ntp_engine: scalapack\n"));
    CHECK(c.item_tp == 4 && c.item_rows == 0 && c.user_tp == 6 && c.user_rows == 2 && c.tp_engine == HL_SCALAPACK);
    hl_config_free(&c);
}

static void bad_arguments_are_refused(void)
{
    const struct {
        const char *argument, *words;
    } cases[] = {
        {"--epochs", "--epochs: its value is missing"},
        {"more", "\"more\" is one argument too many"},
        {"--", "one argument too many"},
        {"--epochs=x", "--epochs: \"x\" is not a whole number"},
        {"--epcohs=3", "--there is no option \"epcohs\"; the nearest is \"epochs\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *argv[] = {(char *)(uintptr_t)cases[i].argument};
        hl_config c;
        hl_config_defaults(&c);
        CHECK_FAILS(hl_config_arguments(&c, 1, argv), HL_EUSAGE, cases[i].words);
        hl_config_free(&c);
    }
}

static char *written(const hl_config *c, size_t *n)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, n);
    hl_config_write_yaml(c, out);
    fclose(out);
    return text;
}

static void what_is_written_reads_back_the_same(void)
{
    hl_config c, d;
    size_t n = 0;
    CHECK_OK(read(&c, "item_prompt: \"a \\\"b\\\" \\\\ \\t:# c \"\noptim_args.learning_rate: 0.1\nfreeze_prefix: ['x, "
                      "y', z]\nactivation_budget: 3G\n"));
    char *text = written(&c, &n);
    CHECK(strstr(text, "optim_args.learning_rate: 0.1  # a.yaml:2\n") != NULL);
    CHECK(strstr(text, "epochs: 10  # default\n") != NULL);
    hl_config_defaults(&d);
    CHECK_OK(hl_config_parse(&d, text, n, "used.yaml"));
    CHECK_OK(hl_config_check(&d));
    for (int i = 0; i < hl_options_n; i++) {
        if (!hl_options[i].key) continue;
        char *a = hl_option_text(&c, &hl_options[i]), *b = hl_option_text(&d, &hl_options[i]);
        CHECK(strcmp(a, b) == 0);
        free(a);
        free(b);
    }
    CHECK(hl_config_digest(&c) == hl_config_digest(&d));
    free(text);
    hl_config_free(&c);
    hl_config_free(&d);
}

/* Paths are any bytes; so may be the name of the configuration that stands in the comments. */
static void any_bytes_read_back_the_same(void)
{
    static const char *const texts[] = {"r\xfcn",
                                        ("a\x7f"
                                         "b"),
                                        "\xc2\x85 \xc2\x9f",
                                        "\xef\xbb\xbf",
                                        "\xef\xbf\xbe",
                                        "\xe2\x80\xa8",
                                        "\xf0\x9f\x98\x80",
                                        "a\nb: c",
                                        "\t",
                                        "  x  ",
                                        "\xff",
                                        "ab\xff",
                                        "abc\xff",
                                        "!!binary x",
                                        "\xf0\x9f\xbf\xbe",
                                        "a\"b\\c",
                                        "\xe9\x87\x8e"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hl_config c, d;
        size_t n = 0;
        hl_config_defaults(&c);
        CHECK_OK(hl_config_set(&c, "checkpoint_dir", texts[i], "b\nepochs: 9\xfc\xc2\x85.yaml:1"));
        char *text = written(&c, &n);
        hl_config_defaults(&d);
        CHECK_OK(hl_config_parse(&d, text, n, "used.yaml"));
        CHECK(strcmp(d.checkpoint_dir, texts[i]) == 0);
        CHECK(d.epochs == c.epochs);
        free(text);
        hl_config_free(&c);
        hl_config_free(&d);
    }
}

static void bytes_that_are_no_base64_are_refused(void)
{
    hl_config c;
    CHECK_FAILS(read(&c, "item_prompt: !!binary \"YWI\"\n"), HL_EUSAGE,
                "a.yaml:1: what follows !!binary is not base64");
    hl_config_free(&c);
    CHECK_FAILS(read(&c, "item_prompt: !!binary \"YW==YW==\"\n"), HL_EUSAGE, "not base64");
    hl_config_free(&c);
    CHECK_FAILS(read(&c, "item_prompt: !!binary \"AGEA\"\n"), HL_EUSAGE, "holds a NUL byte");
    hl_config_free(&c);
    CHECK_OK(read(&c, "item_prompt: !!binary \"YWI=\"\n"));
    CHECK(strcmp(c.item_prompt, "ab") == 0);
    hl_config_free(&c);
}

static void a_run_goes_on_only_with_the_same_numbers(void)
{
    hl_config was, same, other;
    CHECK_OK(read(&was, "epochs: 3\ntrain_batch_size: 8\nreference_ranks: 2\n"));
    CHECK_OK(read(&same, "epochs: 3\nbatch_size: 16\nreference_ranks: 2\nitem.dp: 4\ncheckpoint_dir: elsewhere\n"));
    CHECK_OK(read(&other, "epochs: 4\ntrain_batch_size: 8\nreference_ranks: 2\n"));
    CHECK_OK(hl_config_may_resume(&same, &was, "step-1", true));
    CHECK(hl_config_digest(&was) == hl_config_digest(&same));
    CHECK_FAILS(hl_config_may_resume(&other, &was, "step-1", true), HL_EUSAGE, "epochs was 3 and is 4;");
    CHECK(hl_config_digest(&was) != hl_config_digest(&other));
    hl_config_free(&was);
    hl_config_free(&same);
    hl_config_free(&other);
}

static void the_text_of_a_configuration_is_one(void)
{
    hl_config c, d;
    CHECK_OK(read(&c, "epochs: 3\ntext_keys: [a, b]\nitem_prompt: \"x\\n\"\n"));
    char *text = hl_config_text(&c);
    CHECK(strchr(text, '#') == NULL);
    hl_config_defaults(&d);
    CHECK_OK(hl_config_parse(&d, text, strlen(text), "text"));
    CHECK(hl_config_digest(&c) == hl_config_digest(&d));
    free(text);
    hl_config_free(&c);
    hl_config_free(&d);
}

/* Weights mean the same whatever the training did with them, and however they are evaluated. */
static void what_changes_vectors_is_listed(void)
{
    static const struct {
        const char *values, *list;
    } cases[] = {
        {"", ""},
        {"epochs: 4\nseed: 1\ntopk: [7]\nvalid_metric: NDCG@7\nMAX_ITEM_LIST_LENGTH_TEST: 3\nitem.dp: "
         "3\nnum_negatives: 5\n",
         ""},
        {"MAX_TEXT_LENGTH: 24\n", "MAX_TEXT_LENGTH was 256 and is 24"},
        {"item_prompt: x\ntext_keys: [b]\n",
         "text_keys was [\"title\", \"tag\", \"description\"] and is [\"b\"], item_prompt was "},
        {"item_emb_token_n: 0\n", "item_emb_token_n was 1 and is 0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char list[700];
        hl_config was, is;
        CHECK_OK(read(&was, ""));
        CHECK_OK(read(&is, cases[i].values));
        hl_config_other_vectors(list, sizeof list, &is, &was);
        CHECK(strncmp(list, cases[i].list, strlen(cases[i].list)) == 0 && !*list == !*cases[i].list);
        hl_config_free(&was);
        hl_config_free(&is);
    }
}

static void the_help_names_every_option(void)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = open_memstream(&text, &n);
    hl_config_help(out);
    fclose(out);
    for (int i = 0; i < hl_options_n; i++) {
        char line[100];
        snprintf(line, sizeof line, "\n  %s ", hl_options[i].key ? hl_options[i].key : "");
        CHECK(!hl_options[i].key || strstr(text, line));
    }
    free(text);
}

static void distances_count_letters(void)
{
    CHECK(hl_nearest_distance("", "") == 0);
    CHECK(hl_nearest_distance("abc", "") == 3);
    CHECK(hl_nearest_distance("kitten", "sitting") == 3);
    CHECK(hl_nearest_distance("epcohs", "EPOCHS") == 1);
    CHECK(hl_nearest_distance("dedup", "dedupe") == 1);
}

/* Two columns of one name, none at all, and counts that no step can number. */
static void what_makes_no_sense_is_refused(void)
{
    static const char *const wrong[][2] = {
        {"topk: [5, 10, 5]\nvalid_metric: ndcg@5\n", "topk has 5 twice"},
        {"metrics: [Recall, NDCG, recall]\n", "metrics has recall twice"},
        {"metrics: []\n", "metrics is empty"},
        {"topk: [0]\n", "out of range"},
        {"batch_size: 100000000\n", "items a step; the most is 1073741823, so a batch_size of 21053761"},
        {"train_batch_size: 100000\nreference_ranks: 1000\n", "items a step"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        hl_config c;
        char text[300];
        snprintf(text, sizeof text, "checkpoint_dir: r\n%s", wrong[i][0]);
        CHECK_FAILS(read(&c, text), HL_EUSAGE, wrong[i][1]);
        hl_config_free(&c);
    }
}

static const test tests[] = {
    {"what makes no sense is refused", what_makes_no_sense_is_refused},
    {"defaults are those of the table", defaults_are_those_of_the_table},
    {"every key is there once", every_key_is_there_once},
    {"the command line is stronger than the file", the_command_line_is_stronger_than_the_file},
    {"maps and dotted keys are the same", maps_and_dotted_keys_are_the_same},
    {"public keys map to ours", public_keys_map_to_ours},
    {"public keys that change nothing are taken", public_keys_that_change_nothing_are_taken},
    {"public keys that would change the numbers are refused", public_keys_that_would_change_the_numbers_are_refused},
    {"random weights have defaults of their own", random_weights_have_defaults_of_their_own},
    {"pretrained weights have those of the table", pretrained_weights_have_those_of_the_table},
    {"other defaults are written and read again", other_defaults_are_written_and_read_again},
    {"a later file is stronger", a_later_file_is_stronger},
    {"a map may stand on the command line", a_map_may_stand_on_the_command_line},
    {"what follows from a shape is filled in", what_follows_from_a_shape_is_filled_in},
    {"bytes have units", bytes_have_units},
    {"bad files are refused with a line", bad_files_are_refused_with_a_line},
    {"what does not go together is refused", what_does_not_go_together_is_refused},
    {"a split is a kind or a map", a_split_is_a_kind_or_a_map},
    {"ranks of a layer are a number or a grid", ranks_of_a_layer_are_a_number_or_a_grid},
    {"bad arguments are refused", bad_arguments_are_refused},
    {"what is written reads back the same", what_is_written_reads_back_the_same},
    {"any bytes read back the same", any_bytes_read_back_the_same},
    {"bytes that are no base64 are refused", bytes_that_are_no_base64_are_refused},
    {"a run goes on only with the same numbers", a_run_goes_on_only_with_the_same_numbers},
    {"the text of a configuration is one", the_text_of_a_configuration_is_one},
    {"what changes vectors is listed", what_changes_vectors_is_listed},
    {"models of item ids have defaults of the public code", models_of_item_ids_have_defaults_of_the_public_code},
    {"the help names every option", the_help_names_every_option},
    {"distances count letters", distances_count_letters},
};
HL_TESTS("config", tests)
