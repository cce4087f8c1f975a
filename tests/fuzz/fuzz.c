/* fuzz.c - every reader of files against bytes that libFuzzer makes up: HLLM_FUZZ names a row of the table. */
#include "tests/fuzz/fuzz.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/path.h"
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const struct {
    const char *name;
    fuzz_reader *read;
} readers[] = {
    {"csv", fuzz_csv},
    {"columns", fuzz_columns},
    {"timestamp", fuzz_timestamp},
    {"printable", fuzz_printable},
    {"config", fuzz_config},
    {"quote", fuzz_quote},
    {"calibration", fuzz_calibration},
    {"reference", fuzz_reference},
    {"json", fuzz_json},
    {"hf-config", fuzz_hf_config},
    {"safetensors", fuzz_safetensors},
    {"pytorch", fuzz_pytorch},
    {"pickle", fuzz_pickle},
    {"tokenizer", fuzz_tokenizer},
    {"tokenizer-folder", fuzz_tokenizer_folder},
    {"tokenizer-json", fuzz_tokenizer_json},
    {"tokenizer-pieces", fuzz_tokenizer_pieces},
    {"regex", fuzz_regex},
    {"checkpoint-manifest", fuzz_checkpoint_manifest},
    {"manifest", fuzz_manifest},
    {"shard", fuzz_shard},
    {"record", fuzz_record},
    {"ledger", fuzz_ledger},
    {"latest", fuzz_latest},
    {"study", fuzz_study},
    {"study-record", fuzz_study_record},
    {"study-jobs", fuzz_study_jobs},
    {"study-table", fuzz_study_table},
    {"site", fuzz_site},
    {"unpacked", fuzz_unpacked},
    {"literal", fuzz_literal},
    {"recbole", fuzz_recbole},
    {"movielens", fuzz_movielens},
    {"amazon", fuzz_amazon},
};
enum { READERS = sizeof readers / sizeof readers[0] };

static int chosen = -1;

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

static void remove_folder(void)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) unlink(fuzz_path(e->d_name));
    if (d) closedir(d);
    unlink(fuzz_path("slurm/jobs.json"));
    rmdir(fuzz_path("slurm"));
    rmdir(folder);
}

static void make_folder(void)
{
    const char *where = getenv("TMPDIR");
    hl_path(folder, "%s/hllm-fuzz-XXXXXX", where ? where : "/tmp");
    HL_CHECK(mkdtemp(folder));
    atexit(remove_folder);
}

/* ---- what libFuzzer calls */

/* A broken promise is a crash. */
static void crash(int status)
{
    (void)status;
    abort();
}

/* "list" prints the names. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("HLLM_FUZZ");
    (void)argc;
    (void)argv;
    for (int i = 0; i < READERS; i++) {
        if (name && strcmp(name, "list") == 0) printf("%s\n", readers[i].name);
        if (name && strcmp(name, readers[i].name) == 0) chosen = i;
    }
    if (chosen < 0) exit(name && strcmp(name, "list") == 0 ? 0 : 2);
    hl_log_level(HL_ERROR);
    hl_error_end_job_with(crash);
    make_folder();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    char *text = hl_alloc(n + 1);
    memcpy(text, bytes, n);
    text[n] = 0;
    readers[chosen].read(text, n);
    free(text);
    return 0;
}
