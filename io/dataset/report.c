/* report.c - what a preparation read and what was odd about it. */
#include "io/dataset/report.h"
#include "base/log.h"
#include "base/sentence.h"
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

enum { NO_EXAMPLE = -1 };

/* What `hllm train` says of a count that is not zero. */
typedef enum { SILENT, OF_INTERACTIONS, OF_TEXTS } telling;

/* In the order of the struct. */
static const struct {
    const char *name, *words;
    telling telling;
    int example; /* hl_example, or NO_EXAMPLE */
} counts[] = {
    {"interactions", "interactions", SILENT, NO_EXAMPLE},
    {"interactions_kept", "interactions of the users kept", SILENT, NO_EXAMPLE},
    {"interactions_repeated", "interactions with the item, the user and the time of another one", OF_INTERACTIONS,
     NO_EXAMPLE},
    {"users_seen", "users", SILENT, NO_EXAMPLE},
    {"users_kept", "users kept", SILENT, NO_EXAMPLE},
    {"users_dropped", "users left out, with fewer than three interactions", OF_INTERACTIONS, NO_EXAMPLE},
    {"users_equal_times", "users with interactions at the same time, kept in the order of the file", OF_INTERACTIONS,
     NO_EXAMPLE},
    {"users_one_time", "users with all their interactions at one time", OF_INTERACTIONS, NO_EXAMPLE},
    {"ids_missing", "interactions of a user or an item whose id is a word for a missing value", OF_INTERACTIONS,
     HL_EXAMPLE_MISSING},
    {"times_apart", "interactions whose time is a thousandfold apart from the others", OF_INTERACTIONS,
     HL_EXAMPLE_TIMES},
    {"sequence_min", "shortest sequence", SILENT, NO_EXAMPLE},
    {"sequence_max", "longest sequence", SILENT, NO_EXAMPLE},
    {"items", "items", SILENT, NO_EXAMPLE},
    {"items_without_text", "items without a row of text", OF_TEXTS, HL_EXAMPLE_WITHOUT_TEXT},
    {"ids_blanks", "of these with a row but for blanks or quotes around the id", OF_TEXTS, HL_EXAMPLE_BLANKS},
    {"ids_decimal", "of these with a row but for .0 behind the id", OF_TEXTS, HL_EXAMPLE_DECIMAL},
    {"ids_zeros", "of these with a row but for zeros before the id", OF_TEXTS, HL_EXAMPLE_ZEROS},
    {"ids_case", "of these with a row but for capital letters in the id", OF_TEXTS, HL_EXAMPLE_CASE},
    {"ids_forms", "of these with a row but for several such differences of the id", OF_TEXTS, HL_EXAMPLE_FORMS},
    {"items_equal", "items with the tokens of an earlier one", SILENT, NO_EXAMPLE},
    {"text_rows", "rows of text", SILENT, NO_EXAMPLE},
    {"text_rows_unused", "rows of text of items without interactions", OF_TEXTS, HL_EXAMPLE_UNUSED},
    {"text_rows_repeated", "rows of text replaced by a later row of the same item", OF_TEXTS, NO_EXAMPLE},
    {"texts_equal", "texts equal to an earlier one", OF_TEXTS, NO_EXAMPLE},
    {"texts_empty", "texts without any value, the prompt alone", OF_TEXTS, NO_EXAMPLE},
    {"texts_truncated", "texts truncated", OF_TEXTS, NO_EXAMPLE},
    {"texts_end_cut", "of these without the special tokens that the tokenizer puts behind a text", OF_TEXTS,
     NO_EXAMPLE},
    {"texts_in_prompt", "texts that end inside the prompt, so that no value is left", OF_TEXTS, NO_EXAMPLE},
    {"texts_dropped", "texts with characters that the tokenizer has no token for", OF_TEXTS, NO_EXAMPLE},
    {"characters_dropped", "such characters, left out", OF_TEXTS, NO_EXAMPLE},
    {"tokens", "tokens", SILENT, NO_EXAMPLE},
    {"text_min", "tokens of the shortest text", SILENT, NO_EXAMPLE},
    {"text_max", "tokens of the longest text", SILENT, NO_EXAMPLE},
};
_Static_assert(sizeof counts / sizeof counts[0] == HL_REPORT_COUNTS, "every count has a name");

/* Ids that are the same but for their form: the count, and what to take away. */
static const struct {
    size_t count; /* offset in the report */
    hl_example example;
    const char *words;
} forms[] = {
    {offsetof(hl_prepare_report, ids_blanks), HL_EXAMPLE_BLANKS, "blanks or quotes around them"},
    {offsetof(hl_prepare_report, ids_decimal), HL_EXAMPLE_DECIMAL, "a trailing .0"},
    {offsetof(hl_prepare_report, ids_zeros), HL_EXAMPLE_ZEROS, "leading zeros"},
    {offsetof(hl_prepare_report, ids_case), HL_EXAMPLE_CASE, "the case of letters"},
    {offsetof(hl_prepare_report, ids_forms), HL_EXAMPLE_FORMS, "several such differences"},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

/* " (as 'a', 'b')" */
static void say_examples(hl_sentence *s, const hl_prepare_examples *e, int example)
{
    if (example == NO_EXAMPLE || !e->of[example][0][0]) return;
    hl_sentence_add(s, " (as '%s'", e->of[example][0]);
    if (e->of[example][1][0]) hl_sentence_add(s, ", '%s'", e->of[example][1]);
    hl_sentence_add(s, ")");
}

/* ---- what nothing can be learned from */

static int64_t form_count(const hl_prepare_report *r, int form)
{
    return *(const int64_t *)((const char *)r + forms[form].count);
}

/* "; 12 would match but for leading zeros ('017' there, '17' here)" for each form. */
static void say_forms(hl_sentence *s, const hl_prepare_report *r, const hl_prepare_examples *e)
{
    for (int i = 0; i < FORMS; i++)
        if (form_count(r, i) > 0)
            hl_sentence_add(s, "; %" PRId64 " would match but for %s ('%s' in the interactions, '%s' in the texts)",
                            form_count(r, i), forms[i].words, e->of[forms[i].example][0], e->of[forms[i].example][1]);
}

static hl_status no_item_has_text(const hl_prepare_report *r, const hl_prepare_examples *e, const char *texts)
{
    hl_sentence s = {.n = 0};
    hl_sentence_add(&s, "none of the %" PRId64 " items of the interactions", r->items);
    say_examples(&s, e, HL_EXAMPLE_WITHOUT_TEXT);
    hl_sentence_add(&s, " has a row among the %" PRId64, r->text_rows);
    say_examples(&s, e, HL_EXAMPLE_UNUSED);
    say_forms(&s, r, e);
    return HL_FAIL(HL_EFORMAT, "%s: %s; write ids alike in both files", texts, s.text);
}

hl_status hl_report_check(const hl_prepare_report *r, const hl_prepare_examples *e, const char *texts)
{
    int64_t with_text = r->items - r->items_without_text;
    if (with_text == 0) return no_item_has_text(r, e, texts);
    if (with_text < 2) return HL_OK;
    if (r->texts_empty == with_text)
        return HL_FAIL(HL_EFORMAT,
                       "%s: none of the %" PRId64
                       " texts has a value in the columns of text_keys; name columns that hold texts",
                       texts, with_text);
    if (r->texts_in_prompt + r->texts_empty == with_text)
        return HL_FAIL(HL_EFORMAT,
                       "%s: %" PRId64 " of %" PRId64
                       " texts end inside the prompt, which fills MAX_TEXT_LENGTH, and %" PRId64
                       " are equal to another; raise MAX_TEXT_LENGTH or set item_prompt to ''",
                       texts, with_text, with_text, r->texts_equal + 1);
    if (r->texts_equal + 1 == with_text)
        return HL_FAIL(HL_EFORMAT,
                       "%s: all %" PRId64 " texts are equal (%" PRId64
                       " are truncated); name text_keys that tell items apart, or raise MAX_TEXT_LENGTH",
                       texts, with_text, r->texts_truncated);
    return HL_OK;
}

/* ---- of all ranks */

void hl_report_join(const hl_group *g, hl_prepare_report *r)
{
    const double least = -hl_group_max(g, -(double)r->text_min), most = hl_group_max(g, (double)r->text_max);
    r->text_min = r->text_max = 0;
    hl_group_all_reduce_int(g, (int64_t *)r, HL_REPORT_COUNTS);
    r->text_min = (int64_t)least;
    r->text_max = (int64_t)most;
}

/* ---- what people are told */

static void tell_kind(const hl_prepare_report *r, const hl_prepare_examples *e, telling kind, const char *title)
{
    const int64_t *value = (const int64_t *)r;
    hl_sentence s = {.n = 0};
    for (int i = 0; i < HL_REPORT_COUNTS; i++) {
        if (counts[i].telling != kind || value[i] == 0) continue;
        hl_sentence_add(&s, "%s%" PRId64 " %s", s.n ? ", " : "", value[i], counts[i].words);
        say_examples(&s, e, counts[i].example);
    }
    if (s.n) hl_log(HL_INFO, "%s: %s", title, s.text);
}

void hl_report_tell(const hl_prepare_report *r, const hl_prepare_examples *e)
{
    char title[60];
    snprintf(title, sizeof title, "of the %" PRId64 " interactions", r->interactions);
    tell_kind(r, e, OF_INTERACTIONS, title);
    snprintf(title, sizeof title, "of the %" PRId64 " items", r->items);
    tell_kind(r, e, OF_TEXTS, title);
}

void hl_report_tell_table(const hl_prepare_report *r, const hl_prepare_examples *e, const char *from)
{
    char title[PATH_MAX + 60];
    snprintf(title, sizeof title, "%s: of the %" PRId64 " items", from, r->items);
    tell_kind(r, e, OF_TEXTS, title);
}

static bool many_lack_text(const hl_prepare_report *r) { return 10 * r->items_without_text > r->items; }

static bool some_differ_in_form(const hl_prepare_report *r)
{
    for (int i = 0; i < FORMS; i++)
        if (form_count(r, i) > 0) return true;
    return false;
}

static void warn_of_missing_texts(const hl_prepare_report *r, const hl_prepare_examples *e)
{
    hl_sentence s = {.n = 0};
    hl_sentence_add(&s, "%" PRId64 " of %" PRId64 " items (%.0f %%) have no row of text", r->items_without_text,
                    r->items, 100 * (double)r->items_without_text / (double)r->items);
    say_examples(&s, e, HL_EXAMPLE_WITHOUT_TEXT);
    if (r->text_rows_unused > 0) {
        hl_sentence_add(&s, " and %" PRId64 " rows of text no interactions", r->text_rows_unused);
        say_examples(&s, e, HL_EXAMPLE_UNUSED);
    }
    say_forms(&s, r, e);
    hl_log(HL_WARN, "%s; items without text are all alike to the model: write ids alike in both files", s.text);
}

void hl_report_warn_of_texts(const hl_prepare_report *r, const hl_prepare_examples *e, const char *from)
{
    const char *of = from ? " of " : "", *where = from ? from : "";
    int64_t with_text = r->items - r->items_without_text;
    if (many_lack_text(r) || some_differ_in_form(r)) warn_of_missing_texts(r, e);
    if (r->texts_in_prompt > 0)
        hl_log(HL_WARN,
               "%" PRId64 " of %" PRId64 " texts%s%s end inside the prompt, so that no value is left; raise "
               "MAX_TEXT_LENGTH or set item_prompt to ''",
               r->texts_in_prompt, with_text, of, where);
    if (r->characters_dropped > 0)
        hl_log(HL_WARN,
               "%" PRId64 " characters of %" PRId64 " of %" PRId64
               " texts%s%s are left out: the tokenizer has no token for them, nor an unk_token or tokens of bytes; the "
               "models do not see them",
               r->characters_dropped, r->texts_dropped, with_text, of, where);
    if (r->texts_end_cut > 0)
        hl_log(
            HL_WARN,
            "%" PRId64 " of %" PRId64
            " texts%s%s are cut without the special tokens that the tokenizer puts behind a text, as the public code "
            "cuts them; raise MAX_TEXT_LENGTH where the model reads those",
            r->texts_end_cut, with_text, of, where);
    if (2 * r->texts_equal > with_text)
        hl_log(HL_WARN,
               "%" PRId64 " of %" PRId64 " texts%s%s are equal to an earlier one (%" PRId64
               " are truncated); raise MAX_TEXT_LENGTH, shorten item_prompt or name more text_keys",
               r->texts_equal, with_text, of, where, r->texts_truncated);
}

void hl_report_warn_of_interactions(const hl_prepare_report *r, const hl_prepare_examples *e)
{
    const char(*times)[HL_EXCERPT] = e->of[HL_EXAMPLE_TIMES];
    const char(*missing)[HL_EXCERPT] = e->of[HL_EXAMPLE_MISSING];
    if (r->ids_missing > 0)
        hl_log(HL_WARN,
               "%" PRId64 " of %" PRId64
               " interactions are of a user or an item whose id says that it is missing (%s%s%s): "
               "each such word counts as one user or item; leave these rows out",
               r->ids_missing, r->interactions, missing[0], *missing[0] && *missing[1] ? ", " : "", missing[1]);
    if (r->times_apart > 0)
        hl_log(HL_WARN,
               "%" PRId64 " of %" PRId64 " times are a thousandfold apart from the others (%s beside %s): seconds, "
               "milliseconds or missing times are mixed; "
               "write all in one unit",
               r->times_apart, r->interactions, times[0], times[1]);
    if (10 * r->interactions_repeated > r->interactions_kept)
        hl_log(HL_WARN,
               "%" PRId64 " of %" PRId64
               " interactions have the item, the user and the time of another one; a target that "
               "its history holds is a miss: leave repeated rows out",
               r->interactions_repeated, r->interactions_kept);
    if (r->users_one_time == r->users_kept)
        hl_log(HL_WARN, "no user has interactions at different times, so all are in the order of the file; is the "
                        "right column the timestamp?");
}

void hl_report_print(const hl_prepare_report *r, const hl_prepare_examples *e, FILE *out)
{
    const int64_t *value = (const int64_t *)r;
    for (int i = 0; i < HL_REPORT_COUNTS; i++) {
        hl_sentence s = {.n = 0};
        if (value[i] > 0) say_examples(&s, e, counts[i].example);
        fprintf(out, "%14" PRId64 "  %s%s\n", value[i], counts[i].words, s.text);
    }
    fprintf(out, "%14.2f  interactions a user, mean\n",
            r->users_kept > 0 ? (double)r->interactions_kept / (double)r->users_kept : 0);
    fprintf(out, "%14.2f  tokens a text, mean\n", r->items > 0 ? (double)r->tokens / (double)r->items : 0);
}

/* ---- as JSON */

json_t *hl_report_json(const hl_prepare_report *r)
{
    const int64_t *value = (const int64_t *)r;
    json_t *all = json_object();
    for (int i = 0; i < HL_REPORT_COUNTS; i++) json_object_set_new(all, counts[i].name, json_integer(value[i]));
    return all;
}

/* Datasets of earlier versions do not have them. */
static const char *const newer[] = {"ids_missing", "texts_end_cut", "texts_dropped", "characters_dropped"};

static bool is_newer(const char *name)
{
    for (size_t i = 0; i < sizeof newer / sizeof newer[0]; i++)
        if (strcmp(name, newer[i]) == 0) return true;
    return false;
}

bool hl_report_parse(hl_prepare_report *r, const json_t *from)
{
    int64_t *value = (int64_t *)r;
    for (int i = 0; i < HL_REPORT_COUNTS; i++) {
        const json_t *one = json_object_get(from, counts[i].name);
        if (one ? !json_is_integer(one) : !is_newer(counts[i].name)) return false;
        value[i] = one ? json_integer_value(one) : 0;
    }
    return true;
}

/* Under the names of their counts. */
json_t *hl_examples_json(const hl_prepare_examples *e)
{
    json_t *all = json_object();
    for (int i = 0; i < HL_REPORT_COUNTS; i++) {
        int k = counts[i].example;
        if (k != NO_EXAMPLE && e->of[k][0][0])
            json_object_set_new(all, counts[i].name, json_pack("[s, s]", e->of[k][0], e->of[k][1]));
    }
    return all;
}

void hl_examples_parse(hl_prepare_examples *e, const json_t *from)
{
    *e = (hl_prepare_examples){0};
    for (int i = 0; i < HL_REPORT_COUNTS; i++) {
        const json_t *pair = json_object_get(from, counts[i].name);
        for (size_t k = 0; k < json_array_size(pair) && k < 2 && counts[i].example != NO_EXAMPLE; k++) {
            const char *text = json_string_value(json_array_get(pair, k));
            if (text) hl_excerpt(e->of[counts[i].example][k], text, strlen(text)); /* the file may be anybody's */
        }
    }
}
