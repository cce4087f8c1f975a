/* labels.c - what a configuration says of labels that are predicted: which fusion, of which column. */
#include "app/config/labels.h"
#include "data/label-rule.h"
#include <string.h>

static hl_status note_no_effect(hl_config *c)
{
    static const char *const keys[] = {"fusion_lambda", "head_size", "label_field", "label_positive"};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (hl_config_given(c, keys[i])) hl_names_add(&c->no_effect, keys[i], strlen(keys[i]));
    return HL_OK;
}

hl_status hl_labels_settle(hl_config *c)
{
    hl_label_rule rule;
    if (c->fusion == HL_FUSION_NONE) return note_no_effect(c);
    if (c->model != HL_MODEL_HLLM)
        return HL_FAIL(HL_EUSAGE, "fusion predicts labels with HLLM's User LLM, and model is %s; set fusion: none",
                       hl_model_facts_of[c->model].name);
    if (hl_config_user_model(c) != HL_MODEL_HLLM)
        return HL_FAIL(HL_EUSAGE, "fusion predicts labels with the User LLM, and user_model is %s; set fusion: none",
                       hl_model_facts_of[hl_config_user_model(c)].name);
    if (!*c->label_field)
        return HL_FAIL(
            HL_EUSAGE,
            "fusion needs labels: name the column of the interactions that has them, as label_field: rating");
    return hl_label_rule_read(&rule, c->label_positive);
}

bool hl_labels_is_metric(const char *name) { return strcmp(name, "auc") == 0 || strcmp(name, "gauc") == 0; }

hl_status hl_labels_check_metric(const hl_config *c, const char *name)
{
    if (c->fusion == HL_FUSION_NONE)
        return HL_FAIL(HL_EUSAGE, "valid_metric: \"%s\" is of labels, and none are predicted; set fusion", name);
    if (strcmp(name, "gauc") != 0 || c->split_kind == HL_TEMPORAL) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "valid_metric: \"gauc\" is of users with labels of both kinds, and %s holds out one of each user; set "
        "split.kind: temporal, or valid_metric: auc",
        hl_split_name[c->split_kind]);
}
