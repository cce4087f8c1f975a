/* build.h - how this program was built; for --version and the run record. */
#ifndef APP_CONFIG_BUILD_H
#define APP_CONFIG_BUILD_H
#include <stddef.h>

const char *hl_build_version(void);
const char *hl_build_commit(void);   /* "unknown" where it was not built in a checkout */
const char *hl_build_compiler(void); /* name and version */
const char *hl_build_flags(void);

/* "Open MPI v4.1.4, HDF5 1.10.8, OpenBLAS 0.3.21 Zen, ..., gcc 12.2.0": what is loaded here, and what compiled it. */
void hl_build_libraries(char *out, size_t room);

#endif
