/* h5.c - what every user of HDF5 needs: silence, and a reason. */
#include "io/files/h5.h"
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>

/* HDF5 looks at the environment once, when it starts.  Where the system fails to close a file, HDF5 keeps half of
 * it, and would fall over that at the end of the process, after all work is done; we close each file ourselves. */
void hl_h5_quiet(void)
{
    H5dont_atexit();
    setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

/* The walk begins where the trouble began; later entries only pass it on. */
static herr_t keep_first(unsigned n, const H5E_error2_t *e, void *text)
{
    if (n == 0) snprintf(text, 300, "%s", e->desc && *e->desc ? e->desc : e->func_name);
    return 0;
}

const char *hl_h5_reason(void)
{
    static char text[300];
    snprintf(text, sizeof text, "no reason given");
    H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_first, text);
    return text;
}

const char *hl_h5_library(void)
{
    static char name[40];
    unsigned major = 0, minor = 0, release = 0;
    hl_h5_quiet();
    H5get_libversion(&major, &minor, &release);
    snprintf(name, sizeof name, "HDF5 %u.%u.%u", major, minor, release);
    return name;
}
