/* fusion.h - how a target meets what a user has read, where the label of a target is predicted (model/label-head.h). */
#ifndef MODEL_FUSION_H
#define MODEL_FUSION_H

typedef enum {
    HL_FUSION_NONE,  /* no labels are predicted */
    HL_FUSION_EARLY, /* the User LLM reads the target after the history */
    HL_FUSION_LATE   /* the User LLM reads a [USER] token after the history; the head reads the target */
} hl_fusion;

#endif
