/* plan.h - what a step computes: from a batch to unique texts, micro-batches, rows and who reads what.
 *
 * The same on every rank, made from the batch and the corpus alone.  Nothing here knows who computes what, only
 * how many share it; the rest is the layout's (schedule.h).
 *
 * A text is what the Item LLM encodes: items with the same token ids are one text, encoded once.  Texts are
 * numbered in the order of their first use: those that some user reads (user after user), then those that are
 * only targets, then those that are only negatives.
 * A row is a transition: row r belongs to one sample, reads the text input[r] and predicts target[r].
 * Where labels are predicted (model/label-head.h) a sample is read as its rows and one row more behind them, in early
 * fusion that of the text which its last row predicts, in late fusion that of no text.  Readings are these and the
 * rows, sample after sample; without labels they are the rows. */
#ifndef STEP_PLAN_H
#define STEP_PLAN_H
#include "base/arena.h"
#include "data/corpus.h"
#include "data/sampler.h"
#include "model/fusion.h"
#include <stdbool.h>

typedef struct {
    int chunk_tokens; /* a micro-batch of texts is closed when it has so many tokens */
    /* micro-batches before the users' turn, and those after, are so many of nearly equal cost, or a multiple, so that
     * all who share them are busy.  0 or 1: they are as long as they may be; with groups too */
    int parts;
    int user_micro_batch_rows; /* a micro-batch of samples is closed when it has so many rows */
    double user_cost;          /* of a token of the User LLM, where one of the Item LLM costs 1; 0: 1 too */
    int item_tokens;           /* 1: an [ITEM] token closes every text; 0: mean pooling */
    bool items_frozen;         /* nothing that makes item vectors is trained: no gradient goes back to them */
    bool dedup;                /* false: every occurrence is a text of its own, as in the public code */
    /* what all texts of a micro-batch begin with is encoded once a micro-batch ([ITEM] pooling only) */
    bool share_prefix;
    bool serial; /* no text waits for the users' turn: all micro-batches are early */
    /* micro-batches are put into so many groups, whose gradients are summed apart; a power of two.  0: they are not.
     * Groups are what layouts have in common, so their micro-batches come in one order: serial */
    int groups;
    /* 0: loss is the mean over all rows; W: mean over W contiguous blocks of samples of their means */
    int mean_over_ranks;
    hl_fusion fusion;     /* with labels: each sample has a row more, and its last item is the target */
    double fusion_lambda; /* weight of the loss of the rows beside that of the labels, where there are some */
} hl_plan_rules;

typedef struct {
    int samples, rows, S;
    bool items_frozen;   /* of the rules */
    int *row_begin;      /* (samples + 1) rows of each sample */
    int *input, *target; /* (rows) texts */
    float *weight;       /* (rows) dLoss / d(loss of the row) */
    hl_fusion fusion;    /* of the rules */
    int readings;        /* rows, and with labels one a sample */
    int *reading;        /* (readings) texts; -1: none */
    float *label_weight; /* (samples) dLoss / d(loss of the sample's label); NULL: no labels */
    int texts, read;     /* texts [0, read) are read by users */
    int32_t *item;       /* (texts) an item that has this text */
    float *multiplicity; /* (texts) how often it was drawn as a negative; 0: it is none */
    /* micro-batches [0, early_micro_batches) go forward before the users and back after them: those of the texts
     * [0, read), or all */
    int micro_batches, early_micro_batches;
    int *micro_batch_begin;  /* (micro_batches + 1) texts */
    int *micro_batch_tokens; /* (micro_batches) */
    /* (micro_batches) a L + b L^2 over its texts, in floating point operations up to a factor */
    double *micro_batch_cost;
    int user_micro_batches;
    int *user_micro_batch_begin;   /* (user_micro_batches + 1) samples */
    double *user_micro_batch_cost; /* in the same unit */
    int groups;                    /* 0: none */
    /* (micro_batches), (user_micro_batches): of nearly equal cost, in the order of the micro-batches; some may be
     * empty */
    int *group, *user_group;
    int negatives;                       /* draws */
    int each, *own;                      /* (rows, each) texts that are negatives of one row alone; each 0: shared */
    int64_t tokens;                      /* of all texts, that are encoded */
    int64_t public_items, public_tokens; /* what the public code would encode: every slot, every duplicate */
} hl_plan;

/* Lay a plan in the arena. width: hidden size of the Item LLM, which weighs L against L^2. */
void hl_plan_make(hl_plan *p, const hl_batch *b, const hl_corpus *corpus, const hl_plan_rules *rules, int width,
                  hl_arena *arena);

/* The first reading of a sample, or where those of the last one end. */
static inline int hl_plan_reading_begin(const hl_plan *p, int sample)
{
    return p->row_begin[sample] + (p->fusion == HL_FUSION_NONE ? 0 : sample);
}

/* Readings of a micro-batch of users: rows that the User LLM goes through. */
static inline int hl_plan_user_readings(const hl_plan *p, int micro_batch)
{
    return hl_plan_reading_begin(p, p->user_micro_batch_begin[micro_batch + 1])
           - hl_plan_reading_begin(p, p->user_micro_batch_begin[micro_batch]);
}

/* Which micro-batch has text t. */
int hl_plan_micro_batch_of(const hl_plan *p, int text);

#endif
