/* usage.h - what this process has used so far. */
#ifndef BASE_USAGE_H
#define BASE_USAGE_H
#include <stdint.h>

/* Of all threads; waiting for work counts where a thread waits busily. */
double hl_usage_cpu_seconds(void);

/* The most memory that it held at once, shared pages included; 0 where the system does not say. */
int64_t hl_usage_peak_bytes(void);

/* From now on the most is that of what comes; does nothing where the system cannot. */
void hl_usage_forget_peak(void);

#endif
