/* energy.h - what the processors of this machine have used, by their own counters (RAPL).
 *
 * Linux shows a counter of microjoules for each package, and on servers one for its memory, as
 * ROOT/intel-rapl:N/energy_uj (of AMD's processors too); it begins again from 0 above max_energy_range_uj.  A counter
 * is that of the whole machine, whoever works there, and it must be read at least once while it goes round: after some
 * minutes. */
#ifndef BASE_ENERGY_H
#define BASE_ENERGY_H
#include <stdbool.h>
#include <stddef.h>

#define HL_ENERGY_ROOT "/sys/class/powercap"

enum { HL_ENERGY_ZONES = 64 };

typedef struct {
    char path[300];
    double last, range; /* microjoules */
} hl_energy_zone;

typedef struct {
    hl_energy_zone zone[HL_ENERGY_ZONES];
    int zones;
    char reason[500]; /* why nothing is known; "" where the counters can be read */
} hl_energy;

/* Find the counters of packages and of their memory, and begin to count.  Local. */
void hl_energy_open(hl_energy *e, const char *root);

/* Joules since this was asked last, or since the counters were opened; 0 where nothing is known.  A counter that can no
 * longer be read leaves a reason.  Local. */
double hl_energy_joules(hl_energy *e);

static inline bool hl_energy_is_known(const hl_energy *e) { return !*e->reason; }

#endif
