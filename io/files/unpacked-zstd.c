/* unpacked-zstd.c - files packed by zstd (RFC 8878), unpacked by libzstd. */
#include "base/arena.h"
#include "base/error.h"
#include "base/minmax.h"
#include "io/files/unpacked-codec.h"
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { LONGEST_HEADER = 18 };

typedef struct {
    ZSTD_DStream *z;
    bool is_between; /* frames */
    /* Of the frame: */
    unsigned char head[LONGEST_HEADER]; /* (head_n) its first bytes */
    size_t head_n;
    unsigned long long given; /* bytes that came of it */
} unpacker;

/* A frame, or one that is to be skipped, as pzstd begins with. */
static bool begins(const unsigned char *at, size_t n)
{
    if (n < 4) return false;
    return memcmp(at, "\x28\xB5\x2F\xFD", 4) == 0 || ((at[0] & 0xF0) == 0x50 && memcmp(at + 1, "\x2A\x4D\x18", 3) == 0);
}

static void *open_unpacker(void)
{
    unpacker *u = hl_alloc_zero(1, sizeof *u);
    u->is_between = true;
    u->z = ZSTD_createDStream();
    HL_CHECK(u->z != NULL);
    return u;
}

static void close_unpacker(void *self)
{
    unpacker *u = self;
    if (u) ZSTD_freeDStream(u->z);
    free(u);
}

static void note(unpacker *u, const char *in, size_t n, size_t given)
{
    if (u->is_between) u->head_n = 0, u->given = 0;
    const size_t more = hl_min(n, LONGEST_HEADER - u->head_n);
    memcpy(u->head + u->head_n, in, more);
    u->head_n += more;
    u->given += given;
}

/* libzstd does not look where the last block of a frame is empty. */
static const char *check_length(const unpacker *u)
{
    const unsigned long long said = ZSTD_getFrameContentSize(u->head, u->head_n);
    const bool is_known = said != ZSTD_CONTENTSIZE_UNKNOWN && said != ZSTD_CONTENTSIZE_ERROR;
    return is_known && said != u->given ? "a frame is not as long as it says" : NULL;
}

static const char *unpack(void *self, hl_codec_step *step, bool *is_whole)
{
    unpacker *u = self;
    *is_whole = u->is_between;
    if (u->is_between && !step->n) return NULL; /* another call would begin a frame */
    ZSTD_inBuffer in = {step->in, step->n, 0};
    ZSTD_outBuffer out = {step->out, step->room, 0};
    const size_t got = ZSTD_decompressStream(u->z, &out, &in);
    note(u, step->in, in.pos, out.pos);
    step->in += in.pos, step->n -= in.pos;
    step->out += out.pos, step->room -= out.pos;
    *is_whole = u->is_between = got == 0;
    if (ZSTD_isError(got)) return ZSTD_getErrorName(got);
    return u->is_between ? check_length(u) : NULL;
}

const hl_codec hl_codec_zstd = {"zstd", begins, open_unpacker, unpack, close_unpacker};
