/* fuzz.h - readers of files, each against bytes that no good program has written.
 *
 * A reader may refuse its input, with a status that its row allows and a sentence, or take it; what sanitizers, a
 * broken promise (HL_CHECK) or a wrong answer stop is a fault.  libFuzzer makes inputs up (fuzz.c); the check changes
 * good ones (malformed.c).  To add a reader: a function here and a row in readers.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
#include "base/error.h"
#include <stdbool.h>
#include <stddef.h>

typedef hl_status fuzz_reader(const char *text, size_t n); /* text ends with a 0 behind its n bytes */

fuzz_reader fuzz_csv, fuzz_columns, fuzz_timestamp, fuzz_printable, fuzz_config, fuzz_quote, fuzz_calibration,
    fuzz_reference, fuzz_state, fuzz_json, fuzz_hf_config, fuzz_safetensors, fuzz_safetensors_index, fuzz_pytorch,
    fuzz_zip, fuzz_pickle, fuzz_tokenizer, fuzz_tokenizer_folder, fuzz_tokenizer_json, fuzz_tokenizer_pieces,
    fuzz_tokenizer_merges, fuzz_regex, fuzz_checkpoint_manifest, fuzz_manifest, fuzz_shard, fuzz_record, fuzz_ledger,
    fuzz_latest, fuzz_study, fuzz_study_record, fuzz_study_jobs, fuzz_study_table, fuzz_site, fuzz_unpacked,
    fuzz_literal, fuzz_json_skim, fuzz_recbole, fuzz_movielens, fuzz_pixelrec, fuzz_tsv, fuzz_jsonl, fuzz_amazon_2014,
    fuzz_amazon_2023, fuzz_vectors_safetensors, fuzz_vectors_npy, fuzz_vectors_rows, fuzz_target_ranks;

typedef struct {
    const char *name;
    fuzz_reader *read;
    hl_status refuses[3]; /* statuses of a refusal; HL_OK behind the last */
} fuzz_row;

extern const fuzz_row fuzz_rows[];
extern const int fuzz_rows_n;

/* Let the reader of a row read.  Has it taken its input, or refused it with a status of the row and a sentence? */
bool fuzz_try(const fuzz_row *row, const char *text, size_t n, hl_status *s);

/* What both programs begin with: no lines of the log, a crash where a promise is broken, a folder. */
void fuzz_begin(void);

/* A folder of this process under TMPDIR, which is gone at its end. */
const char *fuzz_folder(void);

/* Remove all files in it. */
void fuzz_clear(void);

/* The path of a file in it, until the next call. */
const char *fuzz_path(const char *name);

/* The same of one that has these bytes. */
const char *fuzz_file(const char *name, const char *bytes, size_t n);

#endif
