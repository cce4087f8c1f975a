/* acts.h - what this process is doing, for others to see.
 *
 * One thread publishes: which act it is in, on which micro-batch, and in which collective of which group it waits for
 * others.  That is a few relaxed stores, without locks or calls of the system, into a record that other processes may
 * map (mpi/comm/watch.h).  A record that is read between two stores mixes two acts; it is for people, and for the
 * question whether anything moves. */
#ifndef BASE_ACTS_H
#define BASE_ACTS_H
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What a process can wait for others in. */
typedef enum {
    HL_WAITS_NOT,
    HL_WAITS_AGREE,      /* a status, a fact, a barrier */
    HL_WAITS_BROADCAST,  /* one rank's bytes to all */
    HL_WAITS_REDUCE,     /* any combination of arrays, scattered or not */
    HL_WAITS_ALL_GATHER, /* everyone's rows to all */
    HL_WAITS_ALL_TO_ALL, /* rows from each to each */
    HL_WAITS_SPLIT,      /* groups are made */
    HL_WAITS_SEND,
    HL_WAITS_RECEIVE,
    HL_WAITS
} hl_wait;
extern const char *const hl_wait_name[HL_WAITS]; /* "in a sum", "for rows" ... */

enum {
    HL_ACT_WORDS = 5,
    HL_ACT_GROUP_WORDS = 3,
    HL_ACT_TEXT = 8 * HL_ACT_WORDS,
    HL_ACT_GROUP = 8 * HL_ACT_GROUP_WORDS
};

/* The record.  All zero: a process that has not begun. */
typedef struct {
    _Atomic uint64_t moves;                     /* rises whenever something is begun or done */
    _Atomic uint64_t act[HL_ACT_WORDS];         /* letters */
    _Atomic uint64_t group[HL_ACT_GROUP_WORDS]; /* letters; where it waits, or waited last */
    _Atomic uint64_t call; /* of the group's collectives, from 1 on; the same on all its ranks; 0: not counted */
    _Atomic int micro_batch, waits, longs; /* of the act, -1: none; a hl_wait; > 0: inside of what may take any time */
    _Atomic int rank, ending;              /* its own; an exit status + 1 that another process wishes it to end with */
    _Atomic int64_t pid;
    _Atomic uint64_t beats; /* of the thread that watches for it */
} hl_acts;

/* What was read of one. */
typedef struct {
    char act[HL_ACT_TEXT + 1], group[HL_ACT_GROUP + 1];
    uint64_t moves, call, beats;
    int64_t pid;
    int micro_batch, waits, rank;
    bool is_long;
} hl_acts_seen;
void hl_acts_read(hl_acts_seen *seen, hl_acts *record);

/* From now on in this record, which outlives the acts; NULL: in one of this process alone. */
void hl_acts_into(hl_acts *record);

/* The record of this process. */
hl_acts *hl_acts_mine(void);

/* The next act; micro-batch -1: of none.  Only the first HL_ACT_TEXT letters count. */
void hl_act_begin(const char *act, int mb);

/* Wait for others in a call of a group with this name; until hl_act_go_on. */
void hl_act_wait(hl_wait what, const char *group, uint64_t call);
void hl_act_go_on(void);

/* Something was done: a layer, a piece of a file, a line. */
void hl_act_tick(void);

/* What may take any time without a sign of life: a flush of a file, a call of a library that solves something. */
void hl_act_long(void);
void hl_act_long_is_over(void);

#endif
