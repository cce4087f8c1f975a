/* test-prepare-real.c - real reviews become what the public code makes of them. */
#include "base/arena.h"
#include "io/dataset/dataset.h"
#include "io/dataset/prepare.h"
#include "io/files/h5.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include "tests/preparing.h"
#include <hdf5.h>
#include <limits.h>
#include <stdlib.h>

typedef struct {
    int64_t n;
    void *at;
} h5_array;

static h5_array h5_read(hid_t file, const char *name, hid_t type, size_t size)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    h5_array a = {H5Sget_simple_extent_npoints(space), NULL};
    CHECK(a.n > 0);
    a.at = hl_alloc_zero((size_t)a.n, size);
    CHECK(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.at) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return a;
}

static h5_array h5_texts(hid_t file, const char *name)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    h5_array a = h5_read(file, name, type, sizeof(char *));
    H5Tclose(type);
    return a;
}

static h5_array h5_numbers(hid_t file, const char *name)
{
    return h5_read(file, name, H5T_NATIVE_INT64, sizeof(int64_t));
}

static void free_texts(h5_array *a)
{
    for (int64_t i = 0; i < a->n; i++) H5free_memory(((char **)a->at)[i]);
    free(a->at);
}

/* The reviews, as a folder in ours; false where there are none. */
static bool real_dataset(hl_prepare_settings *s)
{
    static const char *const keys[] = {"title", "description"};
    static char data[PATH_MAX], text[PATH_MAX], tokenizer[PATH_MAX];
    const char *path;
    if (!(path = check_shared("data/dataset"))) return false;
    snprintf(data, sizeof data, "%s", path);
    if (!(path = check_shared("data/information"))) return false;
    snprintf(text, sizeof text, "%s", path);
    if (!(path = check_shared("models/tinystories-260k"))) return false;
    snprintf(tokenizer, sizeof tokenizer, "%s", path);
    *s = (hl_prepare_settings){
        .data_path = data,
        .text_path = text,
        .dataset = "amazon_industrial",
        .folder = in_folder("amazon.hllm"),
        .tokenizer = tokenizer,
        .max_text_length = 64,
        .item_prompt = "Compress the following sentence into embedding: ",
        .text_keys = keys,
        .n_text_keys = 2,
    };
    return true;
}

static hl_dataset *real_open(const hl_prepare_settings *s)
{
    hl_dataset *d;
    hl_prepare_report r;
    bool did;
    CHECK_OK(hl_prepare_when_needed(check_world(), s, &r, &did));
    CHECK_OK(hl_dataset_open(check_world(), s->folder, &d));
    return d;
}

static void ids_and_sequences_of_real_reviews_are_those_of_the_public_code(void)
{
    hl_prepare_settings s;
    const char *golden = check_shared("golden/split_amazon_industrial.h5");
    if (!golden || !real_dataset(&s)) return;
    golden = check_shared("golden/split_amazon_industrial.h5"); /* the text was its until the next call */
    hl_h5_quiet();
    hid_t file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    h5_array items = h5_texts(file, "item_tokens"), users = h5_texts(file, "user_tokens");
    h5_array begin = h5_numbers(file, "user_seq/offsets"), item = h5_numbers(file, "user_seq/values");
    hl_dataset *d = real_open(&s);
    const hl_corpus *c = hl_dataset_corpus(d);
    int wrong = 0, n;
    CHECK(c->items == items.n && c->users == users.n - 1 && begin.n == users.n);
    for (int64_t i = 1; i < c->items; i++) {
        const char *id = hl_dataset_item_id(d, i, &n);
        wrong += !is_called(id, n, ((char **)items.at)[i]);
    }
    CHECK(wrong == 0);
    for (int64_t u = 0; u < c->users; u++) {
        const int64_t *b = (const int64_t *)begin.at + u, *x = (const int64_t *)item.at;
        const char *id = hl_dataset_user_id(d, u, &n);
        wrong += !is_called(id, n, ((char **)users.at)[u + 1]);
        const int32_t *sequence = c->sequence(c, u, &n);
        wrong += n != b[1] - b[0];
        for (int i = 0; i < n && n == b[1] - b[0]; i++) wrong += sequence[i] != x[b[0] + i];
    }
    CHECK(wrong == 0);
    hl_dataset_close(d);
    free_texts(&items);
    free_texts(&users);
    free(begin.at);
    free(item.at);
    H5Fclose(file);
}

static void tokens_of_real_reviews_are_the_first_of_the_public_tokenizer(void)
{
    hl_prepare_settings s;
    if (!real_dataset(&s)) return;
    const char *golden = check_shared("golden/tokens_tinystories_amazon_industrial.h5");
    if (!golden) return;
    hl_h5_quiet();
    hid_t file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    h5_array begin = h5_numbers(file, "ids/offsets"), ids = h5_numbers(file, "ids/values");
    hl_dataset *d = real_open(&s);
    const hl_corpus *c = hl_dataset_corpus(d);
    int wrong = 0, n;
    CHECK(c->items == begin.n - 1);
    for (int64_t i = 0; i < c->items; i++) {
        const int64_t *b = (const int64_t *)begin.at + i, whole = b[1] - b[0], *want = (const int64_t *)ids.at + b[0];
        const int32_t *got = c->tokens(c, i, &n);
        wrong += n != (whole < 64 ? whole : 64);
        for (int k = 0; k < n && k < whole; k++) wrong += got[k] != want[k];
    }
    CHECK(wrong == 0);
    hl_dataset_close(d);
    free(begin.at);
    free(ids.at);
    H5Fclose(file);
}

static const test tests[] = {
    {"ids and sequences of real reviews are those of the public code",
     ids_and_sequences_of_real_reviews_are_those_of_the_public_code},
    {"tokens of real reviews are the first of the public tokenizer",
     tokens_of_real_reviews_are_the_first_of_the_public_tokenizer},
};
HL_TESTS("prepare-real", tests)
