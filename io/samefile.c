/* samefile.c - is a file the same on all machines? */
#include "io/samefile.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/process.h"
#include "io/blockdigest.h"
#include "io/safetensors.h"
#include "mpi/agreement.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Which file of which machine. */
typedef struct {
    uint64_t host, device, number;
    int64_t size;
} identity;

static hl_status find_identity(identity *out, const char *path)
{
    struct stat st;
    hl_process me;
    if (stat(path, &st) != 0)
        return HL_FAIL(HL_EFORMAT,
                       "%s: cannot be read: %s; copy it to all machines, or name one in a folder that they share", path,
                       strerror(errno));
    hl_process_find(&me);
    *out =
        (identity){hl_digest(me.host, strlen(me.host)), (uint64_t)st.st_dev, (uint64_t)st.st_ino, (int64_t)st.st_size};
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
    identity mine;
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

/* The files of a folder that is open, each once; how many. */
static int list_files(const char **path, const hl_safetensors *s)
{
    int n = 0;
    for (int i = 0; i < hl_safetensors_count(s); i++) {
        const char *one = hl_safetensors_at(s, i)->path;
        int k = 0;
        while (k < n && strcmp(path[k], one) != 0) k++;
        if (k == n) path[n++] = one;
    }
    return n;
}

/* An index may name other files elsewhere. */
static hl_status same_names(const hl_group *g, const char **path, int n)
{
    hl_settings s = {0};
    char name[40];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "file %d of the weights", i + 1);
        hl_settings_add(&s, name, path[i]);
    }
    hl_status status = hl_settings_agree(g, &s, HL_EFORMAT, "copy the whole folder to all machines again");
    hl_settings_free(&s);
    return status;
}

static hl_status same_files(const hl_group *g, const hl_safetensors *s)
{
    const char **path = hl_alloc((size_t)(hl_safetensors_count(s) + 1) * sizeof *path);
    int n = list_files(path, s);
    hl_status status = same_names(g, path, n);
    for (int i = 0; status == HL_OK && i < n; i++) status = hl_samefile_check(g, path[i]);
    free(path);
    return status;
}

hl_status hl_samefile_check_weights(const hl_group *g, const char *where)
{
    hl_safetensors *s = NULL;
    hl_status status = hl_group_agree(g, hl_safetensors_open(&s, where));
    if (status == HL_OK) status = same_files(g, s);
    hl_safetensors_close(s);
    return status;
}
