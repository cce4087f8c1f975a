/* unpacked.c - the bytes of a file from front to back, unpacked where it is packed. */
#include "io/files/unpacked.h"
#include "base/acts.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/fault.h"
#include "base/minmax.h"
#include "io/files/reads.h"
#include "io/files/regular.h"
#include "io/files/unpacked-codec.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 1 << 18, BLOCKS_WORTH_PARTS = 8 };

static const hl_codec *const codecs[] = {&hl_codec_gzip, &hl_codec_zstd};
enum { CODECS = sizeof codecs / sizeof codecs[0] };

struct hl_unpacked {
    char *path;
    int fd;
    struct stat st;        /* when it was opened */
    int64_t taken;         /* bytes that were read */
    const hl_codec *codec; /* NULL: not packed */
    void *unpacker;
    char *block;
    size_t at, n;  /* bytes [at, n) of the block are not yet unpacked */
    bool is_over;  /* the file has no more */
    bool is_whole; /* no member has begun that has not ended */
    /* Of a packed file. */
    int64_t given;   /* bytes that were unpacked */
    int64_t *behind; /* (blocks) how many they were when so many blocks were used up */
    size_t blocks, room;
    bool is_drained; /* what is used up is given, too */
};

static hl_status check_unchanged(const hl_unpacked *s)
{
    struct stat st;
    const bool is = fstat(s->fd, &st) == 0 && st.st_size == s->st.st_size && s->taken == st.st_size
                    && st.st_mtim.tv_sec == s->st.st_mtim.tv_sec && st.st_mtim.tv_nsec == s->st.st_mtim.tv_nsec;
    if (is) return HL_OK;
    return HL_FAIL(HL_EFORMAT, "%s: changed while it was read; start again when it is complete", s->path);
}

/* One call of the system; a wished-for fault makes it fail, or read about half. */
static ssize_t read_once(const hl_unpacked *s, char *out, size_t n)
{
    const int fault = hl_fault_errno("unpacked-read", HL_FAULT_ME);
    if (fault <= 0) return read(s->fd, out, fault ? n - n / 2 : n);
    errno = fault;
    return -1;
}

/* As many of the next `room` bytes as the file has. */
static hl_status take(hl_unpacked *s, char *out, size_t room, size_t *n)
{
    for (*n = 0; *n < room;) {
        const ssize_t got = read_once(s, out + *n, room - *n);
        if (got == 0) break;
        if (got > 0) *n += (size_t)got;
        else if (errno != EINTR)
            return HL_FAIL(HL_ESTORE, "%s: reading fails: %s; look after the disk", s->path, strerror(errno));
    }
    s->is_over = *n < room;
    s->taken += (int64_t)*n;
    hl_reads_took(*n);
    hl_act_tick();
    return s->is_over ? check_unchanged(s) : HL_OK;
}

static hl_status fill(hl_unpacked *s)
{
    s->at = 0;
    return take(s, s->block, BLOCK, &s->n);
}

static void choose_codec(hl_unpacked *s)
{
    for (int i = 0; i < CODECS && !s->codec; i++)
        if (codecs[i]->begins((const unsigned char *)s->block, s->n)) s->codec = codecs[i];
    if (s->codec) s->unpacker = s->codec->open();
}

hl_status hl_unpacked_open(hl_unpacked **out, const char *path)
{
    hl_unpacked *s = *out = hl_alloc_zero(1, sizeof *s);
    s->path = hl_alloc_text(path);
    s->block = hl_alloc(BLOCK);
    HL_TRY(hl_regular_open(&s->fd, &s->st, path, HL_EFORMAT, "give the path of a file that is there"));
    posix_fadvise(s->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    HL_TRY(fill(s));
    choose_codec(s);
    return HL_OK;
}

void hl_unpacked_close(hl_unpacked *s)
{
    if (!s) return;
    if (s->codec) s->codec->close(s->unpacker);
    if (s->fd > 0) close(s->fd);
    free(s->behind);
    free(s->block);
    free(s->path);
    free(s);
}

/* What is left of the block, then the file itself. */
static hl_status read_plain(hl_unpacked *s, char *out, size_t room, size_t *n)
{
    size_t more = 0;
    *n = hl_min(s->n - s->at, room);
    memcpy(out, s->block + s->at, *n);
    s->at += *n;
    if (*n < room && !s->is_over) HL_TRY(take(s, out + *n, room - *n, &more));
    *n += more;
    return HL_OK;
}

static hl_status cut_off(const hl_unpacked *s)
{
    return HL_FAIL(HL_EFORMAT, "%s: is packed by %s and cut off after %lld bytes; fetch it again", s->path,
                   s->codec->name, (long long)s->taken);
}

static hl_status damaged(const hl_unpacked *s, const char *wrong)
{
    return HL_FAIL(HL_EFORMAT, "%s: is packed by %s and damaged before byte %lld (%.100s); fetch it again", s->path,
                   s->codec->name, (long long)(s->taken - (int64_t)(s->n - s->at)), wrong);
}

/* The block is used up, and all that came of it is given. */
static hl_status fill_again(hl_unpacked *s)
{
    HL_RESERVE(s->behind, s->room, s->blocks + 1);
    s->behind[s->blocks++] = s->given;
    return s->is_over ? HL_OK : fill(s);
}

/* *moves: has anything been used up, given or read? */
static hl_status unpack_some(hl_unpacked *s, hl_codec_step *step, bool *moves)
{
    const bool fills = s->at == s->n && !s->is_over && s->is_drained;
    if (fills) HL_TRY(fill_again(s));
    const size_t had = s->n - s->at, had_room = step->room;
    step->in = s->block + s->at, step->n = had;
    const char *wrong = s->codec->unpack(s->unpacker, step, &s->is_whole);
    s->at = s->n - step->n;
    s->given += (int64_t)(had_room - step->room);
    s->is_drained = step->room > 0;
    *moves = fills || step->n < had || step->room < had_room || !s->is_over;
    return wrong ? damaged(s, wrong) : HL_OK;
}

static hl_status read_packed(hl_unpacked *s, char *out, size_t room, size_t *n)
{
    hl_codec_step step = {.out = out, .room = room};
    for (bool moves = true; step.room > 0 && moves;) HL_TRY(unpack_some(s, &step, &moves));
    *n = room - step.room;
    return *n < room && !s->is_whole ? cut_off(s) : HL_OK;
}

hl_status hl_unpacked_read(hl_unpacked *s, char *out, size_t room, size_t *n)
{
    return s->codec ? read_packed(s, out, room, n) : read_plain(s, out, room, n);
}

hl_status hl_unpacked_seek(hl_unpacked *s, int64_t at)
{
    HL_CHECK(!s->codec);
    if (lseek(s->fd, at, SEEK_SET) != at)
        return HL_FAIL(HL_ESTORE, "%s: reading at byte %lld fails: %s; look after the disk", s->path, (long long)at,
                       strerror(errno));
    s->at = s->n = 0;
    s->is_over = false;
    s->taken = at;
    return HL_OK;
}

int64_t hl_unpacked_behind(const hl_unpacked *s, int64_t packed)
{
    const int64_t blocks = (packed + BLOCK - 1) / BLOCK;
    if (blocks == 0) return 0;
    return blocks <= (int64_t)s->blocks ? s->behind[blocks - 1] : -1;
}

bool hl_unpacked_can_part(const hl_unpacked *s) { return !s->codec || s->st.st_size > BLOCKS_WORTH_PARTS * BLOCK; }

const char *hl_unpacked_codec(const hl_unpacked *s) { return s->codec ? s->codec->name : NULL; }

int64_t hl_unpacked_size(const hl_unpacked *s) { return s->st.st_size; }

double hl_unpacked_share(const hl_unpacked *s)
{
    return s->st.st_size > 0 ? (double)s->taken / (double)s->st.st_size : 1;
}
