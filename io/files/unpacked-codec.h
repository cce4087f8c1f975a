/* unpacked-codec.h - how packed bytes are unpacked: what a codec is to io/files/unpacked.c. */
#ifndef IO_FILES_UNPACKED_CODEC_H
#define IO_FILES_UNPACKED_CODEC_H
#include <stdbool.h>
#include <stddef.h>

/* What is still packed, and where the rest goes; a step moves both on. */
typedef struct {
    const char *in;
    size_t n;
    char *out;
    size_t room;
} hl_codec_step;

typedef struct {
    const char *name;
    /* Does a file with these first bytes belong to the codec? */
    bool (*begins)(const unsigned char *at, size_t n);
    void *(*open)(void);
    /* Unpack some.  *is_whole: a member has ended, and no other has begun.  NULL, or what is wrong. */
    const char *(*unpack)(void *self, hl_codec_step *step, bool *is_whole);
    void (*close)(void *self);
} hl_codec;

extern const hl_codec hl_codec_gzip, hl_codec_zstd;

#endif
