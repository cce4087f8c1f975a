/* spm.c - small SentencePiece models, made field by field. */
#include "tests/spm.h"
#include "base/error.h"
#include <stdio.h>
#include <string.h>

void spm_put(spm_message *m, const void *bytes, size_t n)
{
    HL_CHECK(m->n + n <= sizeof m->at);
    memcpy(m->at + m->n, bytes, n);
    m->n += n;
}

static void spm_varint(spm_message *m, size_t x)
{
    for (; x > 127; x >>= 7) spm_put(m, &(unsigned char){(unsigned char)(x | 128)}, 1);
    spm_put(m, &(unsigned char){(unsigned char)x}, 1);
}

static void spm_bytes(spm_message *m, unsigned field, const void *bytes, size_t n)
{
    spm_varint(m, field << 3 | 2);
    spm_varint(m, n);
    spm_put(m, bytes, n);
}

static void spm_number(spm_message *m, unsigned field, size_t x)
{
    spm_varint(m, field << 3);
    spm_varint(m, x);
}

void spm_piece(spm_message *m, const char *text, int type, float score)
{
    spm_message p = {.n = 0};
    spm_bytes(&p, 1, text, strlen(text));
    spm_varint(&p, 2 << 3 | 5);
    spm_put(&p, &score, sizeof score);
    spm_number(&p, 3, (size_t)type);
    spm_bytes(m, 1, p.at, p.n);
}

void spm_settings(spm_message *m, size_t model_type)
{
    spm_message trainer = {.n = 0}, normalizer = {.n = 0};
    spm_number(&trainer, 3, model_type);
    spm_bytes(m, 2, trainer.at, trainer.n);
    spm_bytes(&normalizer, 1, "identity", 8);
    spm_bytes(m, 3, normalizer.at, normalizer.n);
}

void spm_first_pieces(spm_message *m)
{
    spm_piece(m, "<unk>", SPM_UNKNOWN, 0);
    spm_piece(m, "<s>", SPM_CONTROL, 0);
    spm_piece(m, "</s>", SPM_CONTROL, 0);
}

void spm_byte_pieces(spm_message *m)
{
    for (unsigned b = 0; b < 256; b++) {
        char name[8];
        snprintf(name, sizeof name, "<0x%02X>", b);
        spm_piece(m, name, SPM_BYTE, 0);
    }
}

/* <unk> 0, <s> 1, </s> 2, these pieces from 3. */
spm_message spm_model(const spm_text *pieces, int n)
{
    spm_message m = {.n = 0};
    spm_first_pieces(&m);
    for (int i = 0; i < n; i++) spm_piece(&m, pieces[i].text, pieces[i].type, pieces[i].score);
    spm_settings(&m, SPM_BPE);
    return m;
}
