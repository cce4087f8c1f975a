/* stuck.h - ranks that wait for each other for ever are named, and where each waits.
 *
 * SMPI notices that no rank can go on, and ends.  Then whoever has not finished stands in the records of base/acts.h,
 * which all ranks keep in one page here. */
#ifndef APP_REHEARSE_STUCK_H
#define APP_REHEARSE_STUCK_H

/* Of the first rank: the page of so many ranks, which is looked at when the program ends. */
void *hl_stuck_open(int ranks);
/* Of each rank: from now on it keeps its record there; and it has finished. */
void hl_stuck_use(void *page, int rank);
void hl_stuck_finish(void *page, int rank);

#endif
