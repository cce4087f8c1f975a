/* plan.h - what a step computes: from a batch to unique texts, chunks, rows and who reads what.
 *
 * The same on every rank, made from the batch and the corpus alone.  Nothing here knows who computes what, only
 * how many share it; the rest is the layout's (schedule.h).
 *
 * A text is what the Item LLM encodes: items with the same token ids are one text, encoded once.  Texts are
 * numbered in the order of their first use: those that some user reads (user after user), then those that are
 * only targets, then those that are only negatives.
 * A row is a transition: row r belongs to one sample, reads the text input[r] and predicts target[r]. */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H
#include "base/arena.h"
#include "model/corpus.h"
#include "model/sampler.h"
#include <stdbool.h>

typedef struct {
    int chunk_tokens;     /* a chunk of texts is closed when it has so many tokens */
    int parts;            /* chunks before the users' turn, and those after, are so many of nearly equal cost, or a multiple, so that
                           * all who share them are busy.  0 or 1: they are as long as they may be; with groups too */
    int user_chunk_rows;  /* a chunk of samples likewise, in rows */
    double user_cost;     /* of a token of the User LLM, where one of the Item LLM costs 1; 0: 1 too */
    int item_tokens;      /* 1: an [ITEM] token closes every text; 0: mean pooling */
    bool dedup;           /* false: every occurrence is a text of its own, as in the public code */
    bool share_prefix;    /* what all texts of a chunk begin with is encoded once a chunk ([ITEM] pooling only) */
    bool serial;          /* no text waits for the users' turn: all chunks are early */
    int groups;           /* chunks are put into so many groups, whose gradients are summed apart; a power of two.  0: they are not.
                           * Groups are what layouts have in common, so their chunks come in one order: serial */
    int mean_over_ranks;  /* 0: loss is the mean over all rows; W: mean over W contiguous blocks of samples of their means */
} hl_plan_rules;

typedef struct {
    int samples, rows, S;
    int *row_begin;       /* (samples + 1) rows of each sample */
    int *input, *target;  /* (rows) texts */
    float *weight;        /* (rows) dLoss / d(loss of the row) */
    int texts, read;      /* texts [0, read) are read by users */
    int32_t *item;        /* (texts) an item that has this text */
    float *multiplicity;  /* (texts) how often it was drawn as a negative; 0: it is none */
    int chunks, early_chunks; /* chunks [0, early_chunks) go forward before the users and back after them: those of the texts
                               * [0, read), or all */
    int *chunk_begin;     /* (chunks + 1) texts */
    int *chunk_tokens;    /* (chunks) */
    double *chunk_cost;   /* (chunks) a L + b L^2 over its texts, in floating point operations up to a factor */
    int user_chunks;
    int *user_chunk_begin; /* (user_chunks + 1) samples */
    double *user_chunk_cost; /* in the same unit */
    int groups;           /* 0: none */
    int *group, *user_group; /* (chunks), (user_chunks): of nearly equal cost, in the order of the chunks; some may be empty */
    int negatives;        /* draws */
    int64_t tokens;       /* of all texts, that are encoded */
    int64_t public_items, public_tokens; /* what the public code would encode: every slot, every duplicate */
} hl_plan;

/* Lay a plan in the arena. width: hidden size of the Item LLM, which weighs L against L^2. */
void hl_plan_make(hl_plan *p, const hl_batch *b, const hl_corpus *corpus, const hl_plan_rules *rules, int width, hl_arena *arena);

/* Which chunk has text t. */
int hl_plan_chunk_of(const hl_plan *p, int text);

#endif
