/* fuzz.h - readers of files, each against bytes that libFuzzer makes up.
 *
 * A reader may refuse its input or take it; what sanitizers, a broken promise (HL_CHECK) or a wrong answer stop is a
 * fault.  To add one: a function here and a row in fuzz.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H
#include "base/error.h"
#include <stddef.h>

typedef void fuzz_reader(const char *text, size_t n); /* text ends with a 0 behind its n bytes */

fuzz_reader fuzz_csv, fuzz_columns, fuzz_timestamp, fuzz_printable, fuzz_config, fuzz_quote, fuzz_calibration,
    fuzz_reference, fuzz_json, fuzz_hf_config, fuzz_safetensors, fuzz_pytorch, fuzz_pickle, fuzz_tokenizer,
    fuzz_tokenizer_folder, fuzz_tokenizer_json, fuzz_tokenizer_pieces, fuzz_regex, fuzz_checkpoint_manifest,
    fuzz_manifest, fuzz_shard, fuzz_record, fuzz_ledger, fuzz_latest, fuzz_study, fuzz_study_record, fuzz_study_jobs,
    fuzz_study_table, fuzz_site, fuzz_unpacked, fuzz_literal, fuzz_recbole, fuzz_movielens, fuzz_amazon;

/* A folder of this process under TMPDIR, which is gone at its end. */
const char *fuzz_folder(void);

/* The path of a file in it, until the next call. */
const char *fuzz_path(const char *name);

/* The same of one that has these bytes. */
const char *fuzz_file(const char *name, const char *bytes, size_t n);

#endif
