/* rules.h - what a configuration says to the parts of a step.  The job and its forecast ask alike. */
#ifndef APP_PLAN_RULES_H
#define APP_PLAN_RULES_H
#include "app/config/config.h"
#include "data/windows.h"
#include "step/parallelism.h"
#include "step/plan.h"

/* [ITEM] tokens behind each text: none where the items have no texts. */
int hl_rules_item_tokens(const hl_config *c);

/* Without what follows from models and layout (step/plan-rules.h). */
hl_plan_rules hl_rules_plan(const hl_config *c);

/* Whose sequences are trained on, and how they are cut. */
hl_windows_rule hl_rules_windows(const hl_config *c);

/* How many items the User LLM reads at most, in training or evaluation. */
int hl_rules_longest_history(const hl_config *c);

/* How the job is to be divided; placement auto is `kind`. */
hl_parallelism hl_rules_parallelism(const hl_config *c, hl_layout_kind kind);

#endif
