/* test-dataset.c - a dataset opens whole and sensible, or not at all, on every rank alike. */
#include "tests/check.h"
#include "base/arena.h"
#include "base/rng.h"
#include "base/digest.h"
#include "base/error.h"
#include "io/dataset/dataset.h"
#include "io/files/folder.h"
#include "io/files/h5.h"
#include "io/dataset/prepare.h"
#include "tests/check-mpi.h"
#include "tests/csvpair.h"
#include <hdf5.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The small pair, prepared anew; its folder. */
static const char *small_dataset(void)
{
    static char folder[PATH_MAX];
    hl_prepare_settings s = csv_pair("small", small_interactions, small_texts);
    hl_prepare_report r;
    snprintf(folder, sizeof folder, "%s", s.folder);
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    return folder;
}

static hl_status open_and_close(const char *folder)
{
    hl_dataset *d;
    hl_status s = hl_dataset_open(check_world(), folder, &d);
    hl_dataset_close(d);
    return s;
}

/* Replace a byte, at from the front or, if negative, from the end, by another value. */
static void flip(const char *path, long at)
{
    size_t n;
    hl_group_barrier(check_world());
    char *bytes = file_bytes(path, &n);
    CHECK(bytes && n > 1);
    if (bytes) bytes[at < 0 ? (long)n + at : at] ^= 0x10;
    file_write(path, bytes, n);
    free(bytes);
}

static void cut(const char *path, size_t n)
{
    size_t all;
    hl_group_barrier(check_world());
    char *bytes = file_bytes(path, &all);
    CHECK(bytes && all > n);
    file_write(path, bytes, n);
    free(bytes);
}

static void a_damaged_shard_is_refused(void)
{
    CHECK_OK(open_and_close(small_dataset()));
    cut(in_folder("small.hllm/items-00001.h5"), 700);
    CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_ESTORE, "items-00001.h5: has 700 bytes, its manifest says");
    small_dataset();
    flip(in_folder("small.hllm/users-00001.h5"), -1);
    CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_ESTORE, "users-00001.h5: is damaged: its digest");
    small_dataset();
    flip(in_folder("small.hllm/items-00002.h5"), 0);
    CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_ESTORE, "items-00002.h5: is damaged: its digest");
    small_dataset();
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) CHECK(unlink(in_folder("small.hllm/users-00000.h5")) == 0);
    CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_ESTORE, "users-00000.h5: cannot be opened: No such file");
}

/* The bytes, cut off somewhere or with another bit, the same on every rank. */
static void write_damaged(const char *path, char *bytes, size_t n, uint64_t round)
{
    hl_rng r = hl_rng_at(7, HL_FOR_TESTS, round, 0);
    const size_t at = (size_t)hl_rng_below(&r, n);
    const char was = bytes[at];
    bytes[at] = (char)(was ^ 1 << hl_rng_below(&r, 8));
    file_write(path, bytes, round % 4 == 0 ? at : n);
    bytes[at] = was;
}

static void a_shard_that_is_cut_anywhere_or_has_another_bit_is_refused(void)
{
    static const char *const names[] = {"items-00000.h5", "items-00002.h5", "users-00001.h5"};
    const uint64_t rounds = 72 / (uint64_t)check_world()->size; /* a round takes as much longer */
    small_dataset();
    for (int i = 0; i < 3; i++) {
        char path[100];
        size_t n;
        snprintf(path, sizeof path, "small.hllm/%s", names[i]);
        char *bytes = file_bytes(in_folder(path), &n);
        for (uint64_t round = 0; round < rounds; round++) {
            write_damaged(in_folder(path), bytes, n, round);
            CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_ESTORE, names[i]);
        }
        file_write(in_folder(path), bytes, n);
        free(bytes);
    }
    CHECK_OK(open_and_close(in_folder("small.hllm")));
}

static void a_folder_without_a_dataset_is_named(void)
{
    CHECK_FAILS(open_and_close(in_folder("nowhere")), HL_EFORMAT, "nowhere: no dataset there");
    CHECK_OK(hl_folder_make(in_folder("void")));
    CHECK_FAILS(open_and_close(in_folder("void")), HL_EFORMAT, "void: no dataset there");
}

/* The manifest with one text replaced by another. */
static void edit_manifest(const char *from, const char *to)
{
    const char *path = in_folder("small.hllm/manifest.json");
    size_t n;
    hl_group_barrier(check_world());
    char *text = file_bytes(path, &n), *at = text ? strstr(text, from) : NULL;
    CHECK(at != NULL);
    if (!at) return;
    char *edited = hl_alloc(n + strlen(to) + 1);
    int m = sprintf(edited, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    file_write(path, edited, (size_t)m);
    free(edited);
    free(text);
}

static const struct {
    const char *from, *to, *words;
} edits[] = {
    {"\"schema\": 2", "\"schema\": 9", "a dataset of schema 9, this program reads 2; prepare it again"},
    {"hllm dataset", "zip archive", "its manifest.json is not that of a dataset"},
    {"{", "", "manifest.json: "},
    {"\"vocab\": 259", "\"vocab\": \"many\"", "manifest.json: "},
    {"\"vocab\": 259", "\"vocab\": 12", "contradict one another"},
    {"\"rows\": 9,", "\"rows\": 10,", "contradict one another"},
    {"\"rows\": 9,", "\"rows\": 9000000000,", "contradict one another"},
    {"\"rows\": 9,", "\"rows\": -9,", "contradict one another"},
    {"\"shard_items\": 3", "\"shard_items\": 0", "contradict one another"},
    {"\"shard_items\": 3", "\"shard_items\": 1", "contradict one another"},
    {"\"shard_items\": 3", "\"shard_items\": 9223372036854775807", "contradict one another"},
    {"items-00001.h5", "../../etc/passwd", "contradict one another"},
    {"\"users_kept\": 3,", "", "contradict one another"},
    {"\"digest\": \"", "\"digest\": \"x", "contradict one another"},
    {"\"item_prompt\": \"P: \"", "\"item_prompt\": \"Q: \"", "contradict one another"},
};

static void a_manifest_that_is_not_ours_or_contradicts_itself_is_refused(void)
{
    small_dataset();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        size_t n;
        char *whole = file_bytes(in_folder("small.hllm/manifest.json"), &n);
        edit_manifest(edits[i].from, edits[i].to);
        CHECK_FAILS(open_and_close(in_folder("small.hllm")), HL_EFORMAT, edits[i].words);
        file_write(in_folder("small.hllm/manifest.json"), whole, n);
        free(whole);
    }
    CHECK_OK(open_and_close(in_folder("small.hllm")));
}

/* Put a shard in the place of one, with a manifest that vouches for it. */
static void replace_shard(hl_table t, int64_t k, int64_t size, uint64_t digest)
{
    hl_manifest m;
    CHECK_OK(hl_manifest_read(&m, in_folder("small.hllm")));
    m.shards[t][k] = (hl_shard_facts){size, digest};
    CHECK_OK(hl_manifest_write(&m, in_folder("small.hllm")));
    hl_manifest_free(&m);
}

/* Users 0 and 1 of the small pair, with something changed. */
static void write_users(const int32_t *items, const int64_t *begin, int64_t n_begin, int64_t n_times)
{
    static const int64_t times[7] = {0}, id_begin[] = {0, 1, 2};
    const hl_shard_data data[] = {
        [HL_USER_ITEMS] = {7, items}, [HL_USER_TIMES] = {n_times, times}, [HL_USER_BEGIN] = {n_begin, begin},
        [HL_USER_ID] = {2, "ab"},     [HL_USER_ID_BEGIN] = {3, id_begin},
    };
    int64_t size;
    uint64_t digest;
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) {
        CHECK_OK(hl_shard_write(in_folder("small.hllm/users-00000.h5"), hl_table_kinds[HL_USERS].arrays, data,
                                hl_table_kinds[HL_USERS].n - 1, &size, &digest));
        replace_shard(HL_USERS, 0, size, digest);
    }
    hl_group_barrier(check_world());
}

static void a_shard_that_makes_no_sense_is_refused_whatever_its_digest(void)
{
    static const int32_t good[] = {3, 1, 1, 2, 4, 5, 2}, zero[] = {3, 1, 0, 2, 4, 5, 2},
                         large[] = {3, 1, 1, 2, 4, 9, 2};
    static const int64_t begin[] = {0, 4, 7}, back[] = {0, 8, 7}, early[] = {0, 4, 6}, late[] = {1, 4, 7},
                         few[] = {0, 5, 7};
    static const char words[] = "users-00000.h5: what it holds makes no sense";
    const char *folder = small_dataset();
    write_users(good, begin, 3, 7);
    CHECK_OK(open_and_close(folder));
    static const struct {
        const int32_t *items;
        const int64_t *begin, n_begin, n_times;
    } cases[] = {
        {zero, begin, 3, 7}, {large, begin, 3, 7}, {good, back, 3, 7},  {good, early, 3, 7}, {good, late, 3, 7},
        {good, few, 3, 7},   {good, begin, 2, 7},  {good, begin, 3, 6}, {good, begin, 0, 7},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        write_users(cases[i].items, cases[i].begin, cases[i].n_begin, cases[i].n_times);
        CHECK_FAILS(open_and_close(folder), HL_EFORMAT, words);
    }
}

/* Items 0 to 2 of the small pair as they are, but for what is given. */
static void write_items(const int32_t *tokens, const int32_t *first_equal)
{
    static const int64_t begin[] = {0, 1, 3, 5}, id_begin[] = {0, 0, 2, 4};
    static const uint64_t digest[3] = {0};
    const hl_shard_data data[] = {
        [HL_ITEM_TOKENS] = {5, tokens},           [HL_ITEM_BEGIN] = {4, begin}, [HL_ITEM_DIGEST] = {3, digest},
        [HL_ITEM_FIRST_EQUAL] = {3, first_equal}, [HL_ITEM_ID] = {4, "i1i2"},   [HL_ITEM_ID_BEGIN] = {4, id_begin},
    };
    int64_t size;
    uint64_t out;
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) {
        CHECK_OK(hl_shard_write(in_folder("small.hllm/items-00000.h5"), hl_table_kinds[HL_ITEMS].arrays, data,
                                hl_table_kinds[HL_ITEMS].n, &size, &out));
        replace_shard(HL_ITEMS, 0, size, out);
    }
    hl_group_barrier(check_world());
}

static void duplicates_must_have_the_same_tokens(void)
{
    static const int32_t differ[] = {1, 1, 70, 1, 71}, equal[] = {1, 1, 70, 1, 70}, foreign[] = {1, 1, 70, 1, 259};
    static const int32_t none[] = {0, 1, 2}, pair[] = {0, 1, 1}, later[] = {0, 2, 2};
    const char *folder = small_dataset();
    write_items(differ, pair);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "item 2 is noted as a duplicate of item 1 and has another text");
    write_items(equal, later);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "item 1 is noted as a duplicate of item 2 and has another text");
    write_items(foreign, none);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "items-00000.h5: what it holds makes no sense");
    write_items(equal, pair); /* item 3 is a duplicate of item 1 in another shard, which says something else now */
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "item 3 is noted as a duplicate of item 1 and has another text");
}

/* An HDF5 file with good digests that cannot be mapped: chunks, or another type. */
static void write_odd_file(hid_t type, bool chunked)
{
    const char *path = in_folder("small.hllm/users-00000.h5");
    hsize_t n = 7;
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) {
        hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT), space = H5Screate_simple(1, &n, NULL);
        hid_t how = H5Pcreate(H5P_DATASET_CREATE);
        if (chunked) H5Pset_chunk(how, 1, &n);
        hid_t set = H5Dcreate2(file, "items", type, space, H5P_DEFAULT, how, H5P_DEFAULT);
        CHECK(set >= 0);
        H5Dclose(set);
        H5Pclose(how);
        H5Sclose(space);
        H5Fclose(file);
        size_t size;
        char *bytes = file_bytes(path, &size);
        replace_shard(HL_USERS, 0, (int64_t)size, hl_digest(bytes, size));
        free(bytes);
    }
    hl_group_barrier(check_world());
}

static void a_shard_that_cannot_be_mapped_is_refused(void)
{
    const char *folder = small_dataset();
    hl_h5_quiet();
    write_odd_file(H5T_STD_I32LE, true);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "users-00000.h5: has no plain array 'items'");
    write_odd_file(H5T_STD_I32BE, false);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "users-00000.h5: has no plain array 'items'");
    write_odd_file(H5T_STD_I32LE, false);
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT,
                "users-00000.h5: has no plain array"); /* never written, or the next */
    file_write(in_folder("small.hllm/users-00000.h5"), "not HDF5 at all", 15);
    if (check_world()->rank == 0) replace_shard(HL_USERS, 0, 15, hl_digest("not HDF5 at all", 15));
    hl_group_barrier(check_world());
    CHECK_FAILS(open_and_close(folder), HL_EFORMAT, "users-00000.h5: is not an HDF5 file");
}

static void the_digest_names_the_content_and_not_the_files_it_came_from(void)
{
    hl_dataset *d;
    uint64_t digest[3];
    hl_prepare_report r;
    char *red = hl_alloc_text(small_texts);
    *strstr(red, "red") = 'b';
    const char *const texts[] = {small_texts, red, small_texts};
    for (int i = 0; i < 3; i++) {
        hl_prepare_settings s = csv_pair(i == 2 ? "elsewhere" : "here", small_interactions, texts[i]);
        CHECK_OK(hl_prepare(check_world(), &s, &r));
        CHECK_OK(hl_dataset_open(check_world(), s.folder, &d));
        digest[i] = hl_dataset_digest(d);
        hl_dataset_close(d);
    }
    CHECK(digest[0] == digest[2] && digest[0] != digest[1]);
    free(red);
}

static void it_shows_what_it_is(void)
{
    const char *folder = small_dataset();
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    CHECK_OK(hl_dataset_show(folder, f, false));
    fclose(f);
    CHECK(strstr(text, "dataset small, schema 2") && strstr(text, "tokenizer bytes, vocabulary 259")
          && strstr(text, "at most 40 tokens"));
    CHECK(strstr(text, "             1  users left out, with fewer than three interactions"));
    free(text);
    f = open_memstream(&text, &n);
    CHECK_OK(hl_dataset_show(folder, f, true));
    fclose(f);
    json_t *root = json_loads(text, 0, NULL);
    CHECK(root && json_integer_value(json_object_get(json_object_get(root, "report"), "users_dropped")) == 1);
    CHECK(text && strchr(text, '\n') == text + n - 1);
    json_decref(root);
    free(text);
    CHECK_FAILS(hl_dataset_show(in_folder("nowhere"), stdout, false), HL_EFORMAT, "no dataset there");
}

/* kB of this process that are pages of mapped files in the folder. */
static long resident_in(const char *folder)
{
    FILE *f = fopen("/proc/self/smaps", "r");
    char line[PATH_MAX + 100];
    long sum = 0, kb;
    bool is_there = false;
    CHECK(f != NULL);
    while (f && fgets(line, sizeof line, f)) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx", &begin, &end) == 2) is_there = strstr(line, folder) != NULL;
        else if (is_there && sscanf(line, "Rss: %ld kB", &kb) == 1) sum += kb;
    }
    if (f) fclose(f);
    return sum;
}

static void what_was_read_to_be_checked_is_not_held(void)
{
    hl_dataset *d;
    int n;
    CHECK_OK(hl_dataset_open(check_world(), small_dataset(), &d));
    CHECK(resident_in("small.hllm/") == 0);
    const hl_corpus *c = hl_dataset_corpus(d);
    CHECK(c->sequence(c, 0, &n)[0] > 0 && resident_in("small.hllm/") > 0);
    hl_dataset_close(d);
}

static const test tests[] = {
    {"what was read to be checked is not held", what_was_read_to_be_checked_is_not_held},
    {"a damaged shard is refused", a_damaged_shard_is_refused},
    {"a shard that is cut anywhere or has another bit is refused",
     a_shard_that_is_cut_anywhere_or_has_another_bit_is_refused},
    {"a folder without a dataset is named", a_folder_without_a_dataset_is_named},
    {"a manifest that is not ours or contradicts itself is refused",
     a_manifest_that_is_not_ours_or_contradicts_itself_is_refused},
    {"a shard that makes no sense is refused whatever its digest",
     a_shard_that_makes_no_sense_is_refused_whatever_its_digest},
    {"duplicates must have the same tokens", duplicates_must_have_the_same_tokens},
    {"a shard that cannot be mapped is refused", a_shard_that_cannot_be_mapped_is_refused},
    {"the digest names the content and not the files it came from",
     the_digest_names_the_content_and_not_the_files_it_came_from},
    {"it shows what it is", it_shows_what_it_is},
};
HL_TESTS("dataset", tests)
