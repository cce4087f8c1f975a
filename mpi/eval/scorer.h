/* scorer.h - what ranks the catalogue for a user: HLLM, EASE, popularity, chance.
 *
 * hl_evaluate (mpi/eval/evaluate.h) asks a scorer, round by round, how many items stand above each user's target.  Whom
 * it ranks, what of a history is left out, ties, metrics and stops are not the scorer's business.
 *
 * A scorer has columns of scores: one an item, or one of several items whose scores are always equal.  Each pair of a
 * user and an item is counted by one rank: either ranks share the columns, or they share the users of the round.
 *
 * To add one: a file with a hl_scorer_kind; where it needs nothing but the corpus, a line in mpi/eval/reference.c. */
#ifndef MPI_EVAL_SCORER_H
#define MPI_EVAL_SCORER_H
#include "base/arena.h"
#include "data/targets.h"
#include "mpi/comm/first.h"
#include "mpi/comm/group.h"

/* Users whose targets are ranked together. */
typedef struct {
    const hl_targets *targets;
    int64_t first; /* the target of the first of them */
    int users;
    int history;     /* most items of a history that are read */
    int begin, end;  /* users of the round that this rank counts for; find_users may narrow it */
    hl_arena *arena; /* emptied after the round */
    hl_first odd;    /* 2 user: the user cannot be scored; 2 user + 1: the score of its target is not finite */
} hl_round;

/* What is counted of each user of a round, and what it is held against. */
typedef struct {
    const double *threshold; /* (users) the target's score; NAN: nobody's best */
    double margin;           /* scores so near the target's are its ties */
    int64_t *above, *equal;  /* (users) items */
} hl_counts;

/* Count items of this score, fewer than 0 to take them back.  What is compared with NAN stands above: the target is a
 * miss. */
static inline void hl_counts_add(const hl_counts *c, int user, double score, int items)
{
    const double low = c->threshold[user] - c->margin, high = c->threshold[user] + c->margin;
    c->above[user] += !(score <= high) ? items : 0;
    c->equal[user] += score >= low && score <= high ? items : 0;
}

typedef struct hl_scorer hl_scorer;

/* A row: what is NULL is as its comment says. */
typedef struct {
    const char *name;            /* in the table of an evaluation */
    const char *act;             /* what its ranks are at meanwhile */
    double margin;               /* scores nearer to each other are ties, whatever rounding says */
    void (*open)(hl_scorer *s);  /* NULL: it has a function of its own */
    void (*close)(hl_scorer *s); /* NULL: there is nothing to free */
    /* Before the users of a round are scored.  Collective over world; NULL: nothing need be known of them. */
    void (*find_users)(hl_scorer *s, hl_round *r);
    /* My column of an item; -1: another rank has it.  NULL: the item's number, and ranks share the users. */
    int (*column)(const hl_scorer *s, int32_t item);
    /* The score of one of my columns for a user of the round: the same bits however often it is asked. */
    double (*score)(const hl_scorer *s, int user, int column);
    /* Count all my columns for the users [r->begin, r->end), those of masked items and the target too: hl_evaluate
     * takes them back by their `score`.  NULL: `score` is asked for each. */
    void (*count)(hl_scorer *s, const hl_counts *c, const hl_round *r);
    /* HL_ENUMERIC with a sentence: the first user who cannot be scored.  Collective over world; NULL: there is none. */
    hl_status (*tell_user)(const hl_scorer *s, const hl_first *f, const char *user);
    /* Why a score is not finite; the scorer's text.  Collective over world; NULL: not known. */
    const char *(*why)(const hl_scorer *s);
} hl_scorer_kind;

struct hl_scorer {
    const hl_scorer_kind *kind;
    const hl_group *world; /* all ranks */
    const hl_group *group; /* those that count */
    int first_rank;        /* its rank 0, in world */
    const hl_corpus *corpus;
    int64_t most_users; /* of a round */
    void *self;
};

/* Open a scorer that needs the corpus alone, all ranks of g counting; both are borrowed.  Collective. */
void hl_scorer_open(hl_scorer *s, const hl_scorer_kind *kind, const hl_group *g, const hl_corpus *corpus);
void hl_scorer_close(hl_scorer *s);

#endif
