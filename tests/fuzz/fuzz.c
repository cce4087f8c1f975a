/* fuzz.c - every reader of files against bytes that libFuzzer makes up.
 *
 * HLLM_FUZZ names a row of the table.  A reader may refuse its input or take it; what sanitizers, a broken promise or a
 * wrong answer stop is a fault.  Readers of files get a file in a folder of this process under TMPDIR. */
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/path.h"
#include "base/printable.h"
#include "app/config/config.h"
#include "app/plan/calibration.h"
#include "app/config/quote.h"
#include "app/train/table.h"
#include "app/config/yaml.h"
#include "io/checkpoint/checkpoint-manifest.h"
#include "io/dataset/columns.h"
#include "io/dataset/csv.h"
#include "io/files/excerpt.h"
#include "io/weights/hf-config.h"
#include "io/files/json.h"
#include "io/record/ledger-read.h"
#include "io/dataset/manifest.h"
#include "io/record/record.h"
#include "io/weights/safetensors.h"
#include "io/dataset/shard.h"
#include "io/checkpoint/steps.h"
#include "io/dataset/timestamp.h"
#include "io/tokenizer/tokenizer.h"
#include "tests/spm.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

typedef void reader(const char *text, size_t n); /* text ends with a 0 behind its n bytes */

static char folder[PATH_MAX];

/* ---- files */

static const char *in_folder(const char *name)
{
    static char path[PATH_MAX];
    hl_path(path, "%s/%s", folder, name);
    return path;
}

static const char *file_of(const char *name, const char *bytes, size_t n)
{
    FILE *f = fopen(in_folder(name), "wb");
    HL_CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return in_folder(name);
}

static void remove_folder(void)
{
    static const char *const names[] = {"x.csv",
                                        "x.json",
                                        "config.json",
                                        "model.safetensors",
                                        "tokenizer.model",
                                        "tokenizer.json",
                                        "tokenizer_config.json",
                                        "special_tokens_map.json",
                                        "added_tokens.json",
                                        "metrics.jsonl",
                                        "ledger.jsonl",
                                        "latest"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) unlink(in_folder(names[i]));
    rmdir(folder);
}

/* ---- tables */

static void read_csv(const char *text, size_t n)
{
    hl_csv *c;
    const hl_csv_field *row = NULL;
    hl_status s = hl_csv_open(&c, file_of("x.csv", text, n), 200);
    if (s == HL_OK) s = hl_csv_next(c, &row);
    for (; s == HL_OK && row; s = hl_csv_next(c, &row))
        for (int i = 0; i < hl_csv_columns(c); i++) HL_CHECK(row[i].n <= 200 && !memchr(row[i].at, 0, row[i].n));
    if (s == HL_OK) HL_CHECK(hl_csv_finish(c) == HL_OK && hl_csv_at(c) == (int64_t)n);
    hl_csv_close(c);
}

static void read_columns(const char *text, size_t n)
{
    hl_csv *c;
    int column[HL_COLUMNS], item;
    if (hl_csv_open(&c, file_of("x.csv", text, n), 0) == HL_OK) {
        if (hl_columns_find(column, c) == HL_OK) {
            hl_columns_tell(column, c);
            for (int i = 0; i < HL_COLUMNS; i++) HL_CHECK(column[i] >= 0 && column[i] < hl_csv_columns(c));
        }
        if (hl_columns_find_item(&item, c) == HL_OK) HL_CHECK(item >= 0 && item < hl_csv_columns(c));
    }
    hl_csv_close(c);
}

static void read_timestamp(const char *text, size_t n)
{
    char again[32];
    int64_t time, second;
    if (hl_timestamp_read(&time, text, n)) return;
    int length = snprintf(again, sizeof again, "%lld", (long long)time);
    HL_CHECK(!hl_timestamp_read(&second, again, (size_t)length) && second == time);
}

/* ---- text for people */

static void print_bytes(const char *text, size_t n)
{
    char shown[HL_EXCERPT], *copy = hl_alloc_text(text);
    hl_excerpt(shown, text, n);
    hl_printable(copy);
    HL_CHECK(strlen(copy) == strlen(text));
    for (const char *c = copy; *c; c++) HL_CHECK((unsigned char)*c >= ' ' && *c != 0x7F);
    hl_printable(shown);
    free(copy);
}

/* ---- the configuration */

/* What was written into a run folder must read back as the same. */
static void write_again(const hl_config *c)
{
    char *text = NULL;
    size_t n = 0;
    hl_config again;
    FILE *out = open_memstream(&text, &n);
    hl_config_write_yaml(c, out);
    fclose(out);
    hl_config_defaults(&again);
    HL_CHECK(hl_config_parse(&again, text, n, "used.yaml") == HL_OK && hl_config_check(&again) == HL_OK);
    char *was = hl_config_text(c), *is = hl_config_text(&again);
    HL_CHECK(strcmp(was, is) == 0);
    free(was);
    free(is);
    hl_config_free(&again);
    free(text);
}

static void read_config(const char *text, size_t n)
{
    hl_config c;
    hl_config_defaults(&c);
    if (hl_config_parse(&c, text, n, "fuzz.yaml") == HL_OK && hl_config_check(&c) == HL_OK) write_again(&c);
    hl_config_free(&c);
}

static hl_status take_quoted(void *self, const hl_yaml_entry *e)
{
    HL_CHECK(e->value.n == 1);
    HL_CHECK(strcmp(e->value.at[0], self) == 0);
    return HL_OK;
}

static void read_quoted(const char *text, size_t n)
{
    char *yaml = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&yaml, &length);
    (void)n;
    fputs("key: ", out), hl_quote(text, out), fputs("  # ", out), hl_quote_line(text, out), fputs("\n", out);
    fclose(out);
    HL_CHECK(hl_yaml_read(yaml, length, "quoted", take_quoted, (void *)(uintptr_t)text) == HL_OK);
    free(yaml);
}

static void read_calibration(const char *text, size_t n)
{
    hl_machine m = {0};
    if (hl_calibration_read(&m, file_of("x.json", text, n), 64) == HL_OK)
        HL_CHECK(m.flops > 0 && m.memory > 0 && isfinite(m.flops));
}

static void read_reference(const char *text, size_t n) { (void)hl_table_check_reference(file_of("x.json", text, n)); }

/* ---- what others have written */

static void read_json(const char *text, size_t n)
{
    json_t *o;
    if (hl_json_read(file_of("x.json", text, n), 1 << 20, &o) == HL_OK) HL_CHECK(json_is_object(o));
    json_decref(o);
}

static void read_hf_config(const char *text, size_t n)
{
    hl_transformer shape = {0};
    file_of("config.json", text, n);
    if (hl_hf_config(folder, &shape) == HL_OK)
        HL_CHECK(shape.hidden_size > 0 && shape.num_hidden_layers > 0 && shape.num_attention_heads > 0);
}

static void read_safetensors(const char *text, size_t n)
{
    hl_safetensors *s;
    float vector[8], *x;
    if (hl_safetensors_open(&s, file_of("model.safetensors", text, n)) == HL_OK)
        for (int i = 0; i < hl_safetensors_count(s); i++) {
            const hl_safetensor *t = hl_safetensors_at(s, i);
            int64_t numbers = 1;
            for (int k = 0; k < t->ndim; k++) numbers *= t->shape[k];
            HL_CHECK(numbers >= 0 && numbers <= (int64_t)n);
            x = hl_alloc((size_t)numbers * sizeof *x);
            (void)hl_safetensor_read(t, x);
            free(x);
        }
    hl_safetensors_close(s);
    (void)hl_safetensors_vector(in_folder("model.safetensors"), 8, vector);
}

static void encode(hl_tokenizer *t)
{
    static const char sample[] = "  A word, <s>[INST] \xC3\xA9\xE2\x96\x81\xF0\x9F\x98\x80</s>\n tail ";
    hl_ids ids = {0};
    if (hl_tokenizer_encode(t, &ids, sample, sizeof sample - 1, 0) == HL_OK)
        for (int i = 0; i < ids.n; i++) HL_CHECK(ids.at[i] >= 0 && ids.at[i] < hl_tokenizer_vocab(t));
    hl_ids_free(&ids);
}

static void read_tokenizer(const char *text, size_t n)
{
    hl_tokenizer *t;
    if (hl_tokenizer_open(&t, file_of("tokenizer.model", text, n)) == HL_OK) encode(t);
    hl_tokenizer_close(t);
}

/* The input is the four files beside a small model, apart by a byte that no JSON has. */
static void read_tokenizer_folder(const char *text, size_t n)
{
    static const char *const names[] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                        "tokenizer.json"};
    static const spm_text pieces[] = {{"\xE2\x96\x81", SPM_NORMAL, -1},
                                      {"a", SPM_NORMAL, -2},
                                      {"w", SPM_NORMAL, -3},
                                      {"or", SPM_NORMAL, -4},
                                      {"[INST]", SPM_USER_DEFINED, 0}};
    const spm_message model = spm_model(pieces, 5);
    hl_tokenizer *t;
    file_of("tokenizer.model", (const char *)model.at, model.n);
    for (int i = 0; i < 4; i++) {
        const char *end = memchr(text, 1, n);
        const size_t length = end ? (size_t)(end - text) : n;
        if (length) file_of(names[i], text, length);
        else unlink(in_folder(names[i]));
        text += end ? length + 1 : length;
        n -= end ? length + 1 : length;
    }
    if (hl_tokenizer_open(&t, folder) == HL_OK) encode(t);
    hl_tokenizer_close(t);
}

/* ---- what hllm has written */

/* The digest is made good, so that what is behind it is reached. */
static void read_checkpoint_manifest(const char *text, size_t n)
{
    hl_checkpoint_manifest v;
    char digest[17], *again;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    if (hl_checkpoint_manifest_parse(&v, text, n, "manifest.json") == HL_OK) HL_CHECK(v.files > 0 && v.block > 0);
    hl_checkpoint_manifest_free(&v);
    if (json_is_object(root)) {
        json_object_del(root, "digest");
        again = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
        hl_digest_text(digest, hl_digest(again, strlen(again)));
        free(again);
        json_object_set_new(root, "digest", json_string(digest));
        again = json_dumps(root, JSON_COMPACT);
        if (hl_checkpoint_manifest_parse(&v, again, strlen(again), "manifest.json") == HL_OK) {
            char *out = hl_checkpoint_manifest_text(&v);
            free(out);
        }
        hl_checkpoint_manifest_free(&v);
        free(again);
    }
    json_decref(root);
}

static void read_manifest(const char *text, size_t n)
{
    hl_manifest m = {0};
    if (hl_manifest_parse(&m, "folder", text, n) == HL_OK) {
        FILE *out = fopen("/dev/null", "w");
        for (int t = 0; t < HL_TABLES; t++) HL_CHECK(m.rows[t] >= 0 && hl_manifest_shards(&m, (hl_table)t) >= 0);
        (void)hl_manifest_digest(&m);
        hl_manifest_print(&m, out);
        hl_manifest_print_json(&m, out);
        fclose(out);
    }
    hl_manifest_free(&m);
}

/* Places as a damaged index could have them, of a shard of 4096 bytes. */
static void read_places(const char *text, size_t n)
{
    static const hl_shard_array arrays[] = {{"a", HL_BYTES}, {"b", HL_INT32}, {"c", HL_INT64}, {"d", HL_UINT64}};
    static const int size[] = {1, 4, 8, 8};
    static int64_t bytes[512];
    const hl_shard s = {(const char *)bytes, sizeof bytes};
    hl_shard_place places[4] = {{0}};
    hl_shard_data data[4];
    memcpy(places, text, n < sizeof places ? n : sizeof places);
    if (hl_shard_use(data, &s, places, "shard", arrays, 4) != HL_OK) return;
    for (int i = 0; i < 4; i++)
        HL_CHECK((const char *)data[i].at >= s.bytes
                 && (const char *)data[i].at + data[i].n * size[i] <= s.bytes + s.size);
}

static void read_record(const char *text, size_t n)
{
    hl_record *r;
    struct stat st;
    const char *path = file_of("metrics.jsonl", text, n);
    hl_status s = hl_record_open(&r, path, 2, "eval");
    hl_record_close(r);
    if (s != HL_OK) return;
    HL_CHECK(stat(path, &st) == 0 && st.st_size <= (off_t)n);
    HL_CHECK(hl_record_open(&r, path, 2, "eval") == HL_OK); /* what is left is a record */
    hl_record_close(r);
}

static void read_ledger(const char *text, size_t n)
{
    hl_ledger_reader *r;
    const hl_ledger_line *line = NULL;
    hl_status s = hl_ledger_reader_open(&r, file_of("ledger.jsonl", text, n));
    do s = s == HL_OK ? hl_ledger_reader_next(&line, r) : s;
    while (s == HL_OK && line);
    hl_ledger_reader_close(r);
}

static void read_latest(const char *text, size_t n)
{
    file_of("latest", text, n);
    HL_CHECK(hl_step_named(folder, "latest") >= -1);
}

/* ---- the table */

static const struct {
    const char *name;
    reader *read;
} readers[] = {
    {"csv", read_csv},
    {"columns", read_columns},
    {"timestamp", read_timestamp},
    {"printable", print_bytes},
    {"config", read_config},
    {"quote", read_quoted},
    {"calibration", read_calibration},
    {"reference", read_reference},
    {"json", read_json},
    {"hf-config", read_hf_config},
    {"safetensors", read_safetensors},
    {"tokenizer", read_tokenizer},
    {"tokenizer-folder", read_tokenizer_folder},
    {"checkpoint-manifest", read_checkpoint_manifest},
    {"manifest", read_manifest},
    {"shard", read_places},
    {"record", read_record},
    {"ledger", read_ledger},
    {"latest", read_latest},
};
enum { READERS = sizeof readers / sizeof readers[0] };

static int chosen = -1;

/* A broken promise is a crash. */
static void crash(int status)
{
    (void)status;
    abort();
}

static void make_folder(void)
{
    const char *where = getenv("TMPDIR");
    hl_path(folder, "%s/hllm-fuzz-XXXXXX", where ? where : "/tmp");
    HL_CHECK(mkdtemp(folder));
    atexit(remove_folder);
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
