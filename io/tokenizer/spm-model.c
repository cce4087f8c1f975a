/* spm-model.c - a SentencePiece model file: its pieces and settings. */
#include "io/tokenizer/spm-model.h"
#include "base/array.h"
#include "io/files/utf8.h"
#include "io/tokenizer/protobuf.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PIECE = 1024 };

/* What one SentencePiece message of the file says. */
typedef struct {
    const char *text;
    size_t n;
    float score;
    uint64_t type;
} piece;

static hl_status read_piece(piece *p, const char *path, int id, const char *bytes, size_t n)
{
    *p = (piece){.text = "", .type = HL_SPM_NORMAL};
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m)) {
        if (m.field == 1 && m.type == HL_PB_BYTES) p->text = m.bytes, p->n = m.size;
        if (m.field == 2 && m.type == HL_PB_FIXED32) p->score = hl_protobuf_float(&m);
        if (m.field == 3 && m.type == HL_PB_VARINT) p->type = m.number;
    }
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: piece %d: %s", path, id, m.broken);
    if (p->n == 0 || p->n > MOST_PIECE)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d is %zu bytes long; 1 to %d are possible", path, id, p->n, MOST_PIECE);
    if (memchr(p->text, 0, p->n)) return HL_FAIL(HL_EFORMAT, "%s: piece %d holds a NUL", path, id);
    if (hl_utf8_valid(p->text, p->n) < p->n) return HL_FAIL(HL_EFORMAT, "%s: piece %d is not UTF-8", path, id);
    if (!isfinite(p->score)) return HL_FAIL(HL_EFORMAT, "%s: the score of piece %d is not a number", path, id);
    if (p->type < HL_SPM_NORMAL || p->type > HL_SPM_BYTE)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d has the unknown type %llu", path, id, (unsigned long long)p->type);
    return HL_OK;
}

static hl_status add_piece(hl_spm_model *s, const char *path, const char *bytes, size_t n)
{
    piece p;
    int id = s->pieces.n;
    HL_TRY(read_piece(&p, path, id, bytes, n));
    if (hl_vocab_add(&s->pieces, p.text, p.n) < 0)
        return HL_FAIL(HL_EFORMAT, "%s: piece %d, \"%.*s\", is there twice", path, id, (int)p.n, p.text);
    HL_RESERVE(s->score, s->score_room, s->pieces.n);
    HL_RESERVE(s->type, s->type_room, s->pieces.n);
    s->score[id] = p.score;
    s->type[id] = (uint8_t)p.type;
    return HL_OK;
}

static hl_status read_trainer(hl_spm_model *s, const char *path, const char *bytes, size_t n)
{
    s->has_trainer = true;
    s->kind = HL_SPM_UNIGRAM; /* what the format means where the field is left out */
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m))
        if (m.type != HL_PB_VARINT) continue;
        else if (m.field == 3) s->kind = m.number > HL_SPM_CHAR ? 0 : (int)m.number;
        else if (m.field == 40) s->unk_id = m.number > INT32_MAX ? -1 : (int)m.number;
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: its trainer settings: %s", path, m.broken);
    return HL_OK;
}

static hl_status read_normalizer(hl_spm_model *s, const char *path, const char *bytes, size_t n)
{
    s->has_normalizer = s->dummy_prefix = s->removes_blanks = s->escapes_blanks = true;
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m)) {
        if (m.field == 2 && m.type == HL_PB_BYTES) s->charsmap = m.bytes, s->charsmap_n = m.size;
        if (m.field == 3 && m.type == HL_PB_VARINT) s->dummy_prefix = m.number != 0;
        if (m.field == 4 && m.type == HL_PB_VARINT) s->removes_blanks = m.number != 0;
        if (m.field == 5 && m.type == HL_PB_VARINT) s->escapes_blanks = m.number != 0;
    }
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: its normalizer: %s", path, m.broken);
    return HL_OK;
}

static hl_status read_model(hl_spm_model *s, const char *path, const char *bytes, size_t n)
{
    hl_protobuf m = hl_protobuf_over(bytes, n);
    while (hl_protobuf_next(&m)) {
        if (m.type != HL_PB_BYTES) continue;
        if (m.field == 1) HL_TRY(add_piece(s, path, m.bytes, m.size));
        if (m.field == 2) HL_TRY(read_trainer(s, path, m.bytes, m.size));
        if (m.field == 3) HL_TRY(read_normalizer(s, path, m.bytes, m.size));
    }
    if (m.broken) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: %s", path, m.broken);
    return HL_OK;
}

static hl_status check_model(const hl_spm_model *s, const char *path)
{
    static const char *const names[] = {"unknown", "unigram", "BPE", "word", "character"};
    if (s->pieces.n == 0) return HL_FAIL(HL_EFORMAT, "%s: not a SentencePiece model: it has no pieces", path);
    if (!s->has_trainer || !s->has_normalizer)
        return HL_FAIL(HL_EFORMAT, "%s: a SentencePiece model without its settings; is the file complete?", path);
    if (s->kind != HL_SPM_BPE && s->kind != HL_SPM_UNIGRAM)
        return HL_FAIL(HL_EFORMAT,
                       "%s: a SentencePiece model of the %s type; only BPE and unigram models are supported", path,
                       names[s->kind]);
    return HL_OK;
}

static hl_status find_byte_pieces(hl_spm_model *s, const char *path)
{
    int found = 0;
    for (unsigned b = 0; b < 256; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", b);
        found += hl_vocab_find(&s->pieces, name, 6) >= 0;
    }
    if (found > 0 && found < 256)
        return HL_FAIL(HL_EFORMAT, "%s: has %d of the 256 byte pieces; all or none are possible", path, found);
    s->has_bytes = found > 0;
    return HL_OK;
}

hl_status hl_spm_model_read(hl_spm_model *m, const char *path, const char *bytes, size_t n)
{
    HL_TRY(read_model(m, path, bytes, n));
    HL_TRY(check_model(m, path));
    if (m->unk_id < 0 || m->unk_id >= m->pieces.n)
        return HL_FAIL(HL_EFORMAT, "%s: its unk_id is %d, and it has %d pieces", path, m->unk_id, m->pieces.n);
    return find_byte_pieces(m, path);
}

void hl_spm_model_free(hl_spm_model *m)
{
    hl_vocab_free(&m->pieces);
    free(m->score);
    free(m->type);
    *m = (hl_spm_model){0};
}
