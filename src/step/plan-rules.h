/* plan-rules.h - what of a plan's rules follows from the models and the layout. */
#ifndef STEP_PLAN_RULES_H
#define STEP_PLAN_RULES_H
#include "step/layout.h"
#include "model/transformer.h"

/* The rules with what models and layout add: who shares micro-batches (parts), what a user costs (user_cost), and no
 * shared prefix where the Item LLM's family has none. */
hl_plan_rules hl_plan_rules_for(const hl_plan_rules *rules, const hl_layout *l, const hl_transformer *item,
                                const hl_transformer *user);

#endif
