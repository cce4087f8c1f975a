/* spm.h - small SentencePiece models, made field by field. */
#ifndef TESTS_SPM_H
#define TESTS_SPM_H
#include <stddef.h>

enum {
    SPM_NORMAL = 1,
    SPM_UNKNOWN = 2,
    SPM_CONTROL = 3,
    SPM_USER_DEFINED = 4,
    SPM_UNUSED = 5,
    SPM_BYTE = 6,
    SPM_UNIGRAM = 1,
    SPM_BPE = 2
};

typedef struct {
    const char *text;
    int type;
    float score;
} spm_text;

/* Starts from {.n = 0}. */
typedef struct {
    unsigned char at[16384];
    size_t n;
} spm_message;

void spm_put(spm_message *m, const void *bytes, size_t n);
void spm_piece(spm_message *m, const char *text, int type, float score);
void spm_settings(spm_message *m, size_t model_type);
void spm_first_pieces(spm_message *m);
void spm_byte_pieces(spm_message *m);

/* <unk> 0, <s> 1, </s> 2, these pieces from 3. */
spm_message spm_model(const spm_text *pieces, int n);

#endif
