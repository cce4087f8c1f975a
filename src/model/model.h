/* model.h - an item model or a user model as a step sees it, whatever it is made of.
 *
 * An item model turns packed items into a vector each; a user model turns packed vectors of items into the vector of
 * each next one.  A stage of a pipeline has some of the layers: between stages go rows, one a row of the pack.
 *
 * To add one: a file with a hl_model_kind, and its place in a row of model/models.c. */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H
#include "data/corpus.h"
#include "model/label-head.h"
#include "model/layer.h"
#include "model/side.h"
#include "model/talk.h"
#include "model/work.h"

/* What a model is told when it is opened. */
typedef struct {
    const hl_transformer *shape;
    int longest;                     /* tokens of a text, without [ITEM]; items of a history */
    int item_tokens;                 /* of an item model: 1, an [ITEM] token after each text; 0, the mean of its rows */
    bool share_prefix, share_tokens; /* of an item model, where it can */
    int slices;                      /* hl_stack.slices */
    const hl_sharder *sharder;       /* asked in passes alone; NULL: nothing is sharded */
} hl_model_settings;

typedef struct hl_model_kind hl_model_kind;

typedef struct {
    const hl_model_kind *kind;
    const hl_params *table; /* the parameters of my share of my stage */
    int width, row_width;   /* of a vector; of rows between stages */
    bool first, last;       /* does what is read go into my stage; do vectors come out of it? */
    int slots;              /* hl_transformer_slots, of a user model */
    bool reads_times;       /* does a user model want hl_pack.time? */
    bool reads_items;       /* hl_pack.item? */
    int64_t scale_at;       /* logit_scale in the array of the side; HL_NOWHERE: another stage's, or the other side's */
    hl_label_head head;     /* of the last stage of a user model that predicts labels */
    void *self;
} hl_model;

/* A row.  w and dw are the array of the side, whose spans the table has; gradients add. */
struct hl_model_kind {
    const char *name;
    hl_side side;
    size_t saved; /* bytes of what says where the saved activations of a pack are */
    /* Add the parameters of the share and the stage of these peers to t. */
    void (*params)(hl_params *t, const hl_model_settings *s, const hl_tensor_group *tp);
    /* Fill table, first, last and self. */
    void (*open)(hl_model *m, const hl_model_settings *s, const hl_tensor_group *tp);
    void (*close)(hl_model *m);
    /* Pack items (n), laid in the arena.  NULL for a user model: samples are packed by hl_user_pack. */
    void (*pack)(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena);
    /* The same before it has tokens: enough to say what it takes.  NULL: as pack. */
    void (*sizes)(hl_pack *p, const hl_model *m, const hl_corpus *corpus, const int32_t *item, int n, hl_arena *arena);
    /* Lay out the saved activations of a pack in an arena (measuring or real). */
    void (*trace)(void *saved, const hl_model *m, const hl_pack *p, hl_arena *arena);
    /* y (hl_model_rows, width) or, in a stage before the last, (T, row_width); x (T, row_width): vectors of items, or
     * what the stage before wrote; NULL in the first stage of an item model.  Collective over the peers. */
    void (*forward)(float *y, void *saved, const hl_model *m, const float *w, const float *x, const hl_pack *p,
                    hl_arena *scratch);
    /* dx (as x) is overwritten, given dy (as y); of an item model's first stage it may be NULL. */
    void (*backward)(float *dx, float *dw, const float *dy, const void *saved, const hl_model *m, const float *w,
                     const hl_pack *p, hl_arena *scratch);
    /* An empty micro-batch: all layers of mine are asked for, and nothing is computed. */
    void (*pass_forward)(const hl_model *m);
    void (*pass_backward)(const hl_model *m);
    /* My share of a forward; the backward takes twice as many operations. */
    hl_work (*work)(const hl_model *m, const hl_pack *p);
    /* What the peers do together in a forward or a backward (model/talk.h). */
    void (*talk)(const hl_model *m, const hl_pack *p, bool backward, void (*hear)(void *self, hl_talk t), void *self);
};

/* Local.  The settings need not outlive the call. */
void hl_model_open(hl_model *m, const hl_model_kind *kind, const hl_model_settings *s, const hl_tensor_group *tp);
void hl_model_close(hl_model *m);

/* An item model has the temperature of the loss among the parameters of its first stage: add it. */
void hl_model_add_scale(hl_params *t, const hl_tensor_group *tp);

/* exp(logit_scale), clamped to [0, ln 100] in place before use, as in the public code. */
float hl_model_scale(float *logit_scale);

/* Vectors of a pack: one an item; of a user one a row, or the last. */
static inline int hl_model_vectors(const hl_model *m, const hl_pack *p)
{
    return m->kind->side == HL_ITEM ? p->segments : hl_pack_rows(p);
}

/* Rows that leave my stage. */
static inline int hl_model_rows(const hl_model *m, const hl_pack *p) { return m->last ? hl_model_vectors(m, p) : p->T; }

/* Floating point operations of my share of a forward. */
static inline double hl_model_flop(const hl_model *m, const hl_pack *p)
{
    const hl_work w = m->kind->work(m, p);
    return hl_work_flop(&w);
}

#endif
