/* names.h - a list of texts that owns them. */
#ifndef APP_CONFIG_NAMES_H
#define APP_CONFIG_NAMES_H
#include <stddef.h>

/* Start from {0}, release with hl_names_free. */
typedef struct {
    char **at;
    int n;
    size_t room;
} hl_names;

void hl_names_add(hl_names *t, const char *text, size_t n);
void hl_names_free(hl_names *t); /* and is {0} again */

#endif
