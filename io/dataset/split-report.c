/* split-report.c - what a split makes of a data set. */
#include "io/dataset/split-report.h"
#include "base/log.h"
#include "base/sentence.h"
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* In the order of the struct. */
static const struct {
    const char *name, *words;
    bool is_odd; /* what was left out, or is not what one expects of a target */
} counts[] = {
    {"train", "interactions for training", false},
    {"valid", "interactions for validation", false},
    {"test", "interactions for test", false},
    {"users_train", "users with interactions for training", false},
    {"items_train", "items with interactions for training", false},
    {"ties_valid", "interactions moved into validation, with the time at which it begins", true},
    {"ties_test", "interactions moved into test, with the time at which it begins", true},
    {"targets_valid", "users with a target in validation", false},
    {"targets_test", "users with a target in test", false},
    {"without_valid", "users not ranked in validation, without an interaction there", true},
    {"without_test", "users not ranked in test, without an interaction there", true},
    {"no_history_valid", "users not ranked in validation, with nothing before the target", true},
    {"no_history_test", "users not ranked in test, with nothing before the target", true},
    {"new_valid", "users ranked in validation without an interaction for training", true},
    {"new_test", "users ranked in test without an interaction for training", true},
    {"cold_valid", "targets of validation whose item is not in training", true},
    {"cold_test", "targets of test whose item is not in training", true},
};
_Static_assert(sizeof counts / sizeof counts[0] == HL_SPLIT_COUNTS, "every count has a name");

void hl_split_tell(const hl_split *s, const hl_split_report *r)
{
    const int64_t *value = (const int64_t *)r;
    hl_sentence odd = {.n = 0};
    if (s->rule.kind != HL_TEMPORAL) return;
    hl_log(HL_INFO,
           "temporal split: %" PRId64 " interactions for training, %" PRId64 " for validation from time %" PRId64
           " on, %" PRId64 " for test from %" PRId64 " on; targets of %" PRId64 " and %" PRId64 " users",
           r->train, r->valid, s->valid_from, r->test, s->test_from, r->targets_valid, r->targets_test);
    for (int i = 0; i < HL_SPLIT_COUNTS; i++)
        if (counts[i].is_odd && value[i] > 0)
            hl_sentence_add(&odd, "%s%" PRId64 " %s", odd.n ? ", " : "", value[i], counts[i].words);
    if (odd.n) hl_log(HL_INFO, "of the temporal split: %s", odd.text);
}

void hl_split_print(const hl_split *s, const hl_split_report *r, FILE *out)
{
    const int64_t *value = (const int64_t *)r;
    fprintf(out, "split %s", hl_split_name[s->rule.kind]);
    if (s->rule.kind == HL_TEMPORAL)
        fprintf(out, ": shares of %g for validation, from time %" PRId64 " on, and %g for test, from %" PRId64 " on",
                s->rule.valid, s->valid_from, s->rule.test, s->test_from);
    fputc('\n', out);
    for (int i = 0; i < HL_SPLIT_COUNTS && r->train > 0; i++)
        fprintf(out, "%14" PRId64 "  %s\n", value[i], counts[i].words);
}

/* ---- as JSON */

json_t *hl_split_rule_json(const hl_split_rule *rule)
{
    const char *kind = hl_split_name[rule->kind];
    if (rule->kind == HL_LEAVE_TWO_OUT) return json_pack("{s:s}", "kind", kind);
    return json_pack("{s:s, s:f, s:f}", "kind", kind, "valid", rule->valid, "test", rule->test);
}

bool hl_split_rule_parse(hl_split_rule *rule, const json_t *from)
{
    const char *kind = json_string_value(json_object_get(from, "kind"));
    *rule = (hl_split_rule){0};
    if (!from || (kind && strcmp(kind, hl_split_name[HL_LEAVE_TWO_OUT]) == 0)) return true;
    *rule = (hl_split_rule){HL_TEMPORAL, json_number_value(json_object_get(from, "valid")),
                            json_number_value(json_object_get(from, "test"))};
    return kind && strcmp(kind, hl_split_name[HL_TEMPORAL]) == 0 && rule->valid > 0 && rule->test > 0
           && rule->valid + rule->test < 1;
}

json_t *hl_split_json(const hl_split *s, const hl_split_report *r)
{
    const int64_t *value = (const int64_t *)r;
    json_t *all = json_object();
    if (s->rule.kind == HL_TEMPORAL) {
        json_object_set_new(all, "valid_from", json_integer(s->valid_from));
        json_object_set_new(all, "test_from", json_integer(s->test_from));
    }
    for (int i = 0; i < HL_SPLIT_COUNTS; i++) json_object_set_new(all, counts[i].name, json_integer(value[i]));
    return all;
}

bool hl_split_parse(hl_split *s, hl_split_report *r, const json_t *from)
{
    const json_t *valid = json_object_get(from, "valid_from"), *test = json_object_get(from, "test_from");
    int64_t *value = (int64_t *)r;
    *r = (hl_split_report){0};
    for (int i = 0; i < HL_SPLIT_COUNTS; i++) value[i] = json_integer_value(json_object_get(from, counts[i].name));
    if (s->rule.kind == HL_LEAVE_TWO_OUT) return true;
    s->valid_from = json_integer_value(valid);
    s->test_from = json_integer_value(test);
    return json_is_integer(valid) && json_is_integer(test) && s->valid_from < s->test_from;
}
