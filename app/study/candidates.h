/* candidates.h - what is tried on validation before a point is trained: a grid of options for each point of a study.
 *
 * A candidate is a point of its own, whose folder has DIR/<candidate>/tune-SEED, its training with the seed of the
 * tuning and the ranks of the users of validation.  That of the candidates that is the best there is taken
 * (app/study/tuning.h): the repetitions of the point are then those of the candidate, in the candidate's folder.  So
 * which one is taken follows from results alone, and no run is of another one than its folder says. */
#ifndef APP_STUDY_CANDIDATES_H
#define APP_STUDY_CANDIDATES_H
#include "app/study/points.h"
#include "app/study/settings.h"

/* Add the candidates of the last point, whose settings these are; a point without steps has none.  HL_EUSAGE where a
 * configuration does not hold together, where two are the same, or where there are too many. */
hl_status hl_candidates_add(hl_points *p, const hl_study *s, const hl_study_settings *from);

/* Has every grid of a listed point its point?  HL_EUSAGE. */
hl_status hl_candidates_check(const hl_points *p, const hl_study *s);

/* Is the i-th point tuned? */
bool hl_candidates_any(const hl_points *p, int i);

/* The study of the candidates: one training of each.  What it owns stays that of s. */
hl_study hl_candidates_study(const hl_study *s);

#endif
