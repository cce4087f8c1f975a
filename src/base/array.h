/* array.h - arrays that grow.
 *
 *     int *at = NULL;
 *     size_t n = 0, room = 0;
 *     HL_RESERVE(at, room, n + 1);
 *     at[n++] = x;
 *
 * What is added one at a time is moved a number of times that does not depend on how much there is in the end.
 * Release with free. */
#ifndef BASE_ARRAY_H
#define BASE_ARRAY_H
#include <stddef.h>

/* Make room for `wanted` things at the least; those that are there stay.  `room` (size_t) is for how many there is
 * room, 0 with at NULL in the beginning.  `at` and `room` are named twice.  Ends the job where there is no memory. */
#define HL_RESERVE(at, room, wanted) \
    ((room) < (size_t)(wanted) ? (void)((at) = hl_array_grow((at), &(room), (size_t)(wanted), sizeof *(at))) : (void)0)

/* HL_RESERVE where there is less room than wanted. */
void *hl_array_grow(void *at, size_t *room, size_t wanted, size_t size);

#endif
