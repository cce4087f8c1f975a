/* simulated.h - the simulated clock goes on.
 *
 * This replaces base/clock.c in hllm-rehearse: hl_seconds is the simulated clock there. */
#ifndef APP_REHEARSE_SIMULATED_H
#define APP_REHEARSE_SIMULATED_H

/* This rank is busy for so many seconds. */
void hl_simulated_pass(double seconds);

#endif
