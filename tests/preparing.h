/* preparing.h - what tests of the preparation of a dataset do again and again.  Collective over the ranks. */
#ifndef TESTS_PREPARING_H
#define TESTS_PREPARING_H
#include "io/dataset/prepare.h"
#include <stdbool.h>
#include <time.h>

hl_status prepare(const hl_prepare_settings *s);

/* The same, which must not fail: what rank 0 says on standard error meanwhile.  The caller frees it. */
char *said_while_preparing(const hl_prepare_settings *s);

/* Is there a dataset at the settings' folder that can be trusted? */
bool is_trusted(const hl_prepare_settings *s);

/* Would the preparation be left out? */
bool is_current(const hl_prepare_settings *s);

bool is_called(const char *id, int n, const char *name); /* is this id of n bytes that name? */
bool exists(const char *path);
void on_rank_0_remove(const char *path);         /* a file, or a folder with all that is in it */
void set_time(const char *path, time_t seconds); /* of its last change */

#endif
