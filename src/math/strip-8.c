/* strip-8.c - strips of 8 lanes, for vectors of 8 numbers, on any processor. */
#define LANES 8
#define TARGET HL_FAST
#include "math/strip-lanes.h"

const hl_strips hl_strips_8 = THESE_STRIPS;
