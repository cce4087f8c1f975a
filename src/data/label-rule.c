/* label-rule.c - which numbers of a column are positive labels. */
#include "data/label-rule.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *sign;
    hl_label_compare compare;
} signs[] = {{">=", HL_LABEL_GE}, {"<=", HL_LABEL_LE}, {"==", HL_LABEL_EQ},
             {">", HL_LABEL_GT},  {"<", HL_LABEL_LT},  {"=", HL_LABEL_EQ}}; /* the longer ones first */
enum { SIGNS = sizeof signs / sizeof signs[0], MOST_DIGITS = 63 };

bool hl_label_number(double *number, const char *at, size_t n)
{
    char text[MOST_DIGITS + 1], *end;
    if (n == 0 || n > MOST_DIGITS || strspn(at, "+-.eE0123456789") < n) return false;
    memcpy(text, at, n);
    text[n] = 0;
    *number = strtod(text, &end);
    return *end == 0 && isfinite(*number);
}

hl_status hl_label_rule_read(hl_label_rule *rule, const char *positive)
{
    *rule = (hl_label_rule){HL_LABEL_AS_IS, 0};
    if (!*positive) return HL_OK;
    for (int i = 0; i < SIGNS; i++) {
        const size_t n = strlen(signs[i].sign);
        if (strncmp(positive, signs[i].sign, n) != 0) continue;
        const char *at = positive + n;
        while (*at == ' ') at++;
        rule->compare = signs[i].compare;
        if (hl_label_number(&rule->number, at, strlen(at))) return HL_OK;
        break;
    }
    return HL_FAIL(
        HL_EUSAGE,
        "label_positive '%s' is no comparison with a number; write one as \">= 4\", \"> 0\", \"<= 2\", \"< 1\" "
        "or \"= 1\", or leave it out where label_field has 0 and 1",
        positive);
}

int hl_label_rule_of(const hl_label_rule *r, double x)
{
    switch (r->compare) {
    case HL_LABEL_GE: return x >= r->number;
    case HL_LABEL_GT: return x > r->number;
    case HL_LABEL_LE: return x <= r->number;
    case HL_LABEL_LT: return x < r->number;
    case HL_LABEL_EQ: return x == r->number;
    case HL_LABEL_AS_IS: break;
    }
    return x == 0 || x == 1 ? (int)x : -1;
}
