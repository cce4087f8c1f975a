/* embed.h - the vectors of items or users, in a file for other programs.
 *
 * Each text is encoded once, and each user, by all ranks together, in rounds: the vectors of a round are on the disk
 * before the next begins, so a job that was ended goes on, and gives the file that it would have given.  Texts and
 * histories that an earlier file of the same model has are taken from there. */
#ifndef APP_EMBED_EMBED_H
#define APP_EMBED_EMBED_H
#include "app/train/job.h"
#include "data/score.h"

typedef struct {
    const char *texts; /* a table of new items with the columns of text_keys; NULL: the catalogue */
    bool users;        /* users instead of items */
    bool whole;        /* of users: all of their history; else that before the target of `phase` */
    hl_phase phase;
    const char *to;   /* the file */
    const char *form; /* its form by name (io/vectors/vectors.h); NULL: by the file's name */
} hl_embed_orders;

/* Embed with the weights of the open job.  HL_ESTOP where a signal came: the same orders go on.  Collective. */
hl_status hl_embed(hl_job *j, const hl_embed_orders *o);

#endif
