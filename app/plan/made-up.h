/* made-up.h - a corpus for forecasts where there are no data: users with windows of MAX_ITEM_LIST_LENGTH + 1 different
 * items, texts of MAX_TEXT_LENGTH tokens that share nothing.  Real texts are shorter and fewer.  To models of item ids
 * an item is one token, its number, and there are as many items as they are told, or as many as make all differ. */
#ifndef APP_PLAN_MADE_UP_H
#define APP_PLAN_MADE_UP_H
#include "app/config/config.h"
#include "data/corpus.h"

typedef struct {
    hl_corpus corpus;
    int32_t *token, *item; /* item i's text begins at token i, so all differ */
    int64_t *time;         /* (history) of every user */
    uint8_t *label;        /* likewise */
    int length, history;
} hl_made_up;

/* x stays where it is: the corpus points into it.  items: of the catalogue, the padding included; 0 or 1: not known. */
void hl_made_up_open(hl_made_up *x, const hl_config *c, int64_t items);
void hl_made_up_close(hl_made_up *x);

#endif
