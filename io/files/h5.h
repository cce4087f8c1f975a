/* h5.h - what every user of HDF5 needs: silence, and a reason. */
#ifndef IO_FILES_H5_H
#define IO_FILES_H5_H

/* Stop HDF5 from printing its error stack: the caller says the sentence.  Stop it from locking too: files that are
 * read never change, and some network disks have no locks.  Call before the first H5 call. */
void hl_h5_quiet(void);

/* "HDF5 1.10.8", the library that is loaded. */
const char *hl_h5_library(void);

/* HDF5's innermost message about the call that has just failed; never NULL, valid until the next. */
const char *hl_h5_reason(void);

#endif
