/* strip-16.c - strips of 16 lanes, for vectors of 16 numbers, where there are such. */
#define LANES 16
#define TARGET HL_WIDE
#include "math/strip-lanes.h"

const hl_strips hl_strips_16 = THESE_STRIPS;
