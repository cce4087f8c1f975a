/* readers.c - every reader of files: how it refuses what it cannot read, and the folder that it reads in. */
#include "tests/fuzz/fuzz.h"
#include "base/log.h"
#include "base/path.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define USAGE     \
    {             \
        HL_EUSAGE \
    }
#define FORMAT     \
    {              \
        HL_EFORMAT \
    }
#define STORE     \
    {             \
        HL_ESTORE \
    }
#define NEVER \
    {         \
        HL_OK \
    }

const fuzz_row fuzz_rows[] = {
    {"csv", fuzz_csv, FORMAT},
    {"columns", fuzz_columns, FORMAT},
    {"timestamp", fuzz_timestamp, NEVER},
    {"printable", fuzz_printable, NEVER},
    {"config", fuzz_config, USAGE},
    {"quote", fuzz_quote, NEVER},
    {"calibration", fuzz_calibration, FORMAT},
    {"reference", fuzz_reference, FORMAT},
    {"state", fuzz_state, FORMAT},
    {"json", fuzz_json, FORMAT},
    {"hf-config", fuzz_hf_config, FORMAT},
    {"safetensors", fuzz_safetensors, FORMAT},
    {"safetensors-index", fuzz_safetensors_index, FORMAT},
    {"pytorch", fuzz_pytorch, FORMAT},
    {"zip", fuzz_zip, FORMAT},
    {"pickle", fuzz_pickle, FORMAT},
    {"tokenizer", fuzz_tokenizer, FORMAT},
    {"tokenizer-folder", fuzz_tokenizer_folder, FORMAT},
    {"tokenizer-json", fuzz_tokenizer_json, FORMAT},
    {"tokenizer-pieces", fuzz_tokenizer_pieces, FORMAT},
    {"tokenizer-merges", fuzz_tokenizer_merges, FORMAT},
    {"regex", fuzz_regex, FORMAT},
    {"checkpoint-manifest", fuzz_checkpoint_manifest, {HL_ESTORE, HL_EFORMAT}},
    {"manifest", fuzz_manifest, FORMAT},
    {"shard", fuzz_shard, FORMAT},
    {"record", fuzz_record, FORMAT},
    {"ledger", fuzz_ledger, FORMAT},
    {"latest", fuzz_latest, NEVER},
    {"study", fuzz_study, USAGE},
    {"study-record", fuzz_study_record, FORMAT},
    {"study-jobs", fuzz_study_jobs, FORMAT},
    {"study-table", fuzz_study_table, FORMAT},
    {"site", fuzz_site, USAGE},
    {"unpacked", fuzz_unpacked, FORMAT},
    {"literal", fuzz_literal, NEVER},
    {"json-skim", fuzz_json_skim, NEVER},
    {"recbole", fuzz_recbole, FORMAT},
    {"movielens", fuzz_movielens, FORMAT},
    {"pixelrec", fuzz_pixelrec, FORMAT},
    {"tsv", fuzz_tsv, FORMAT},
    {"jsonl", fuzz_jsonl, FORMAT},
    {"amazon-2014", fuzz_amazon_2014, FORMAT},
    {"amazon-2023", fuzz_amazon_2023, FORMAT},
    {"vectors-safetensors", fuzz_vectors_safetensors, FORMAT},
    {"vectors-npy", fuzz_vectors_npy, FORMAT},
    {"vectors-rows", fuzz_vectors_rows, FORMAT},
    {"target-ranks", fuzz_target_ranks, {HL_EFORMAT, HL_ESTORE}},
};
const int fuzz_rows_n = sizeof fuzz_rows / sizeof fuzz_rows[0];

static bool is_allowed(const fuzz_row *row, hl_status s)
{
    for (int i = 0; i < 3 && row->refuses[i] != HL_OK; i++)
        if (row->refuses[i] == s) return true;
    return false;
}

bool fuzz_try(const fuzz_row *row, const char *text, size_t n, hl_status *s)
{
    static const char none[] = "no sentence";
    (void)HL_FAIL(HL_EFAIL, none);
    *s = row->read(text, n);
    return *s == HL_OK || (is_allowed(row, *s) && strcmp(hl_error_text(), none) != 0);
}

/* ---- files */

static char folder[PATH_MAX];

const char *fuzz_folder(void) { return folder; }

const char *fuzz_path(const char *name)
{
    static char path[PATH_MAX];
    hl_path(path, "%s/%s", folder, name);
    return path;
}

const char *fuzz_file(const char *name, const char *bytes, size_t n)
{
    FILE *f = fopen(fuzz_path(name), "wb");
    HL_CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return fuzz_path(name);
}

void fuzz_clear(void)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) unlink(fuzz_path(e->d_name));
    if (d) closedir(d);
    unlink(fuzz_path("slurm/jobs.json"));
    rmdir(fuzz_path("slurm"));
}

static void remove_folder(void)
{
    fuzz_clear();
    rmdir(folder);
}

static void make_folder(void)
{
    const char *where = getenv("TMPDIR");
    hl_path(folder, "%s/hllm-fuzz-XXXXXX", where ? where : "/tmp");
    HL_CHECK(mkdtemp(folder));
    atexit(remove_folder);
}

/* A broken promise is a crash. */
static void crash(int status)
{
    (void)status;
    abort();
}

void fuzz_begin(void)
{
    hl_log_level(HL_ERROR);
    hl_error_end_job_with(crash);
    make_folder();
}
