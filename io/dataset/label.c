/* label.c - the column of an interactions file that has labels. */
#include "io/dataset/label.h"
#include "base/log.h"
#include "io/dataset/columns.h"
#include "io/dataset/missing.h"

const char *hl_label_read(uint8_t *label, const hl_label_rule *rule, const char *at, size_t n)
{
    double x;
    if (n == 0 || hl_missing(at, n)) return "it is missing: leave the row out, or give it a label";
    if (!hl_label_number(&x, at, n)) return "it is not a number";
    const int its = hl_label_rule_of(rule, x);
    if (its < 0) return "it is neither 0 nor 1: say by label_positive what is positive, as in \">= 4\"";
    *label = (uint8_t)its;
    return NULL;
}

hl_status hl_label_column_open(hl_label_column *x, const hl_label_choice *choice)
{
    *x = (hl_label_column){.column = -1};
    if (!choice->field || !*choice->field) return HL_OK;
    x->field = choice->field;
    return hl_label_rule_read(&x->rule, choice->positive);
}

hl_status hl_label_column_find(hl_label_column *x, const hl_csv *c)
{
    return x->field ? hl_columns_find_named(&x->column, c, x->field) : HL_OK;
}

unsigned hl_label_column_take(hl_label_column *x, const hl_csv_field *row)
{
    uint8_t label = 0;
    if (x->column < 0) return 0;
    const hl_csv_field *f = &row[x->column];
    const char *why = hl_label_read(&label, &x->rule, f->at, f->n);
    x->rows++;
    x->positive += label;
    if (why && x->bad++ == 0) {
        x->line = f->line;
        x->why = why;
        hl_excerpt(x->text, f->at, f->n);
    }
    return label;
}

hl_status hl_label_column_judge(const hl_label_column *x, const hl_group *g, const char *path)
{
    int64_t count[] = {x->bad, x->positive, x->rows};
    if (!x->field) return HL_OK;
    hl_group_all_reduce_int(g, count, 3);
    const double line = x->bad ? (double)x->line : (double)INT64_MAX, first = -hl_group_max(g, -line);
    hl_status s = HL_OK;
    if (x->bad && line == first)
        s = HL_FAIL(HL_EFORMAT,
                    "%s: %lld of %lld interactions have no label in column '%s', the first '%s' in line %lld: %s", path,
                    (long long)count[0], (long long)count[2], x->field, x->text, (long long)x->line, x->why);
    HL_TRY(hl_group_agree(g, s));
    if (g->rank == 0)
        hl_log(HL_INFO, "%s: labels of column '%s': %lld of %lld interactions are positive", path, x->field,
               (long long)count[1], (long long)count[2]);
    return HL_OK;
}
