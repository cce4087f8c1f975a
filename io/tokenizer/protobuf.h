/* protobuf.h - read a Protocol Buffers message field by field, trusting nothing.
 *
 *     hl_protobuf m = hl_protobuf_over(bytes, n);
 *     while (hl_protobuf_next(&m))
 *         if (m.field == 1 && m.type == HL_PB_BYTES) use(m.bytes, m.size);
 *     if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: %s", path, m.broken);
 *
 * Nothing is copied: bytes point into the message. */
#ifndef IO_TOKENIZER_PROTOBUF_H
#define IO_TOKENIZER_PROTOBUF_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How a field is written; groups, long out of use, are not read. */
typedef enum { HL_PB_VARINT = 0, HL_PB_FIXED64 = 1, HL_PB_BYTES = 2, HL_PB_FIXED32 = 5 } hl_pb_type;

typedef struct {
    uint32_t field;
    hl_pb_type type;
    uint64_t number;   /* of a varint or fixed field */
    const char *bytes; /* of a byte string or message */
    size_t size;
    const char *broken; /* what is wrong with the message; NULL while nothing is */
    const uint8_t *at, *end;
} hl_protobuf;

hl_protobuf hl_protobuf_over(const void *bytes, size_t n);

/* Step to the next field; false at the end and where the message is broken. */
bool hl_protobuf_next(hl_protobuf *m);

/* The number of the current field, a fixed32, as the float it stands for. */
float hl_protobuf_float(const hl_protobuf *m);

#endif
