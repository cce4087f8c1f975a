/* plan-rules.c - what of a plan's rules follows from the models and the layout. */
#include "step/plan-rules.h"

/* Of a token, and never nothing. */
static double work_of(const hl_transformer *shape)
{
    return 1 + shape->num_hidden_layers * hl_transformer_layer_flop(shape);
}

hl_plan_rules hl_plan_rules_for(const hl_plan_rules *rules, const hl_layout *l, const hl_transformer *item,
                                const hl_transformer *user)
{
    hl_plan_rules r = *rules;
    r.parts = hl_layout_parts(l, HL_ITEM);
    r.fusion = user->fusion;
    r.user_cost = work_of(user) / work_of(item);
    r.share_prefix = rules->share_prefix && hl_family_shares_prefix(hl_transformer_family(item));
    return r;
}
