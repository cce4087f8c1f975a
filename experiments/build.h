/* build.h - what this program was made of; for --version and the run record. */
#ifndef EXPERIMENTS_BUILD_H
#define EXPERIMENTS_BUILD_H

const char *hl_build_version(void);
const char *hl_build_commit(void);   /* "unknown" where it was not built in a checkout */
const char *hl_build_compiler(void); /* name and version */
const char *hl_build_flags(void);

#endif
