/* unpacked-gzip.c - files packed by gzip (RFC 1952), unpacked by zlib. */
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include "io/files/unpacked-codec.h"
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

typedef struct {
    z_stream z;
    bool is_between; /* members */
} unpacker;

static bool begins(const unsigned char *at, size_t n) { return n >= 2 && at[0] == 0x1F && at[1] == 0x8B; }

static void *open_unpacker(void)
{
    enum { WINDOW = 15, GZIP_ALONE = 16 };
    unpacker *u = hl_alloc_zero(1, sizeof *u);
    u->is_between = true;
    HL_CHECK(inflateInit2(&u->z, WINDOW + GZIP_ALONE) == Z_OK);
    return u;
}

static void close_unpacker(void *self)
{
    unpacker *u = self;
    if (u) inflateEnd(&u->z);
    free(u);
}

/* Zeros behind the last member fill up a tape's block. */
static void skip_zeros(hl_codec_step *step)
{
    for (; step->n && *step->in == 0; step->n--) step->in++;
}

static const char *inflate_some(unpacker *u, hl_codec_step *step)
{
    const uInt n = (uInt)hl_min(step->n, (size_t)INT_MAX), room = (uInt)hl_min(step->room, (size_t)INT_MAX);
    u->z.next_in = (Bytef *)(size_t)step->in;
    u->z.avail_in = n;
    u->z.next_out = (Bytef *)step->out;
    u->z.avail_out = room;
    const int got = inflate(&u->z, Z_NO_FLUSH);
    step->in += n - u->z.avail_in, step->n -= n - u->z.avail_in;
    step->out += room - u->z.avail_out, step->room -= room - u->z.avail_out;
    u->is_between = got == Z_STREAM_END;
    if (u->is_between) inflateReset(&u->z);
    if (got == Z_OK || got == Z_STREAM_END || got == Z_BUF_ERROR) return NULL;
    return u->z.msg ? u->z.msg : "it needs a dictionary";
}

static const char *unpack(void *self, hl_codec_step *step, bool *is_whole)
{
    unpacker *u = self;
    const char *wrong = NULL;
    if (u->is_between) skip_zeros(step);
    if (!u->is_between || step->n) wrong = inflate_some(u, step);
    *is_whole = u->is_between;
    return wrong;
}

const hl_codec hl_codec_gzip = {"gzip", begins, open_unpacker, unpack, close_unpacker};
