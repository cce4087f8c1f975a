/* pooling.h - what is read out of the rows of an item's text where no [ITEM] token follows it. */
#ifndef MODEL_POOLING_H
#define MODEL_POOLING_H

typedef enum {
    HL_POOL_MEAN,  /* the mean of all rows */
    HL_POOL_LAST,  /* the last row, made 1 long (Qwen3-Embedding) */
    HL_POOL_FIRST, /* the first row, of a family that sees both ways ([CLS] of BERT) */
} hl_pooling;

#endif
