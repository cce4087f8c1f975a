/* test-label-rule.c - which numbers of a column are positive labels, and what is none. */
#include "data/label-rule.h"
#include "tests/check.h"
#include <string.h>

/* -1: the field is refused. */
static int label_of(const char *positive, const char *field)
{
    hl_label_rule rule;
    double number;
    if (!CHECK_OK(hl_label_rule_read(&rule, positive))) return -2;
    return hl_label_number(&number, field, strlen(field)) ? hl_label_rule_of(&rule, number) : -1;
}

static void comparisons_hold(void)
{
    CHECK(label_of(">= 4", "4") == 1 && label_of(">= 4", "3.99") == 0 && label_of(">=4", "5.0") == 1);
    CHECK(label_of("> 4", "4") == 0 && label_of("> 4", "4.01") == 1 && label_of("> -1", "-0.5") == 1);
    CHECK(label_of("<= 2", "2") == 1 && label_of("<= 2", "2.5") == 0);
    CHECK(label_of("< 2", "2") == 0 && label_of("< 2", "1e0") == 1);
    CHECK(label_of("= 1", "1.0") == 1 && label_of("== 1", "2") == 0);
    CHECK(label_of("", "0") == 0 && label_of("", "1") == 1 && label_of("", "1.0") == 1);
}

static void what_is_no_label_is_refused(void)
{
    static const char *const fields[] = {"", "NaN", "nan", "null", "NA", "inf", "four", "4x", " 4", "0x4", "4,0", "-"};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) CHECK(label_of(">= 4", fields[i]) == -1);
    CHECK(label_of("", "2") == -1 && label_of("", "-1") == -1 && label_of("", "0.5") == -1);
}

static void what_is_no_comparison_is_refused(void)
{
    static const char *const rules[] = {"4", ">", ">= ", ">= x", "!= 4", ">= 4 5", "=> 4", ">= nan", "like"};
    hl_label_rule rule;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) CHECK(hl_label_rule_read(&rule, rules[i]) == HL_EUSAGE);
}

static const test tests[] = {
    {"comparisons hold", comparisons_hold},
    {"what is no label is refused", what_is_no_label_is_refused},
    {"what is no comparison is refused", what_is_no_comparison_is_refused},
};
HL_TESTS("label-rule", tests)
