/* split.h - which interactions of a user are for training, for validation and for test.
 *
 * leave_two_out, the rule of the public code and of most tables in print: a user's last interaction is the test
 * part, the one before it the validation part, all earlier ones the training part.  A user who stops early is tested
 * long before others have trained, so the model has seen what came after: the future leaks into training.
 *
 * temporal, a global temporal split (Gusak et al., Time to Split, arXiv 2507.16289; why leave-one-out leaks: Ji et
 * al., A Critical Study on Data Leakage, doi 10.1145/3569930): two moments cut the whole data set.  What happened
 * from test_from on is the test part, what happened before that and from valid_from on the validation part, the rest
 * the training part.  RecBole's split by ratio in the order of time cuts each user's sequence by itself, unless its
 * group_by is none.
 *
 * Targets.  Of each part that is held out, a user's last interaction is the target ("GTS, last" in the paper), and
 * all of the user's interactions before it, of whatever part, are the history.  So a phase has one target a user at
 * most, as next-item prediction has, and leave two out is the case in which both parts are one interaction.  A user
 * without an interaction in the part, or whose first interaction it is, so that there is no history, has no target
 * and is not ranked.  A user who begins after the cut has a history all the same and is ranked. */
#ifndef DATA_SPLIT_H
#define DATA_SPLIT_H
#include "base/error.h"
#include <stdint.h>

/* Users with fewer interactions are in no dataset: leave two out would leave them nothing before the held-out ones. */
enum { HL_SPLIT_LEAST = 3 };

typedef enum { HL_LEAVE_TWO_OUT, HL_TEMPORAL, HL_SPLITS } hl_split_kind;
extern const char *const hl_split_name[HL_SPLITS];

/* What is asked for.  Of a temporal split: the shares of the interactions that are for validation and for test. */
typedef struct {
    hl_split_kind kind;
    double valid, test;
} hl_split_rule;

/* Can there be such a rule?  HL_EUSAGE where a share is not above 0, or both leave nothing for training. */
hl_status hl_split_check(const hl_split_rule *rule);

/* What the rule is on a data set.  Of a temporal split: the first time of both parts, valid_from < test_from.  All
 * zero: leave two out. */
typedef struct {
    hl_split_rule rule;
    int64_t valid_from, test_from;
} hl_split;

/* Of a user's n interactions in the order of time: [0, train) are for training, [train, valid) for validation,
 * [valid, n) for test. */
typedef struct {
    int train, valid, n;
} hl_split_parts;

/* The parts of n interactions at these times, which ascend; leave two out looks at no times, which may be NULL. */
hl_split_parts hl_split_cut(const hl_split *s, const int64_t *time, int n);

/* Where the target of a part that begins at `begin` and ends before `end` stands; -1: the user has none. */
int hl_split_target(int begin, int end);

#endif
