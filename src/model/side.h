/* side.h - the two sides of HLLM.  What both have is an array of HL_SIDES. */
#ifndef MODEL_SIDE_H
#define MODEL_SIDE_H

typedef enum {
    HL_ITEM, /* the Item LLM: texts to vectors */
    HL_USER, /* the User LLM: vectors of items to the vector of the next one */
    HL_SIDES
} hl_side;

extern const char *const hl_side_name[HL_SIDES]; /* "item", "user" */

#endif
