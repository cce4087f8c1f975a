/* masking.c - why negatives are masked as false ones, and what to change.
 *
 * A negative is masked where its vector is nearly that of the target.  Equal texts have equal vectors: if a share f of
 * the items is alike, about f^2 of the pairs are, so texts are the cause where f^2 makes half of what is masked.  Else
 * it is the threshold, or the weights: the initial ones, which a lower learning rate does not change, or those that
 * training made. */
#include "app/train/masking.h"
#include "base/sentence.h"
#include <inttypes.h>
#include <math.h>

static const double LOW_THRESHOLD = 0.9, HALF = 0.5;

/* ---- is it this? */

static bool texts_are_alike(const hl_masking *m)
{
    const double f = (double)m->texts->items_equal / (double)m->texts->items;
    return m->texts->items > 0 && f * f >= HALF * m->share;
}

static bool are_half_of_the_equal(const hl_masking *m, int64_t items)
{
    return texts_are_alike(m) && 2 * items >= m->texts->items_equal;
}

static bool texts_are_missing(const hl_masking *m) { return are_half_of_the_equal(m, m->texts->items_without_text); }

static bool texts_end_in_the_prompt(const hl_masking *m) { return are_half_of_the_equal(m, m->texts->texts_in_prompt); }

static bool threshold_is_low(const hl_masking *m) { return m->config->nce_thres < LOW_THRESHOLD; }

static bool weights_are_initial(const hl_masking *m)
{
    return m->is_initial || (m->initial_share > 0 && m->initial_share >= HALF * m->share);
}

static bool initial_is_loaded(const hl_masking *m) { return weights_are_initial(m) && *m->config->load_pretrain; }

static bool initial_is_pretrained(const hl_masking *m)
{
    return weights_are_initial(m) && *m->config->item_pretrain_dir && m->config->item_llm_init;
}

static bool initial_is_random_by_folder(const hl_masking *m)
{
    return weights_are_initial(m) && *m->config->item_pretrain_dir;
}

static bool always(const hl_masking *m)
{
    (void)m;
    return true;
}

static bool items_are_ids(const hl_masking *m) { return hl_model_reads_ids(m->config->model); }

/* ---- then say */

static void say_missing(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(
        s, "%" PRId64 " of %" PRId64 " items have no row of text, and so one vector: write ids alike in both files",
        m->texts->items_without_text, m->texts->items);
}

static void say_in_prompt(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(
        s,
        "%" PRId64 " of %" PRId64 " texts end inside the prompt, and so have one vector: raise MAX_TEXT_LENGTH (%d) or "
        "set item_prompt to ''",
        m->texts->texts_in_prompt, m->texts->items - m->texts->items_without_text, m->config->MAX_TEXT_LENGTH);
}

static void say_longer_texts(hl_sentence *s, const hl_masking *m)
{
    if (m->texts->texts_truncated > 0)
        hl_sentence_add(s, ", raise MAX_TEXT_LENGTH (%d), which truncates %" PRId64 " texts",
                        m->config->MAX_TEXT_LENGTH, m->texts->texts_truncated);
}

static void say_equal(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(s,
                    "%" PRId64 " of %" PRId64
                    " items have the tokens of another one, and so its vector: name text_keys that tell items apart",
                    m->texts->items_equal, m->texts->items);
    say_longer_texts(s, m);
}

static void say_threshold(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(s, "nce_thres %g takes vectors for equal that are not: raise it, to 0.99 for instance",
                    m->config->nce_thres);
}

/* What makes more of a vector depend on the text. */
static void say_more_text(hl_sentence *s, const hl_masking *m)
{
    if (*m->config->item_prompt) hl_sentence_add(s, ", set item_prompt to ''");
    say_longer_texts(s, m);
}

static void say_loaded(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(
        s, "the weights of load_pretrain give nearly equal vectors, before anything is learned here: take an earlier "
           "checkpoint");
    say_more_text(s, m);
    hl_sentence_add(s, ", or raise nce_thres");
}

static void say_pretrained(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(
        s, "the weights of item_pretrain_dir give nearly equal vectors, before anything is learned: look whether they "
           "are those of a language model");
    say_more_text(s, m);
    hl_sentence_add(s, ", or raise nce_thres");
}

static void say_random_by_folder(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(s,
                    "random weights give nearly equal vectors, before anything is learned: raise initializer_range in "
                    "config.json of item_pretrain_dir");
    say_more_text(s, m);
    hl_sentence_add(s, ", or take the pretrained weights (item_llm_init)");
}

static void say_random(hl_sentence *s, const hl_masking *m)
{
    const double is = m->config->item_llm.initializer_range, fit = 1 / sqrt(m->config->item_llm.hidden_size);
    hl_sentence_add(s, "random weights give nearly equal vectors, before anything is learned: ");
    if (is < HALF * fit) hl_sentence_add(s, "raise item_llm.initializer_range (%g), to %.2g for instance", is, fit);
    else if (is > 2 * fit) hl_sentence_add(s, "lower item_llm.initializer_range (%g), to %.2g for instance", is, fit);
    else hl_sentence_add(s, "widen the Item LLM (item_llm.hidden_size)");
    say_more_text(s, m);
    hl_sentence_add(s, ", or start from pretrained weights (item_pretrain_dir)");
}

static void say_collapsed(hl_sentence *s, const hl_masking *m)
{
    hl_sentence_add(
        s,
        "training makes the item vectors collapse: lower optim_args.learning_rate (%g), lengthen scheduler_args.warmup "
        "(%g) or raise nce_thres",
        m->config->optim_args_learning_rate, m->config->scheduler_args_warmup);
}

/* Rows of a table are random at first, and far from one another. */
static void say_ids(hl_sentence *s, const hl_masking *m)
{
    if (threshold_is_low(m)) say_threshold(s, m);
    else if (initial_is_loaded(m)) say_loaded(s, m);
    else say_collapsed(s, m);
}

/* The first that holds. */
static const struct {
    bool (*is)(const hl_masking *m);
    void (*say)(hl_sentence *s, const hl_masking *m);
} causes[] = {
    {items_are_ids, say_ids},
    {texts_are_missing, say_missing},
    {texts_end_in_the_prompt, say_in_prompt},
    {texts_are_alike, say_equal},
    {threshold_is_low, say_threshold},
    {initial_is_loaded, say_loaded},
    {initial_is_pretrained, say_pretrained},
    {initial_is_random_by_folder, say_random_by_folder},
    {weights_are_initial, say_random},
    {always, say_collapsed},
};

const char *hl_masking_advice(const hl_masking *m)
{
    static hl_sentence s;
    int i = 0;
    while (!causes[i].is(m)) i++;
    s.n = 0;
    causes[i].say(&s, m);
    return s.text;
}
