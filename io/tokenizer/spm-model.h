/* spm-model.h - a SentencePiece model file: its pieces and settings.
 *
 * Kudo, Richardson: SentencePiece: A simple and language independent subword tokenizer, EMNLP 2018. */
#ifndef IO_TOKENIZER_SPM_MODEL_H
#define IO_TOKENIZER_SPM_MODEL_H
#include "base/error.h"
#include "io/tokenizer/vocab.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { HL_SPM_NORMAL = 1, HL_SPM_UNKNOWN, HL_SPM_CONTROL, HL_SPM_USER_DEFINED, HL_SPM_UNUSED, HL_SPM_BYTE };
enum { HL_SPM_UNIGRAM = 1, HL_SPM_BPE, HL_SPM_WORD, HL_SPM_CHAR };

/* Start from {0}; release with hl_spm_model_free. */
typedef struct {
    hl_vocab pieces; /* texts lie in the file; none holds a NUL */
    float *score;
    uint8_t *type; /* HL_SPM_NORMAL, ... */
    size_t score_room, type_room;
    int kind; /* HL_SPM_UNIGRAM, ... */
    int unk_id;
    const char *charsmap; /* the map of characters (io/tokenizer/normal-charsmap.c) */
    size_t charsmap_n;
    bool dummy_prefix, removes_blanks, escapes_blanks;
    bool has_trainer, has_normalizer, has_bytes;
} hl_spm_model;

/* Read the file's n bytes, which stay as long as the model. */
hl_status hl_spm_model_read(hl_spm_model *m, const char *path, const char *bytes, size_t n);
void hl_spm_model_free(hl_spm_model *m);

#endif
