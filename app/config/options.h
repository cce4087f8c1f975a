/* options.h - the table of options.  Adding one is a field in config.h and a line in options.c. */
#ifndef APP_CONFIG_OPTIONS_H
#define APP_CONFIG_OPTIONS_H
#include "app/config/config.h"
#include <stddef.h>

typedef enum {
    HL_IS_BOOL,
    HL_IS_INT,
    HL_IS_INT64,
    HL_IS_BYTES,
    HL_IS_REAL,
    HL_IS_TEXT,
    HL_IS_NAMES,
    HL_IS_INTS,
    HL_IS_CHOICE,
    HL_IS_HEADING
} hl_option_type;

/* What another value means to a run that is resumed. */
typedef enum {
    HL_CHANGES_NUMBERS, /* it would be another run: refused */
    HL_CHANGES_VECTORS, /* and the same weights would give other vectors: refused to evaluations, too */
    HL_CHANGES_LAYOUT,  /* who computes what, in which pieces, how long */
    HL_CHANGES_FILES,   /* where things are; their contents have digests of their own */
    HL_CHANGES_REPORT   /* what is said and kept */
} hl_effect;

/* A name of a value; the first of several names of one value is the one that is written. */
typedef struct {
    const char *name;
    int value;
} hl_choice;

typedef struct {
    const char *key; /* dotted */
    hl_option_type type;
    size_t offset;      /* in hl_config */
    const char *normal; /* the default, as it would be written */
    double least, most; /* of numbers, and of each number of a list */
    hl_effect effect;
    const char *help;
    const hl_choice *choices; /* of HL_IS_CHOICE; of HL_IS_BYTES what may be said instead; ends with a NULL name */
} hl_option;

extern const hl_option hl_options[];
extern const int hl_options_n;

/* The row of a key, -1 where there is none. */
int hl_option_find(const char *key);

/* The known key that looks most like this one. */
const char *hl_option_nearest(const char *key);

/* Set an option of c.  `where` begins the sentence of a failure. */
hl_status hl_option_set(hl_config *c, const hl_option *o, const hl_names *value, bool is_list, const char *where);

/* Print the value as YAML. */
void hl_option_print(const hl_config *c, const hl_option *o, FILE *out);

/* The value as YAML in a text; release with free. */
char *hl_option_text(const hl_config *c, const hl_option *o);

void hl_option_free(hl_config *c, const hl_option *o);

#endif
