/* build.c - what this program was made of.  build-info.h is written by make whenever it would change. */
#include "app/config/build.h"
#include "app/config/build-info.h"
#include "io/files/h5.h"
#include "io/files/place.h"
#include "math/bf16.h"
#include "math/kernels.h"
#include "math/linear.h"
#include <stdio.h>

const char *hl_build_version(void) { return HL_VERSION; }

const char *hl_build_commit(void) { return HL_COMMIT; }

const char *hl_build_compiler(void)
{
#ifdef __clang__
    return "clang " __clang_version__;
#else
    return "gcc " __VERSION__;
#endif
}

const char *hl_build_flags(void) { return HL_FLAGS; }

void hl_build_libraries(char *out, size_t room)
{
    char mpi[80];
    const char *dnnl = hl_bf16_library();
    hl_place_name_mpi(mpi, sizeof mpi);
    snprintf(out, room, "%s, %s, %s, own kernels %s, ScaLAPACK (%s), %s, %s", mpi, hl_h5_library(), hl_math_library(),
             hl_kernels_name(), HL_SCALAPACK, *dnnl ? dnnl : "no oneDNN", hl_build_compiler());
}
