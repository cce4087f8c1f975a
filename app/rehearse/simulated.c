/* simulated.c - the simulated clock. */
#include "app/rehearse/simulated.h"
#include "base/clock.h"
#include <smpi/smpi.h>
#include <smpi/smpi_helpers_internal.h>
#include <time.h>

double hl_seconds(void) { return MPI_Wtime(); }

/* The clock takes whole nanoseconds; what is left of one is passed with the next. */
void hl_simulated_pass(double seconds)
{
    static double owed;
    owed += 1e9 * seconds;
    const long long whole = (long long)owed, second = 1000000000;
    const struct timespec t = {.tv_sec = (time_t)(whole / second), .tv_nsec = (long)(whole % second)};
    owed -= (double)whole;
    if (whole > 0) smpi_nanosleep(&t, NULL);
}
