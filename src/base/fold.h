/* fold.h - the order in which parts of a sum are added: a binary tree, whoever has the leaves.
 *
 * Floating point sums depend on their order.  Parts are added as the leaves of a tree of halves, neighbours first.
 * Over a power of two of leaves every owner can have a whole branch of it, its own parts already added, and the tree
 * of the owners' sums is the top of the same tree: the bits do not depend on how many owners there are.
 *
 * p owners have branches that differ in size by a factor of two at most, the smaller ones first:
 *
 *     8 leaves, 3 owners:   (0 1)(2 3)   (4 5 6 7)        ((a + b) + c) */
#ifndef BASE_FOLD_H
#define BASE_FOLD_H
#include <stdbool.h>
#include <stddef.h>

/* into = into with from, n elements; the order of the two must not matter. */
typedef void (*hl_combine)(void *into, const void *from, size_t n);

/* Owner r of p (p <= leaves, a power of two) has the leaves [begin(r), begin(r + 1)), a branch. */
int hl_fold_begin(int leaves, int p, int r);

/* Which owner has a leaf. */
int hl_fold_owner(int leaves, int p, int leaf);

/* How many of p > 1 owners are in the left half of their tree. */
int hl_fold_left(int p);

/* Part 0 becomes all p parts combined by the tree; the others are ruins.  Part i has n elements, i * stride bytes
 * from x. */
void hl_fold(void *x, int p, size_t stride, size_t n, hl_combine combine);

/* Is n a power of two? */
static inline bool hl_fold_fits(int n) { return n > 0 && (n & (n - 1)) == 0; }

/* Do the leaves a and b (a != b) meet below the point where b and c do? */
bool hl_fold_meets_first(int a, int b, int c);

/* So many finished sums wait at most for their neighbours, where one owner goes through these leaves (n) of its branch,
 * the last one first; equal ones follow one another. */
int hl_fold_waiting(const int *leaf, int n);

/* Elements are floats: y += x. */
void hl_fold_floats(void *into, const void *from, size_t n);

#endif
