/* criterion.c - the table of what a model is trained on. */
#include "math/criterion.h"

#define PLACE(name) [HL_CRITERION_##name] = &hl_criterion_##name,
const hl_criterion *const hl_criteria[HL_CRITERIONS] = {HL_CRITERIA(PLACE)};
