/* rules.c - what a configuration says to the parts of a step. */
#include "app/plan/rules.h"
#include "base/minmax.h"

int hl_rules_longest_history(const hl_config *c)
{
    int test = c->MAX_ITEM_LIST_LENGTH_TEST;
    return hl_max(test, c->MAX_ITEM_LIST_LENGTH) + (c->fusion != HL_FUSION_NONE);
}

int hl_rules_item_tokens(const hl_config *c) { return hl_config_reads_texts(c) ? c->item_emb_token_n : 0; }

hl_plan_rules hl_rules_plan(const hl_config *c)
{
    return (hl_plan_rules){.chunk_tokens = c->chunk_tokens,
                           .user_micro_batch_rows = HL_USER_MICRO_BATCH_ROWS,
                           .item_tokens = hl_rules_item_tokens(c),
                           .items_frozen = *c->item_cache || (c->freeze_ad && !c->adapter),
                           .dedup = c->dedup,
                           .share_prefix = c->share_prefix,
                           .serial = c->schedule,
                           .groups = c->exact_groups,
                           .fusion_lambda = c->fusion_lambda,
                           .mean_over_ranks = c->loss_mean == HL_MEAN_RANK ? c->reference_ranks : 0};
}

hl_parallelism hl_rules_parallelism(const hl_config *c, hl_layout_kind kind)
{
    static const hl_layout_kind kinds[] = {
        [HL_PLACE_SEPARATE] = HL_SEPARATE, [HL_PLACE_COLOCATED] = HL_COLOCATED, [HL_PLACE_HYBRID] = HL_HYBRID};
    const hl_layout_wish wish = {
        .kind = c->placement == HL_PLACE_AUTO ? kind : kinds[c->placement],
        .side = {[HL_ITEM] = {c->item_dp, c->item_tp, c->item_pp}, [HL_USER] = {c->user_dp, c->user_tp, c->user_pp}}};
    return (hl_parallelism){.wish = wish,
                            .rows = {[HL_ITEM] = c->item_rows, [HL_USER] = c->user_rows},
                            .engine = (hl_tile_engine)c->tp_engine,
                            .sequence_parallel = c->sequence_parallel,
                            .zero = c->zero,
                            .groups = c->exact_groups,
                            .slices = c->exact_tp};
}

hl_windows_rule hl_rules_windows(const hl_config *c)
{
    return (hl_windows_rule){
        .S = c->MAX_ITEM_LIST_LENGTH, .split = c->data_split, .users = c->train_users, .seed = (uint64_t)c->seed};
}
