/* act.c - the acts of a step. */
#include "step/act.h"

#define ROW(act, side_, function, company, kind_, name_) \
    [HL_##act] = {.name = name_, .side = HL_##side_, .with = HL_WITH_##company, .kind = HL_##kind_},
const hl_act_row hl_act_table[HL_ACTS] = {HL_ACT_TABLE(ROW)};

#define OF_SIDE(SIDE)                                        \
    [HL_##SIDE] = {.receive = HL_##SIDE##_RECEIVE,           \
                   .forward = HL_##SIDE##_FORWARD,           \
                   .send = HL_##SIDE##_SEND,                 \
                   .receive_back = HL_##SIDE##_RECEIVE_BACK, \
                   .backward = HL_##SIDE##_BACKWARD,         \
                   .send_back = HL_##SIDE##_SEND_BACK,       \
                   .sum = HL_SUM_##SIDE}
const hl_side_acts hl_side_act[HL_SIDES] = {OF_SIDE(ITEM), OF_SIDE(USER)};
