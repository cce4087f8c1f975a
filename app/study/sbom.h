/* sbom.h - what this program is made of, in the words of SPDX 2.3. */
#ifndef APP_STUDY_SBOM_H
#define APP_STUDY_SBOM_H
#include <jansson.h>

/* A document of this program and of the libraries that it works with here: those that are loaded, with the versions
 * that they say themselves; a version that a library does not say is absent.  unique: what tells documents of one
 * program apart, as a digest.  Release with json_decref. */
json_t *hl_sbom(const char *unique);

#endif
