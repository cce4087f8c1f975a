/* build.c - what this program was made of.  build-info.h is written by make whenever it would change. */
#include "experiments/build.h"
#include "experiments/build-info.h"

const char *hl_build_version(void)
{
    return HL_VERSION;
}

const char *hl_build_commit(void)
{
    return HL_COMMIT;
}

const char *hl_build_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

const char *hl_build_flags(void)
{
    return HL_FLAGS;
}
