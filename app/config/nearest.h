/* nearest.h - how far a mistyped name is from a known one. */
#ifndef APP_CONFIG_NEAREST_H
#define APP_CONFIG_NEAREST_H

/* The distance of names a and b: letters to insert, remove, change or swap with a neighbour to get from one to the
 * other, without regard to case (optimal string alignment).  Only the first 63 bytes are compared. */
int hl_nearest_distance(const char *a, const char *b);

#endif
