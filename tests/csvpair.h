/* csvpair.h - two CSV files, and a dataset prepared from them, for tests of datasets. */
#ifndef TESTS_CSVPAIR_H
#define TESTS_CSVPAIR_H
#include "io/dataset/prepare.h"
#include "mpi/comm/group.h"
#include <stddef.h>

/* Path of a name in check_folder(); one of the last eight. */
const char *in_folder(const char *name);

/* Rank 0 writes these bytes to a file (path); everyone sees it afterwards. */
void file_write(const char *path, const void *bytes, size_t n);

/* The whole file, a 0 behind it; NULL where there is none.  Release with free. */
char *file_bytes(const char *path, size_t *n);

/* The pair <check_folder()>/{data,text}/<dataset>.csv, and settings for it: bytes as tokenizer, T 40, prompt "P: ",
 * keys title and tag, shards of three items and two users, folder <check_folder()>/<dataset>.hllm.  Texts are its
 * own until the next call. */
hl_prepare_settings csv_pair(const char *dataset, const char *interactions, const char *texts);

/* The pair that most tests use: everything that is counted happens in it. */
extern const char small_interactions[], small_texts[];

/* More of the same, at random: `rows` interactions. */
hl_prepare_settings large_pair(const char *dataset, int rows);

#endif
