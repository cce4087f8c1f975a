/* crate.h - the folder of a study as a research object: RO-Crate 1.1 (https://w3id.org/ro/crate/1.1).
 *
 * ro-crate-metadata.json names the files of the folder with size, kind and SHA-256, the program and the machines, and
 * what made what: a run its record, the report its tables.  Beside it are sbom.spdx.json (app/study/sbom.h), of the
 * program that writes the crate, and CITATION.cff.  The folder can be published as it is, or packed. */
#ifndef APP_STUDY_CRATE_H
#define APP_STUDY_CRATE_H
#include "base/error.h"

/* Write the three files into a study's folder.  HL_EFORMAT where it is none, HL_ESTORE. */
hl_status hl_crate_write(const char *dir);

#endif
