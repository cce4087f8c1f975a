/* protobuf.c - read a Protocol Buffers message field by field. */
#include "io/tokenizer/protobuf.h"
#include <string.h>

hl_protobuf hl_protobuf_over(const void *bytes, size_t n)
{
    return (hl_protobuf){.at = bytes, .end = (const uint8_t *)bytes + n};
}

static bool fail(hl_protobuf *m, const char *why)
{
    m->broken = why;
    return false;
}

/* Seven bits a byte, lowest first; the tenth byte holds the 64th bit alone. */
static bool read_varint(hl_protobuf *m, uint64_t *out)
{
    *out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
        if (m->at == m->end) return fail(m, "it ends within a number; is the file complete?");
        uint8_t byte = *m->at++;
        if (shift == 63 && byte > 1) break;
        *out |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80) return true;
    }
    return fail(m, "a number has more than 64 bits");
}

static bool read_fixed(hl_protobuf *m, int bytes)
{
    if (m->end - m->at < bytes) return fail(m, "it ends within a number; is the file complete?");
    m->number = 0;
    for (int i = 0; i < bytes; i++) m->number |= (uint64_t)*m->at++ << (8 * i);
    return true;
}

static bool read_bytes(hl_protobuf *m)
{
    uint64_t size;
    if (!read_varint(m, &size)) return false;
    if (size > (uint64_t)(m->end - m->at)) return fail(m, "it ends within a field; is the file complete?");
    m->bytes = (const char *)m->at;
    m->size = (size_t)size;
    m->at += size;
    return true;
}

bool hl_protobuf_next(hl_protobuf *m)
{
    uint64_t tag;
    if (m->broken || m->at == m->end || !read_varint(m, &tag)) return false;
    if (tag < 8 || tag >> 32) return fail(m, "a field has an impossible number");
    m->field = (uint32_t)(tag >> 3);
    switch (tag & 7) {
    case HL_PB_VARINT: m->type = HL_PB_VARINT; return read_varint(m, &m->number);
    case HL_PB_FIXED64: m->type = HL_PB_FIXED64; return read_fixed(m, 8);
    case HL_PB_BYTES: m->type = HL_PB_BYTES; return read_bytes(m);
    case HL_PB_FIXED32: m->type = HL_PB_FIXED32; return read_fixed(m, 4);
    default: return fail(m, "a field is of a type that these files do not use");
    }
}

float hl_protobuf_float(const hl_protobuf *m)
{
    uint32_t bits = (uint32_t)m->number;
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}
