/* nearest.h - which name did they mean? */
#ifndef EXPERIMENTS_NEAREST_H
#define EXPERIMENTS_NEAREST_H

/* Letters to insert, remove, change or swap with a neighbour to get from a to b, without regard to case
 * (optimal string alignment).  Names longer than 63 bytes are compared up to there. */
int hl_nearest_distance(const char *a, const char *b);

#endif
