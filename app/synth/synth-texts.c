/* synth-texts.c - made-up words and the texts made of them. */
#include "app/synth/synth-texts.h"
#include "base/arena.h"
#include "base/rng.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TITLE_WORDS = 3 };

/* Two or three syllables: a consonant and a vowel each. */
static void make_word(char word[HL_SYNTH_WORD_ROOM], hl_rng *r)
{
    static const char consonants[] = "bdfgklmnprstvz", vowels[] = "aeiou";
    int syllables = 2 + (int)hl_rng_below(r, 2), n = 0;
    for (int s = 0; s < syllables; s++) {
        word[n++] = consonants[hl_rng_below(r, sizeof consonants - 1)];
        word[n++] = vowels[hl_rng_below(r, sizeof vowels - 1)];
    }
    word[n] = 0;
}

static void make_words(hl_synth_texts *t, uint64_t seed)
{
    int n = t->topics * HL_SYNTH_TOPIC_WORDS + HL_SYNTH_COMMON_WORDS;
    hl_rng r = hl_rng_at(seed, HL_FOR_SYNTH, HL_SYNTH_WORDS, 0);
    t->word = hl_alloc((size_t)n * sizeof *t->word);
    for (int i = 0; i < n; i++) do
            make_word(t->word[i], &r);
        while (hl_vocab_add(&t->words, t->word[i], strlen(t->word[i])) < 0);
}

/* Different words of the topic. */
static void draw_topic_words(const char *words[TITLE_WORDS], const hl_synth_texts *t, int topic, hl_rng *r)
{
    int chosen[HL_SYNTH_TOPIC_WORDS];
    for (int i = 0; i < HL_SYNTH_TOPIC_WORDS; i++) chosen[i] = i;
    for (int i = 0; i < TITLE_WORDS; i++) {
        int j = i + (int)hl_rng_below(r, (uint64_t)(HL_SYNTH_TOPIC_WORDS - i)), swap = chosen[i];
        chosen[i] = chosen[j];
        chosen[j] = swap;
        words[i] = t->word[topic * HL_SYNTH_TOPIC_WORDS + chosen[i]];
    }
}

static const char *draw_common_word(const hl_synth_texts *t, hl_rng *r)
{
    return t->word[t->topics * HL_SYNTH_TOPIC_WORDS + (int)hl_rng_below(r, HL_SYNTH_COMMON_WORDS)];
}

static bool title_is_new(hl_synth_texts *t, int item)
{
    return hl_vocab_add(&t->titles, t->title[item], strlen(t->title[item])) >= 0;
}

static void make_texts(hl_synth_texts *t, int item, int topic, uint64_t seed)
{
    const char *w[TITLE_WORDS];
    hl_rng r = hl_rng_at(seed, HL_FOR_SYNTH, HL_SYNTH_TEXTS, (uint32_t)item);
    do {
        draw_topic_words(w, t, topic, &r);
        snprintf(t->title[item], sizeof t->title[item], "%s %s %s %s", draw_common_word(t, &r), w[0], w[1], w[2]);
    } while (!title_is_new(t, item));
    draw_topic_words(w, t, topic, &r);
    const char *common = draw_common_word(t, &r);
    snprintf(t->description[item], sizeof t->description[item], "%s %s, for %s and %s", w[0], common, w[1],
             draw_common_word(t, &r));
}

void hl_synth_texts_make(hl_synth_texts *t, const hl_synth_world *w)
{
    size_t items = (size_t)w->settings.items;
    *t = (hl_synth_texts){.topics = w->settings.topics};
    make_words(t, w->seed);
    t->title = hl_alloc(items * sizeof *t->title);
    t->description = hl_alloc(items * sizeof *t->description);
    for (int i = 0; i < w->settings.items; i++) make_texts(t, i, w->topic[i], w->seed);
}

void hl_synth_texts_free(hl_synth_texts *t)
{
    free(t->word);
    free(t->title);
    free(t->description);
    hl_vocab_free(&t->words);
    hl_vocab_free(&t->titles);
    *t = (hl_synth_texts){0};
}
