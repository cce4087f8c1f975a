/* test-tokenizer.c - tokenizers give the ids that Hugging Face's fast ones give, or say why they cannot. */
#include "tests/check.h"
#include "tests/spm.h"
#include "tests/stored-ids.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "io/files/atomic.h"
#include "io/tokenizer/bpe.h"
#include "io/files/folder.h"
#include "io/tokenizer/tokenizer.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

static const char *written(const char *name, const void *bytes, size_t n)
{
    static char path[2048];
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    FILE *f = fopen(path, "wb");
    HL_CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return path;
}

static hl_status open_model(hl_tokenizer **t, const spm_message *m)
{
    return hl_tokenizer_open(t, written("tokenizer.model", m->at, m->n));
}

static bool gives(hl_tokenizer *t, const char *text, const int *want, int n)
{
    hl_ids ids = {0};
    bool same = hl_tokenizer_encode(t, &ids, text, strlen(text), 0) == HL_OK && ids.n == n;
    for (int i = 0; same && i < n; i++) same = ids.at[i] == want[i];
    if (!same) {
        printf("     \"%s\" gives", text);
        for (int i = 0; i < ids.n; i++) printf(" %d", ids.at[i]);
        printf("\n");
    }
    hl_ids_free(&ids);
    return same;
}
#define GIVES(t, text, ...) \
    CHECK(gives(t, text, (const int[]){__VA_ARGS__}, (int)(sizeof((const int[]){__VA_ARGS__}) / sizeof(int))))

/* --- sentences ------------------------------------------------------------------------------- */

static void bytes_are_three_more(void)
{
    hl_tokenizer *t;
    CHECK_OK(hl_tokenizer_open(&t, "bytes"));
    CHECK(strcmp(hl_tokenizer_kind(t), "bytes") == 0 && hl_tokenizer_vocab(t) == 259);
    GIVES(t, "", 1);
    GIVES(t, "a b", 1, 100, 35, 101);
    GIVES(t, "é", 1, 198, 172);
    hl_tokenizer_close(t);
}

static void a_limit_cuts_on_the_right(void)
{
    hl_tokenizer *t;
    hl_ids ids = {0};
    CHECK_OK(hl_tokenizer_open(&t, "bytes"));
    CHECK_OK(hl_tokenizer_encode(t, &ids, "a\0bc", 4, 3));
    CHECK(ids.n == 3 && ids.at[0] == 1 && ids.at[1] == 100 && ids.at[2] == 3);
    CHECK_OK(hl_tokenizer_encode(t, &ids, "abc", 3, 9));
    CHECK(ids.n == 4);
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

static void bad_utf8_is_an_error_that_names_the_offset(void)
{
    static const struct {
        const char *text, *offset;
    } bad[] = {
        {"ab\x80", "offset 2"},
        {"\xC3", "offset 0"},
        {"a\xC0\x80", "offset 1"},
        {"\xE0\x9F\xBFz", "offset 0"},
        {"xyz\xED\xA0\x80", "offset 3"},
        {"\xF4\x90\x80\x80", "offset 0"},
        {"\xF8\x88\x80\x80\x80", "offset 0"},
        {"é\xE2\x82", "offset 2"},
        {"\xE2\x82x", "offset 0"},
    };
    static const char *const good[] = {"\xC2\x80",     "\xDF\xBF",         "\xE0\xA0\x80",    "\xED\x9F\xBF",
                                       "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"};
    hl_tokenizer *t;
    hl_ids ids = {0};
    CHECK_OK(hl_tokenizer_open(&t, "bytes"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_FAILS(hl_tokenizer_encode(t, &ids, bad[i].text, strlen(bad[i].text), 0), HL_EFORMAT, bad[i].offset);
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        CHECK_OK(hl_tokenizer_encode(t, &ids, good[i], strlen(good[i]), 0));
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

static void the_best_score_merges_first(void)
{
    static const spm_text pieces[] = {
        {"▁", SPM_NORMAL, -9},  {"a", SPM_NORMAL, -9},  {"b", SPM_NORMAL, -9},   {"c", SPM_NORMAL, -9}, /* 3 4 5 6 */
        {"ab", SPM_NORMAL, -2}, {"bc", SPM_NORMAL, -1}, {"abc", SPM_NORMAL, -3}, {"▁a", SPM_NORMAL, -4},
        {"▁▁", SPM_NORMAL, -5}, /* 7 ... 11 */
    };
    hl_tokenizer *t;
    spm_message m = spm_model(pieces, 9);
    CHECK_OK(open_model(&t, &m));
    CHECK(strcmp(hl_tokenizer_kind(t), "sentencepiece") == 0 && hl_tokenizer_vocab(t) == 12);
    GIVES(t, "", 1);
    GIVES(t, "a", 1, 10);
    GIVES(t, "ab", 1, 3, 7);
    GIVES(t, "abc", 1, 3, 9); /* b c merge first, then a bc */
    GIVES(t, " abcb", 1, 11, 9, 5);
    GIVES(t, "   a", 1, 11, 3, 10); /* ▁▁ ▁ ▁a: the better score takes the last blank, then the leftmost go */
    hl_tokenizer_close(t);
}

static void among_equal_scores_longer_parts_go_first(void)
{
    static const spm_text pieces[] = {
        {"▁", SPM_NORMAL, -9},   {"a", SPM_NORMAL, -9},   {"b", SPM_NORMAL, -9},
        {"c", SPM_NORMAL, -9},   {"é", SPM_NORMAL, -9}, /* 3 ... 7 */
        {"bc", SPM_NORMAL, -1},  {"éb", SPM_NORMAL, -1},  {"ab", SPM_NORMAL, 0},
        {"abc", SPM_NORMAL, -1}, {"cab", SPM_NORMAL, -1}, /* 8 ... 12 */
        {"p", SPM_NORMAL, -9},   {"q", SPM_NORMAL, -9},   {"r", SPM_NORMAL, -9},
        {"pq", SPM_NORMAL, -1},  {"rr", SPM_NORMAL, 0},   {"qrr", SPM_NORMAL, -1}, /* 13 ... 18 */
    };
    hl_tokenizer *t;
    spm_message m = spm_model(pieces, 16);
    CHECK_OK(open_model(&t, &m));
    GIVES(t, "ébc", 1, 3, 7, 8);    /* "b c" and "é b" tie (é is one character): the piece of the lower id */
    GIVES(t, "cabc", 1, 3, 6, 11);  /* "ab c" goes before "c ab" */
    GIVES(t, "pqrr", 1, 3, 13, 18); /* "q rr" goes before "p q" */
    hl_tokenizer_close(t);
}

static void special_pieces_are_cut_out_and_blanks_start_anew(void)
{
    static const spm_text pieces[] = {
        {"▁", SPM_NORMAL, -9},        {"a", SPM_NORMAL, -9},         {"▁a", SPM_NORMAL, -1},
        {"<x>", SPM_USER_DEFINED, 0}, {"<x>a", SPM_USER_DEFINED, 0}, {"<", SPM_NORMAL, -9}, /* 3 ... 8 */
    };
    hl_tokenizer *t;
    spm_message m = spm_model(pieces, 6);
    CHECK_OK(open_model(&t, &m));
    GIVES(t, "<s>", 1, 1);
    GIVES(t, "a<unk>a", 1, 5, 0, 5);
    GIVES(t, "</s> a", 1, 2, 3, 5);
    GIVES(t, "a<x><s>a", 1, 5, 6, 1, 5);
    GIVES(t, "<x>aa<x>", 1, 7, 5, 6); /* the longest of those that fit */
    GIVES(t, "<<s>", 1, 3, 8, 1);
    hl_tokenizer_close(t);
}

static void unknown_characters_are_one_unk_or_their_bytes(void)
{
    static const spm_text pieces[] = {{"▁", SPM_NORMAL, -9}, {"a", SPM_NORMAL, -9}};
    hl_tokenizer *t;
    spm_message m = spm_model(pieces, 2);
    CHECK_OK(open_model(&t, &m));
    GIVES(t, "xyéaz", 1, 3, 0, 4, 0);
    hl_tokenizer_close(t);

    m = (spm_message){.n = 0};
    spm_first_pieces(&m);
    spm_byte_pieces(&m);
    spm_piece(&m, "▁", SPM_NORMAL, 0);
    spm_piece(&m, "a", SPM_NORMAL, 0);
    spm_settings(&m, SPM_BPE);
    CHECK_OK(open_model(&t, &m));
    GIVES(t, "xéa", 1, 259, 3 + 'x', 3 + 0xC3, 3 + 0xA9, 260);
    hl_tokenizer_close(t);
}

/* The slow twin of hl_bpe_merge: look for the best pair, leftmost first, merge it, look again. */
static int slow_merge(const int (*pairs)[3], int n_pairs, int32_t *ids, int n)
{
    for (;;) {
        int best = n_pairs, place = 0;
        for (int i = 0; i + 1 < n; i++)
            for (int r = 0; r < best; r++)
                if (pairs[r][0] == ids[i] && pairs[r][1] == ids[i + 1]) best = r, place = i;
        if (best == n_pairs) return n;
        ids[place] = pairs[best][2];
        memmove(ids + place + 1, ids + place + 2, (size_t)(n - place - 2) * sizeof *ids);
        n--;
    }
}

static void merging_agrees_with_its_slow_twin(void)
{
    for (uint64_t round = 0; round < 60; round++) {
        int pairs[40][3], n_pairs = 0, letters = 3;
        hl_rng r = hl_rng_at(7, HL_FOR_TESTS, round, 0);
        hl_bpe *b = hl_bpe_new();
        for (int i = 0; i < 40; i++) {
            int left = (int)hl_rng_below(&r, (uint64_t)letters), right = (int)hl_rng_below(&r, (uint64_t)letters);
            bool known = false;
            for (int j = 0; j < n_pairs; j++) known = known || (pairs[j][0] == left && pairs[j][1] == right);
            if (known) continue;
            memcpy(pairs[n_pairs++], (int[]){left, right, letters}, sizeof pairs[0]);
            hl_bpe_add(b, left, right, letters++);
        }
        int32_t fast[200], slow[200];
        int n = (int)hl_rng_below(&r, 200);
        for (int i = 0; i < n; i++) fast[i] = slow[i] = (int32_t)hl_rng_below(&r, 3);
        int n_fast = hl_bpe_merge(b, fast, n), n_slow = slow_merge((const int(*)[3])pairs, n_pairs, slow, n);
        CHECK(n_fast == n_slow);
        CHECK(memcmp(fast, slow, (size_t)n_fast * sizeof *fast) == 0);
        hl_bpe_free(b);
    }
}

static void a_long_run_of_one_letter_takes_no_square_of_time(void)
{
    static const spm_text pieces[] = {
        {"▁", SPM_NORMAL, -9}, {"a", SPM_NORMAL, -9}, {"aa", SPM_NORMAL, -1}, {"aaaa", SPM_NORMAL, -2}};
    enum { N = 1 << 20 };
    hl_tokenizer *t;
    hl_ids ids = {0};
    spm_message m = spm_model(pieces, 4);
    char *text = hl_alloc(N);
    memset(text, 'a', N);
    CHECK_OK(open_model(&t, &m));
    CHECK_OK(hl_tokenizer_encode(t, &ids, text, N, 0));
    CHECK(ids.n == 2 + N / 4 && ids.at[0] == 1 && ids.at[1] == 3 && ids.at[2] == 6 && ids.at[ids.n - 1] == 6);
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
    free(text);
}

static void the_digest_names_what_decides_the_ids(void)
{
    spm_text pieces[] = {{"▁", SPM_NORMAL, -9}, {"a", SPM_NORMAL, -9}};
    hl_tokenizer *a, *b, *c;
    spm_message m = spm_model(pieces, 2);
    CHECK_OK(open_model(&a, &m));
    CHECK_OK(open_model(&b, &m));
    pieces[1].text = "b";
    m = spm_model(pieces, 2);
    CHECK_OK(open_model(&c, &m));
    CHECK(hl_tokenizer_digest(a) == hl_tokenizer_digest(b));
    CHECK(hl_tokenizer_digest(a) != hl_tokenizer_digest(c));
    hl_tokenizer_close(a), hl_tokenizer_close(b), hl_tokenizer_close(c);
}

/* --- hostile files --------------------------------------------------------------------------- */

static spm_message small_model(void)
{
    static const spm_text pieces[] = {{"▁", SPM_NORMAL, -9},
                                      {"a", SPM_NORMAL, -9},
                                      {"é", SPM_NORMAL, -9},
                                      {"aé", SPM_NORMAL, -1},
                                      {"<x>", SPM_USER_DEFINED, 0}};
    return spm_model(pieces, 5);
}

static void a_model_cut_anywhere_is_refused(void)
{
    spm_message m = small_model();
    for (size_t n = 0; n < m.n; n++) {
        hl_tokenizer *t;
        CHECK_FAILS(hl_tokenizer_open(&t, written("tokenizer.model", m.at, n)), HL_EFORMAT, "tokenizer.model: ");
        hl_tokenizer_close(t);
    }
}

/* Some changes only make another model: what counts is that nothing breaks and a refusal has a sentence. */
static void one_wrong_byte_anywhere_breaks_nothing(void)
{
    spm_message m = small_model();
    static const unsigned char flips[] = {0x01, 0x02, 0x04, 0x07, 0x20, 0x80, 0xFF};
    int refused = 0;
    for (size_t at = 0; at < m.n; at++)
        for (size_t f = 0; f < sizeof flips; f++) {
            hl_tokenizer *t;
            hl_ids ids = {0};
            m.at[at] ^= flips[f];
            hl_status s = open_model(&t, &m);
            CHECK(s == HL_OK || (s == HL_EFORMAT && strstr(hl_error_text(), "tokenizer.model: ")));
            refused += s != HL_OK;
            if (s == HL_OK) CHECK_OK(hl_tokenizer_encode(t, &ids, "aé <x>é</s>z", 14, 0));
            hl_ids_free(&ids);
            hl_tokenizer_close(t);
            m.at[at] ^= flips[f];
        }
    CHECK(refused > (int)m.n);
}

static void refuse(const spm_message *m, const char *words)
{
    hl_tokenizer *t;
    CHECK_FAILS(open_model(&t, m), HL_EFORMAT, words);
    hl_tokenizer_close(t);
}

static void impossible_models_are_refused_with_a_sentence(void)
{
    static const struct {
        spm_text piece;
        const char *words;
    } bad[] = {
        {{"", SPM_NORMAL, 0}, "piece 3 is 0 bytes long"},
        {{"\xFF", SPM_NORMAL, 0}, "piece 3 is not UTF-8"},
        {{"a", SPM_NORMAL, NAN}, "the score of piece 3"},
        {{"a", 7, 0}, "unknown type 7"},
        {{"<s>", SPM_NORMAL, 0}, "piece 3, \"<s>\", is there twice"},
        {{"<0x41>", SPM_BYTE, 0}, "has 1 of the 256 byte pieces"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spm_message m = spm_model(&bad[i].piece, 1);
        refuse(&m, bad[i].words);
    }
    spm_message m = {.n = 0};
    spm_piece(&m, "a", SPM_NORMAL, 0);
    spm_settings(&m, SPM_BPE);
    refuse(&m, "piece 0 is not <unk>");
}

static void other_types_of_model_are_refused_by_name(void)
{
    static const struct {
        size_t type;
        const char *words;
    } types[] = {{1, "unigram"}, {3, "word"}, {4, "character"}, {9, "unknown"}};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        spm_message m = {.n = 0};
        spm_first_pieces(&m);
        spm_settings(&m, types[i].type);
        refuse(&m, types[i].words);
    }
}

static void numbers_and_lengths_beyond_the_file_are_refused(void)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *words;
    } bad[] = {
        {"\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 11, "ends within a field"}, /* 2^64 - 1 bytes */
        {"\x08\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 12, "more than 64 bits"},
        {"\x0B", 1, "type that these files do not use"}, /* a group */
        {"\x02\x00", 2, "impossible number"},            /* field 0 */
        {"PK\x03\x04 a zip", 10, "not a SentencePiece model"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        spm_message m = {.n = 0};
        spm_put(&m, bad[i].bytes, bad[i].n);
        refuse(&m, bad[i].words);
    }
}

static void folders_say_what_they_lack(void)
{
    char folder[1200], file[1400];
    hl_tokenizer *t;
    spm_message m = small_model();
    snprintf(folder, sizeof folder, "%s/model", check_folder());
    CHECK_FAILS(hl_tokenizer_open(&t, folder), HL_EFORMAT, "no such tokenizer");
    hl_tokenizer_close(t);
    CHECK_OK(hl_folder_make(folder));
    CHECK_FAILS(hl_tokenizer_open(&t, folder), HL_EFORMAT, "a folder without a tokenizer; supported: ");
    hl_tokenizer_close(t);
    static const struct {
        const char *file, *content, *words;
    } others[] = {
        {"vocab.txt", "a\nb\n", "vocab.txt: not the vocabulary of a BERT: it has no [UNK]"},
        {"vocab.json", "{\"a\": 1}", "tokenizer_config.json names none that is known"},
        {"tokenizer.json", "{\"model\": {}}", "neither a type nor what one could be told by"},
        {"tokenizer.model", "YQ== 0\nYg== 1\n", "has 2 tokens; of files in the form of tiktoken"},
        {"spiece.model", "\xFF", "spiece.model: not a SentencePiece model"},
    };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        snprintf(file, sizeof file, "%s/%s", folder, others[i].file);
        CHECK_OK(hl_atomic_write(file, others[i].content, strlen(others[i].content)));
        CHECK_FAILS(hl_tokenizer_open(&t, folder), HL_EFORMAT, others[i].words);
        hl_tokenizer_close(t);
        CHECK_FAILS(hl_tokenizer_open(&t, file), HL_EFORMAT, others[i].words);
        hl_tokenizer_close(t);
        CHECK_OK(hl_folder_remove(file));
    }
    snprintf(file, sizeof file, "%s/tokenizer.model", folder);
    CHECK_OK(hl_atomic_write(file, m.at, m.n));
    CHECK_OK(hl_tokenizer_open(&t, folder));
    GIVES(t, "aé", 1, 3, 6);
    hl_tokenizer_close(t);
}

/* --- real models ----------------------------------------------------------------------------- */

static char **read_strings(hid_t file, const char *name, int *n)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    char **x = stored_vector(file, name, type, sizeof *x, n);
    H5Tclose(type);
    return x;
}

static void free_strings(char **x, int n)
{
    for (int i = 0; i < n; i++) free(x[i]);
    free(x);
}

/* Rows of ids: row i is values[offsets[i]] up to values[offsets[i + 1]]. */
typedef struct {
    int64_t *offsets;
    int32_t *values;
    int n;
} rows;

static rows read_rows(hid_t file, const char *offsets, const char *values)
{
    rows r;
    int n;
    r.offsets = stored_vector(file, offsets, H5T_NATIVE_INT64, sizeof *r.offsets, &r.n);
    r.values = stored_vector(file, values, H5T_NATIVE_INT32, sizeof *r.values, &n);
    CHECK(r.n > 0 && r.offsets[r.n - 1] == n);
    r.n--;
    return r;
}

static bool is_row(hl_tokenizer *t, hl_ids *ids, const char *text, const rows *r, int i)
{
    if (!CHECK_OK(hl_tokenizer_encode(t, ids, text, strlen(text), 0))) return false;
    return ids->n == r->offsets[i + 1] - r->offsets[i]
           && memcmp(ids->at, r->values + r->offsets[i], (size_t)ids->n * sizeof *ids->at) == 0;
}

static void compare_items(hl_tokenizer *t, hid_t file, const stored_texts *known)
{
    hl_ids ids = {0};
    rows want = read_rows(file, "ids/offsets", "ids/values");
    int n, same = 0;
    char **items = read_strings(file, "item_tokens", &n);
    CHECK(n == want.n && n > 1000);
    for (int i = 0; i < n; i++) same += is_row(t, &ids, stored_text(known, items[i]), &want, i);
    CHECK(same == n);
    printf("     %d of %d items have the same ids\n", same, n);
    free_strings(items, n);
    free(want.offsets), free(want.values);
    hl_ids_free(&ids);
}

static void compare_odd_texts(hl_tokenizer *t, hid_t file)
{
    hl_ids ids = {0};
    rows want = read_rows(file, "odd/ids/offsets", "odd/ids/values");
    int n;
    char **odd = read_strings(file, "odd/text", &n);
    CHECK(n == want.n && n > 10);
    for (int i = 0; i < n; i++) CHECK(is_row(t, &ids, odd[i] ? odd[i] : "", &want, i));
    free_strings(odd, n);
    free(want.offsets), free(want.values);
    hl_ids_free(&ids);
}

static void compare_with_stored(const char *golden, const char *model)
{
    stored_texts known = {0};
    hl_tokenizer *t;
    const char *path = check_shared("data/information/amazon_industrial.csv");
    if (!path) return;
    stored_texts_read(&known, path);
    path = check_shared(model);
    if (!path) return stored_texts_free(&known);
    CHECK_OK(hl_tokenizer_open(&t, path));
    path = check_shared(golden);
    if (path) {
        hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
        CHECK(file >= 0);
        compare_items(t, file, &known);
        compare_odd_texts(t, file);
        H5Fclose(file);
    }
    hl_tokenizer_close(t);
    stored_texts_free(&known);
}

static void ids_of_a_small_vocabulary_are_hugging_faces(void)
{
    compare_with_stored("golden/tokens_tinystories_amazon_industrial.h5", "models/tinystories-260k");
}

static void ids_of_llamas_vocabulary_are_hugging_faces(void)
{
    compare_with_stored("golden/tokens_llama32k_amazon_industrial.h5", "models/llama-32k/tokenizer.model");
}

static const test tests[] = {
    {"a byte's id is three more, after BOS", bytes_are_three_more},
    {"a limit cuts on the right, BOS counts", a_limit_cuts_on_the_right},
    {"bad UTF-8 is an error that names the offset", bad_utf8_is_an_error_that_names_the_offset},
    {"the best score merges first", the_best_score_merges_first},
    {"among equal scores longer parts go first, left before right", among_equal_scores_longer_parts_go_first},
    {"special pieces are cut out and blanks start anew", special_pieces_are_cut_out_and_blanks_start_anew},
    {"unknown characters are one <unk> or their bytes", unknown_characters_are_one_unk_or_their_bytes},
    {"merging agrees with its slow twin", merging_agrees_with_its_slow_twin},
    {"a long run of one letter takes no square of time", a_long_run_of_one_letter_takes_no_square_of_time},
    {"the digest names what decides the ids", the_digest_names_what_decides_the_ids},
    {"a model cut anywhere is refused", a_model_cut_anywhere_is_refused},
    {"one wrong byte anywhere breaks nothing", one_wrong_byte_anywhere_breaks_nothing},
    {"impossible models are refused with a sentence", impossible_models_are_refused_with_a_sentence},
    {"other types of model are refused by name", other_types_of_model_are_refused_by_name},
    {"numbers and lengths beyond the file are refused", numbers_and_lengths_beyond_the_file_are_refused},
    {"folders say what they lack", folders_say_what_they_lack},
    {"ids of a small vocabulary are Hugging Face's", ids_of_a_small_vocabulary_are_hugging_faces},
    {"ids of Llama's vocabulary are Hugging Face's", ids_of_llamas_vocabulary_are_hugging_faces},
};
HL_TESTS("tokenizer", tests)
