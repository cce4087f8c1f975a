/* samefile.c - is a file the same on all machines? */
#include "io/files/samefile.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/process.h"
#include "io/files/blockdigest.h"
#include "io/files/filesystem.h"
#include "mpi/comm/agreement.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which file of which machine.  On a file system that machines share host and device are 0, and the time tells files
 * apart that have one number on two such systems. */
typedef struct {
    uint64_t host, device, number;
    int64_t size, nanoseconds;
} identity;

static identity of_shared(const struct stat *st)
{
    return (identity){0, 0, (uint64_t)st->st_ino, (int64_t)st->st_size,
                      (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec};
}

static hl_status find_identity(identity *out, const char *path)
{
    struct stat st;
    hl_process me;
    if (stat(path, &st) != 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s: cannot be read: %s; copy it to all machines, or name one in a folder that they share", path,
                       strerror(errno));
    const hl_filesystem *is = hl_filesystem_of(path);
    hl_process_find(&me);
    *out = is && is->is_shared ? of_shared(&st)
                               : (identity){hl_digest(me.host, strlen(me.host)), (uint64_t)st.st_dev,
                                            (uint64_t)st.st_ino, (int64_t)st.st_size, 0};
    return HL_OK;
}

/* The first rank that sees the file which I see. */
static int first_like_me(const hl_group *g, const identity *mine)
{
    identity *all = hl_alloc((size_t)g->size * sizeof *all);
    int *one = hl_alloc((size_t)g->size * sizeof *one), first = 0;
    for (int r = 0; r < g->size; r++) one[r] = 1;
    hl_group_all_gather(g, all, mine, one, sizeof *mine);
    while (memcmp(&all[first], mine, sizeof *mine) != 0) first++;
    free(one);
    free(all);
    return first;
}

hl_status hl_samefile_group(hl_group *out, const hl_group *g, const char *path)
{
    identity mine;
    *out = (hl_group){0};
    HL_TRY_ALL(g, find_identity(&mine, path));
    hl_group_split(out, g, first_like_me(g, &mine));
    return HL_OK;
}

/* value: what the file is, in words.  Collective over those who see it. */
static hl_status describe(char value[80], const hl_group *here, const char *path)
{
    const int64_t block = (int64_t)64 << 20;
    identity mine = {0};
    char text[17];
    uint64_t digest = 0;
    HL_TRY_ALL(here, find_identity(&mine, path));
    int blocks = hl_block_count(mine.size, block);
    uint64_t *of = hl_alloc((size_t)(blocks + 1) * sizeof *of);
    hl_status s = hl_block_digests(of, here, path, mine.size, block);
    for (int i = 0; s == HL_OK && i < blocks; i++) digest = hl_digest_join(digest, of[i]);
    free(of);
    hl_digest_text(text, digest);
    snprintf(value, 80, "a file of %lld bytes with digest %s", (long long)mine.size, text);
    return s;
}

hl_status hl_samefile_check(const hl_group *g, const char *path)
{
    hl_group here;
    hl_settings s = {0};
    char value[80] = "";
    HL_TRY(hl_samefile_group(&here, g, path));
    hl_status status = HL_OK;
    if (hl_group_any(g, here.size != g->size)) status = hl_group_agree(g, describe(value, &here, path));
    hl_group_close(&here);
    HL_TRY(status);
    hl_settings_add(&s, path, value);
    status =
        hl_settings_agree(g, &s, HL_EFORMAT, "copy it to all machines again, or name one in a folder that they share");
    hl_settings_free(&s);
    return status;
}
