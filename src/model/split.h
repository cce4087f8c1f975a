/* split.h - which interactions of a user are for training, for validation and for test.
 *
 * Leave two out, the rule of the public code and of most tables in print: a user's last interaction is the test part, the
 * one before it the validation part, all earlier ones the training part. */
#ifndef MODEL_SPLIT_H
#define MODEL_SPLIT_H
#include <stdint.h>

/* Fewer interactions leave a user nothing before the two held-out ones. */
enum { HL_SPLIT_LEAST = 3 };

/* Of a user's n interactions in the order of time: [0, train) are for training, [train, valid) for validation, [valid, n)
 * for test. */
typedef struct {
    int train, valid, n;
} hl_split_parts;

/* The parts of n interactions. */
hl_split_parts hl_split_cut(int n);

#endif
