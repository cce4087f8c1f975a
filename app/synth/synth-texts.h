/* synth-texts.h - made-up words, and texts of items made of them; for app/synth/synth.c. */
#ifndef APP_SYNTH_SYNTH_TEXTS_H
#define APP_SYNTH_SYNTH_TEXTS_H
#include "app/synth/synth-world.h"
#include "io/tokenizer/vocab.h"

enum {
    HL_SYNTH_TOPIC_WORDS = 8,  /* of each topic alone */
    HL_SYNTH_COMMON_WORDS = 12 /* of all topics */
};
enum { HL_SYNTH_WORD_ROOM = 8, HL_SYNTH_TITLE_ROOM = 4 * HL_SYNTH_WORD_ROOM, HL_SYNTH_DESCRIPTION_ROOM = 64 };

typedef struct {
    int topics;
    char (*word)[HL_SYNTH_WORD_ROOM];   /* HL_SYNTH_TOPIC_WORDS of each topic, then the common ones; no word twice */
    hl_vocab words, titles;             /* what is taken */
    char (*title)[HL_SYNTH_TITLE_ROOM]; /* of each item, no two alike */
    char (*description)[HL_SYNTH_DESCRIPTION_ROOM];
} hl_synth_texts;

void hl_synth_texts_make(hl_synth_texts *t, const hl_synth_world *w);
void hl_synth_texts_free(hl_synth_texts *t);

#endif
