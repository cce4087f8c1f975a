/* manifest.h - what a dataset folder holds: manifest.json, and shards of two tables.
 *
 *     items-00000.h5 ...   a row an item, item 0 (the padding) first
 *     users-00000.h5 ...   a row a user
 *
 * doc/formats.md describes the fields.  A folder is a dataset only when its manifest is there, and the manifest
 * comes last. */
#ifndef IO_DATASET_MANIFEST_H
#define IO_DATASET_MANIFEST_H
#include "base/error.h"
#include "io/dataset/report.h"
#include "io/dataset/shard.h"
#include "io/dataset/split-report.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The schema of the folder.  The digests of contents do not depend on it. */
enum { HL_DATASET_SCHEMA = 2 };

typedef enum { HL_ITEMS, HL_USERS, HL_TABLES } hl_table;

/* Arrays of a shard with R rows.  Row i of a list has the elements [begin[i], begin[i + 1]); begin has R + 1. */
enum { HL_ITEM_TOKENS, HL_ITEM_BEGIN, HL_ITEM_DIGEST, HL_ITEM_FIRST_EQUAL, HL_ITEM_ID, HL_ITEM_ID_BEGIN };
enum { HL_USER_ITEMS, HL_USER_TIMES, HL_USER_BEGIN, HL_USER_ID, HL_USER_ID_BEGIN, HL_USER_LABELS };

typedef struct {
    const char *name; /* "items", "users" */
    const hl_shard_array *arrays;
    int n;
} hl_table_kind;
extern const hl_table_kind hl_table_kinds[HL_TABLES];

/* What a dataset is made with; two datasets of equal recipes and equal sources are equal. */
typedef struct {
    char *tokenizer; /* its kind */
    uint64_t tokenizer_digest;
    int vocab;
    int max_text_length;
    char *item_prompt;
    char **text_keys;
    int n_text_keys;
    int64_t shard_rows[HL_TABLES];
    hl_split_rule split;
    char *label_field, *label_positive; /* hl_label_choice; "": no labels */
} hl_recipe;

/* A source file as it was when the dataset was made: equal size and time tell that it is unchanged, else the digest
 * does. */
typedef struct {
    int64_t size, mtime;
    uint64_t digest;
} hl_source_facts;

enum { HL_INTERACTIONS, HL_TEXTS, HL_SOURCES };

typedef struct {
    int64_t size;
    uint64_t digest; /* of the file's bytes */
} hl_shard_facts;

typedef struct {
    char *dataset; /* its name */
    hl_recipe recipe;
    hl_source_facts sources[HL_SOURCES];
    hl_prepare_report report;
    hl_prepare_examples examples;
    hl_split split;               /* its rule is the recipe's */
    hl_split_report split_report; /* all zero: made by a version that did not count */
    int64_t rows[HL_TABLES];
    hl_shard_facts *shards[HL_TABLES]; /* (hl_manifest_shards) */
} hl_manifest;

void hl_manifest_free(hl_manifest *m);

/* Has the dataset labels?  How many of the arrays of a table its shards have: without labels all but the last of
 * users. */
bool hl_manifest_has_labels(const hl_manifest *m);
int hl_manifest_arrays(const hl_manifest *m, hl_table t);

int64_t hl_manifest_shards(const hl_manifest *m, hl_table t);
/* Name of a shard's file in its folder; out holds 32 bytes. */
void hl_manifest_shard_name(char out[32], hl_table t, int64_t shard);

uint64_t hl_recipe_digest(const hl_recipe *r);
/* The digest of the content: recipe and shards, not the source files. */
uint64_t hl_manifest_digest(const hl_manifest *m);

/* Write manifest.json into a folder, whole or not at all. */
hl_status hl_manifest_write(const hl_manifest *m, const char *folder);

/* Read the manifest of a folder; HL_EFORMAT where there is none that this program understands.
 * Local; free *m also after a failure. */
hl_status hl_manifest_read(hl_manifest *m, const char *folder);

/* The manifest's text, for other ranks to parse; release with free. */
hl_status hl_manifest_load(const char *folder, char **text, size_t *n);
hl_status hl_manifest_parse(hl_manifest *m, const char *folder, const char *text, size_t n);

typedef enum {
    HL_FOLDER_FREE,   /* not there, or empty */
    HL_FOLDER_OLD,    /* a dataset, but of another schema */
    HL_FOLDER_DATASET /* a dataset; its manifest is read */
} hl_folder_state;

/* What stands at the path of a dataset.  HL_EUSAGE where it is something else, which must not be touched. */
hl_status hl_manifest_look(hl_manifest *m, const char *folder, hl_folder_state *state);

/* Print the manifest: for people a line a count, for machines one JSON object on one line. */
void hl_manifest_print(const hl_manifest *m, FILE *out);
void hl_manifest_print_json(const hl_manifest *m, FILE *out);

#endif
