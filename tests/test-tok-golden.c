/* test-tok-golden.c - real tokenizers give the ids of Hugging Face's fast ones, on all texts and odd strings.
 *
 * Tokenizers, texts and ids are not ours and lie beside the checkout; files of tokenizers are packed with xz. */
#include "tests/check.h"
#include "tests/stored-ids.h"
#include "base/alloc.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/tokenizer/tokenizer.h"
#include <dirent.h>
#include <hdf5.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* --- stored ids ------------------------------------------------------------------------------ */

/* Strings of one length, each with a 0 behind it. */
static char *read_strings(hid_t file, const char *name, size_t *size, int *n)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), stored = H5Dget_type(set), type = H5Tcopy(H5T_C_S1);
    *size = H5Tget_size(stored) + 1;
    H5Tset_size(type, *size);
    char *x = stored_vector(file, name, type, *size, n);
    H5Tclose(type);
    H5Tclose(stored);
    H5Dclose(set);
    return x;
}

/* Row i is values[offsets[i]] up to values[offsets[i + 1]]. */
typedef struct {
    int64_t *offsets;
    int n;
} offsets;

static offsets read_offsets(hid_t file, const char *name)
{
    offsets o;
    o.offsets = stored_vector(file, name, H5T_NATIVE_INT64, sizeof *o.offsets, &o.n);
    o.n--;
    return o;
}

static uint32_t crc32_of(const void *bytes, size_t n)
{
    uint32_t c = 0xFFFFFFFF;
    for (size_t i = 0; i < n; i++) {
        c ^= ((const unsigned char *)bytes)[i];
        for (int k = 0; k < 8; k++) c = c >> 1 ^ (c & 1 ? 0xEDB88320 : 0);
    }
    return ~c;
}

static bool is_row(const hl_ids *ids, const int32_t *values, const offsets *o, int i)
{
    return ids->n == o->offsets[i + 1] - o->offsets[i]
           && (ids->n == 0 || memcmp(ids->at, values + o->offsets[i], (size_t)ids->n * sizeof *ids->at) == 0);
}

static void show(const hl_ids *ids, const int32_t *values, const offsets *o, int i)
{
    printf(" gives");
    for (int k = 0; k < ids->n && k < 40; k++) printf(" %d", ids->at[k]);
    printf("\n     not");
    for (int64_t k = o->offsets[i]; k < o->offsets[i + 1] && k < o->offsets[i] + 40; k++) printf(" %d", values[k]);
    printf("\n");
}

/* All texts by number and checksum of ids, and those whose ids are stored by these. */
static void compare_items(hl_tokenizer *t, hid_t file, const stored_texts *known, const char *name)
{
    hl_ids ids = {0};
    size_t size;
    int n, m, n_rows, same = 0, next = 0;
    char *items = read_strings(file, "item_tokens", &size, &n);
    int32_t *counts = stored_vector(file, "counts", H5T_NATIVE_INT32, 4, &m),
            *rows = stored_vector(file, "ids/rows", H5T_NATIVE_INT32, 4, &n_rows),
            *values = stored_vector(file, "ids/values", H5T_NATIVE_INT32, 4, &m);
    uint32_t *crcs = stored_vector(file, "crc32", H5T_NATIVE_UINT32, 4, &m);
    offsets o = read_offsets(file, "ids/offsets");
    CHECK(n == m && n > 1000 && n_rows == o.n);
    for (int i = 0; i < n; i++) {
        const char *item = items + (size_t)i * size;
        const char *text = stored_text(known, item);
        bool is_stored = next < n_rows && rows[next] == i,
             ok = CHECK_OK(hl_tokenizer_encode(t, &ids, text, strlen(text), 0));
        ok = ok && ids.n == counts[i] && crc32_of(ids.at, (size_t)ids.n * sizeof *ids.at) == crcs[i];
        if (is_stored) ok = is_row(&ids, values, &o, next) && ok;
        if (is_stored && !ok) printf("     item %s", item), show(&ids, values, &o, next);
        next += is_stored;
        same += ok;
    }
    CHECK(same == n && next == n_rows);
    printf("     %s: %d of %d texts", name, same, n);
    free(items), free(counts), free(rows), free(values), free(crcs), free(o.offsets);
    hl_ids_free(&ids);
}

static void compare_odd_strings(hl_tokenizer *t, hid_t file)
{
    hl_ids ids = {0};
    int n, same = 0;
    char *text = stored_vector(file, "odd/text/values", H5T_NATIVE_UCHAR, 1, &n);
    int32_t *values = stored_vector(file, "odd/ids/values", H5T_NATIVE_INT32, 4, &n);
    offsets at = read_offsets(file, "odd/text/offsets"), o = read_offsets(file, "odd/ids/offsets");
    CHECK(at.n == o.n && o.n > 300);
    for (int i = 0; i < o.n; i++) {
        size_t bytes = (size_t)(at.offsets[i + 1] - at.offsets[i]);
        bool ok = CHECK_OK(hl_tokenizer_encode(t, &ids, text + at.offsets[i], bytes, 0)) && is_row(&ids, values, &o, i);
        if (!ok) printf("\n     odd string %d", i), show(&ids, values, &o, i);
        same += ok;
    }
    CHECK(same == o.n);
    printf(", %d of %d odd strings have the same ids\n", same, o.n);
    free(text), free(values), free(at.offsets), free(o.offsets);
    hl_ids_free(&ids);
}

/* --- tokenizers ------------------------------------------------------------------------------ */

/* The folder of a tokenizer, unpacked; NULL where there is none.  only: of its files with pieces, this one. */
static const char *unpacked(const char *name, const char *only)
{
    static char folder[PATH_MAX];
    char from[PATH_MAX], line[3 * PATH_MAX];
    snprintf(from, sizeof from, "tokenizers/%s", name);
    const char *packed = check_shared(from);
    if (!packed) return NULL;
    snprintf(folder, sizeof folder, "%s/%s", check_folder(), name);
    CHECK_OK(hl_folder_remove(folder));
    CHECK_OK(hl_folder_make(folder));
    snprintf(line, sizeof line,
             "cd '%s' && for f in *; do case $f in tokenizer_config.json|merges.txt.xz|tokenizer_config.json.xz|%s) ;; "
             "*) continue;; esac; "
             "case $f in *.xz) xz -dc \"$f\" >\"%s/${f%%.xz}\";; *) cp \"$f\" '%s';; esac || exit 1; done",
             packed, only ? only : "*", folder, folder);
    CHECK(system(line) == 0);
    return folder;
}

/* alone: its file of that name, without what the folder says. */
static void compare(const char *name, const char *only, const char *alone, const stored_texts *known)
{
    char golden[PATH_MAX], where[2 * PATH_MAX];
    hl_tokenizer *t;
    snprintf(golden, sizeof golden, "golden/tokens/%s.h5", name);
    const char *folder = unpacked(name, only), *path = folder ? check_shared(golden) : NULL;
    if (!path) return;
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    CHECK(file >= 0);
    snprintf(where, sizeof where, "%s/%s", folder, alone);
    if (CHECK_OK(hl_tokenizer_open(&t, *alone ? where : folder))) {
        compare_items(t, file, known, name);
        compare_odd_strings(t, file);
    }
    hl_tokenizer_close(t);
    H5Fclose(file);
}

static void compare_all(const char *const *names, int n, const char *only, const char *alone)
{
    stored_texts known = {0};
    const char *path = check_shared("data/information/amazon_industrial.csv");
    if (!path) return;
    stored_texts_read(&known, path);
    for (int i = 0; i < n; i++) compare(names[i], only, alone, &known);
    stored_texts_free(&known);
}

static void byte_level_bpe(void)
{
    static const char *const names[] = {"gpt2", "phi2", "roberta", "qwen3", "llama3", "falcon"};
    compare_all(names, 6, "tokenizer.json*", "");
}

static void other_bpe(void)
{
    static const char *const names[] = {"mistral-v1", "mistral-v3", "phi3-mini"};
    compare_all(names, 3, "tokenizer.json*", "");
}

static void wordpiece(void)
{
    static const char *const names[] = {"bert-uncased", "bert-cased", "bert-multilingual-cased"};
    compare_all(names, 3, "tokenizer.json*", "");
}

static void unigram(void)
{
    static const char *const names[] = {"t5-small", "albert"};
    compare_all(names, 2, "tokenizer.json*", "");
}

static void vocabularies_with_merges(void)
{
    static const char *const names[] = {"qwen2", "gpt2"};
    compare_all(names, 2, "vocab.json*", "");
}

static void vocabularies_of_bert(void)
{
    static const char *const names[] = {"bert-uncased", "bert-cased", "bert-multilingual-cased"};
    compare_all(names, 3, "vocab.txt*", "");
}

static void models_of_sentencepiece(void)
{
    static const char *const names[] = {"mistral-v1", "mistral-v3"};
    compare_all(names, 2, "tokenizer.model*", "");
}

static void files_of_tiktoken(void)
{
    static const char *const names[] = {"llama3"};
    compare_all(names, 1, "tokenizer.model*", "tokenizer.model");
}

/* Its class runs code of its own, which hllm knows; the folder beside the checkout has the model alone. */
static void a_model_of_baichuans_kind(void)
{
    char path[PATH_MAX];
    stored_texts known = {0};
    const char *csv = check_shared("data/information/amazon_industrial.csv"), *folder;
    hl_tokenizer *t;
    if (!csv) return;
    stored_texts_read(&known, csv);
    folder = unpacked("baichuan-m1", NULL);
    if (folder) {
        static const char config[] = "{\"tokenizer_class\":\"BaichuanTokenizer\"}";
        snprintf(path, sizeof path, "%s/tokenizer_config.json", folder);
        CHECK_OK(hl_atomic_write(path, config, sizeof config - 1));
        const char *golden = check_shared("golden/tokens/baichuan-m1.h5");
        hid_t file = golden ? H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT) : -1;
        if (golden && CHECK_OK(hl_tokenizer_open(&t, folder))) {
            compare_items(t, file, &known, "baichuan-m1");
            compare_odd_strings(t, file);
        }
        if (golden) hl_tokenizer_close(t), H5Fclose(file);
    }
    stored_texts_free(&known);
}

static const test tests[] = {
    {"byte-level BPE of tokenizer.json gives Hugging Face's ids", byte_level_bpe},
    {"BPE of characters of tokenizer.json gives Hugging Face's ids", other_bpe},
    {"WordPiece of tokenizer.json gives Hugging Face's ids", wordpiece},
    {"Unigram of tokenizer.json gives Hugging Face's ids", unigram},
    {"vocab.json with merges.txt gives Hugging Face's ids", vocabularies_with_merges},
    {"vocab.txt gives Hugging Face's ids", vocabularies_of_bert},
    {"a SentencePiece model with its folder gives Hugging Face's ids", models_of_sentencepiece},
    {"a file of tiktoken gives the ids of Llama 3", files_of_tiktoken},
    {"a model of Baichuan's kind gives SentencePiece's ids", a_model_of_baichuans_kind},
};
HL_TESTS("tok-golden", tests)
