/* test-masking.c - masked negatives: each cause has its own sentence. */
#include "app/train/masking.h"
#include "tests/check.h"
#include <string.h>

static hl_config config;
static hl_prepare_report texts;

/* 1000 texts that differ, and a configuration without folders, which the test releases; what is asked of them. */
static hl_masking healthy(double share)
{
    hl_config_defaults(&config);
    texts = (hl_prepare_report){.items = 1000, .items_equal = 10, .texts_equal = 10};
    return (hl_masking){.config = &config, .texts = &texts, .share = share};
}

static bool says(const hl_masking *m, const char *words) { return strstr(hl_masking_advice(m), words) != NULL; }

static bool blames_the_rate(const hl_masking *m) { return says(m, "learning_rate"); }

static void set(const char *key, const char *value) { CHECK_OK(hl_config_set(&config, key, value, "the test")); }

static void missing_texts(void)
{
    hl_masking m = healthy(1);
    texts.items_without_text = texts.items_equal = 900;
    CHECK(says(&m, "900 of 1000 items have no row of text") && !blames_the_rate(&m));
    hl_config_free(&config);
}

static void a_prompt_as_long_as_the_limit(void)
{
    hl_masking m = healthy(1);
    texts.items_without_text = 50, texts.texts_in_prompt = 940, texts.texts_equal = 939, texts.items_equal = 989;
    CHECK(says(&m, "940 of 950 texts end inside the prompt") && says(&m, "raise MAX_TEXT_LENGTH (64)"));
    CHECK(!blames_the_rate(&m));
    hl_config_free(&config);
}

static void equal_texts(void)
{
    hl_masking m = healthy(1);
    texts.texts_equal = texts.items_equal = 990, texts.texts_truncated = 1000;
    CHECK(says(&m, "990 of 1000 items have the tokens of another one")
          && says(&m, "raise MAX_TEXT_LENGTH (64), which truncates 1000 texts"));
    CHECK(!blames_the_rate(&m));
    hl_config_free(&config);
}

/* A third of the items alike is a ninth of the pairs. */
static void equal_texts_explain_so_much_and_no_more(void)
{
    hl_masking m = healthy(0.12);
    texts.items_without_text = texts.items_equal = 340;
    CHECK(says(&m, "340 of 1000 items have no row of text"));
    m.share = 0.6;
    CHECK(says(&m, "collapse"));
    hl_config_free(&config);
}

static void a_low_threshold(void)
{
    hl_masking m = healthy(1);
    m.is_initial = true;
    set("nce_thres", "0.3");
    CHECK(says(&m, "nce_thres 0.3 takes vectors for equal that are not") && !blames_the_rate(&m));
    hl_config_free(&config);
}

static void random_weights(void)
{
    hl_masking m = healthy(1);
    m.is_initial = true;
    CHECK(says(&m, "raise item_llm.initializer_range (0.02), to 0.12 for instance, set item_prompt to '', or start "
                   "from pretrained weights"));
    CHECK(!blames_the_rate(&m));
    set("item_prompt", ""), texts.texts_truncated = 700;
    CHECK(!says(&m, "item_prompt")
          && says(&m, "instance, raise MAX_TEXT_LENGTH (64), which truncates 700 texts, or start"));
    set("item_llm.initializer_range", "2");
    CHECK(says(&m, "lower item_llm.initializer_range (2), to 0.12 for instance"));
    set("item_llm.initializer_range", "0.125");
    CHECK(!says(&m, "initializer_range") && says(&m, "widen the Item LLM"));
    set("item_pretrain_dir", "m"), set("item_llm_init", "false");
    CHECK(says(&m, "raise initializer_range in config.json") && !blames_the_rate(&m));
    hl_config_free(&config);
}

static void pretrained_weights(void)
{
    hl_masking m = healthy(1);
    m.is_initial = true;
    set("item_pretrain_dir", "m");
    CHECK(says(&m, "the weights of item_pretrain_dir give nearly equal vectors") && !says(&m, "initializer_range"));
    CHECK(!blames_the_rate(&m));
    set("load_pretrain", "run");
    CHECK(says(&m, "the weights of load_pretrain give nearly equal vectors") && !blames_the_rate(&m));
    hl_config_free(&config);
}

static void a_collapse(void)
{
    hl_masking m = healthy(1);
    m.initial_share = 0.02;
    CHECK(says(&m, "lower optim_args.learning_rate (0.0001)") && says(&m, "raise nce_thres"));
    CHECK(!says(&m, "initializer_range"));
    hl_config_free(&config);
}

/* Rates are small while they warm up: what was masked before the first update is not their doing. */
static void what_was_masked_at_the_start_is_no_collapse(void)
{
    hl_masking m = healthy(1);
    m.initial_share = 0.98;
    CHECK(says(&m, "raise item_llm.initializer_range") && !blames_the_rate(&m));
    hl_config_free(&config);
}

static const test tests[] = {
    {"missing texts", missing_texts},
    {"a prompt as long as the limit", a_prompt_as_long_as_the_limit},
    {"equal texts", equal_texts},
    {"equal texts explain so much and no more", equal_texts_explain_so_much_and_no_more},
    {"a low threshold", a_low_threshold},
    {"random weights", random_weights},
    {"pretrained weights", pretrained_weights},
    {"a collapse", a_collapse},
    {"what was masked at the start is no collapse", what_was_masked_at_the_start_is_no_collapse},
};
HL_TESTS("masking", tests)
