/* test-tok-kinds.c - each kind of tokenizer gives Hugging Face's ids, or says why it cannot; so do damaged files.
 *
 * Tokenizers, texts and ids in tests/data/tokenizers were made by tests/data/make-tokenizers.py. */
#include "tests/check.h"
#include "tests/spm.h"
#include "base/alloc.h"
#include "base/rng.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "io/tokenizer/regex.h"
#include "io/tokenizer/tokenizer.h"
#include "io/tokenizer/unicode.h"
#include "io/tokenizer/word-scan.h"
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static json_t *load(const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "tokenizers/%s", name);
    const char *at = check_data(path);
    json_t *j = at ? json_load_file(at, JSON_ALLOW_NUL, NULL) : NULL;
    CHECK(j != NULL);
    return j;
}

/* --- stored ids ------------------------------------------------------------------------------ */

static bool is_row(const hl_ids *ids, const json_t *want)
{
    bool same = (size_t)ids->n == json_array_size(want);
    for (int i = 0; same && i < ids->n; i++) same = ids->at[i] == json_integer_value(json_array_get(want, (size_t)i));
    return same;
}

static void compare(hl_tokenizer *t, const char *name, const json_t *texts, const json_t *rows)
{
    hl_ids ids = {0};
    size_t i;
    json_t *text;
    CHECK(json_array_size(texts) == json_array_size(rows) && json_array_size(texts) > 50);
    json_array_foreach(texts, i, text)
    {
        bool ok = CHECK_OK(hl_tokenizer_encode(t, &ids, json_string_value(text), json_string_length(text), 0))
                  && is_row(&ids, json_array_get(rows, i));
        if (!ok) {
            printf("     %s, text %zu \"%s\" gives", name, i, json_string_value(text));
            for (int k = 0; k < ids.n; k++) printf(" %d", ids.at[k]);
            printf("\n");
        }
        CHECK(ok);
        for (int k = 0; k < ids.n; k++) CHECK(ids.at[k] >= 0 && ids.at[k] < hl_tokenizer_vocab(t));
    }
    hl_ids_free(&ids);
}

static void every_kind_gives_hugging_faces_ids(void)
{
    char path[PATH_MAX];
    const char *name;
    json_t *all = load("ids.json"), *rows;
    json_object_foreach(json_object_get(all, "ids"), name, rows)
    {
        hl_tokenizer *t;
        snprintf(path, sizeof path, "tokenizers/%s.json", name);
        const char *at = check_data(path);
        if (at && CHECK_OK(hl_tokenizer_open(&t, at))) compare(t, name, json_object_get(all, "texts"), rows);
        if (at) hl_tokenizer_close(t);
    }
    json_decref(all);
}

/* --- other forms of the same ----------------------------------------------------------------- */

static const char *folder(void)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/model", check_folder());
    return path;
}

static void put(const char *name, const void *bytes, size_t n)
{
    char path[PATH_MAX + 100];
    snprintf(path, sizeof path, "%s/%s", folder(), name);
    CHECK_OK(hl_atomic_write(path, bytes, n));
}

static void put_json(const char *name, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_SORT_KEYS);
    put(name, text, strlen(text));
    free(text);
}

static void compare_folder(const char *name)
{
    json_t *all = load("ids.json");
    hl_tokenizer *t;
    if (CHECK_OK(hl_tokenizer_open(&t, folder())))
        compare(t, name, json_object_get(all, "texts"), json_object_get(json_object_get(all, "ids"), name));
    hl_tokenizer_close(t);
    json_decref(all);
}

/* The pieces by their ids, a line each. */
static char *lines(const json_t *vocab, size_t *n)
{
    char *text;
    const char *piece;
    json_t *id;
    FILE *f = hl_alloc_stream(&text, n);
    for (json_int_t i = 0; i < (json_int_t)json_object_size(vocab); i++)
        json_object_foreach((json_t *)(uintptr_t)vocab, piece, id) if (json_integer_value(id) == i)
            fprintf(f, "%s\n", piece);
    fclose(f);
    return text;
}

static void vocab_txt_with_berts_class_is_the_same(void)
{
    static const char config[] = "{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":true}";
    json_t *fast = load("wordpiece.json");
    size_t n;
    char *text = lines(json_object_get(json_object_get(fast, "model"), "vocab"), &n);
    CHECK_OK(hl_folder_remove(folder()));
    CHECK_OK(hl_folder_make(folder()));
    put("vocab.txt", text, n);
    put("tokenizer_config.json", config, sizeof config - 1);
    compare_folder("wordpiece");
    free(text);
    json_decref(fast);
}

static void vocab_json_with_merges_is_the_same(void)
{
    json_t *fast = load("byte_level.json"), *model = json_object_get(fast, "model"), *merge, *token,
           *config = json_pack("{s:s, s:{}}", "tokenizer_class", "RobertaTokenizer", "added_tokens_decoder");
    char *text, id[24];
    size_t i, n;
    FILE *f = hl_alloc_stream(&text, &n);
    fputs("#version: 0.2\n", f);
    json_array_foreach(json_object_get(model, "merges"), i, merge)
        fprintf(f, "%s %s\n", json_string_value(json_array_get(merge, 0)), json_string_value(json_array_get(merge, 1)));
    fclose(f);
    json_array_foreach(json_object_get(fast, "added_tokens"), i, token)
    {
        snprintf(id, sizeof id, "%d", (int)json_integer_value(json_object_get(token, "id")));
        json_object_set(json_object_get(config, "added_tokens_decoder"), id, token);
    }
    json_object_set_new(config, "pad_token", json_null());
    json_object_set_new(config, "unk_token", json_null());
    CHECK_OK(hl_folder_remove(folder()));
    CHECK_OK(hl_folder_make(folder()));
    put_json("vocab.json", json_object_get(model, "vocab"));
    put("merges.txt", text, n);
    put_json("tokenizer_config.json", config);
    compare_folder("byte_level");
    free(text);
    json_decref(config);
    json_decref(fast);
}

static void tokenizer_config_overrides_berts_normalizer(void)
{
    static const struct {
        const char *config, *text;
        int n; /* ids of "Box CAFÉ" */
    } cases[] = {{"{\"tokenizer_class\":\"BertTokenizer\"}", "box", 1},
                 {"{\"tokenizer_class\":\"BertTokenizer\",\"do_lower_case\":false}", "BOX", 0},
                 {"{\"tokenizer_class\":\"PreTrainedTokenizerFast\",\"do_lower_case\":false}", "BOX", 1}};
    json_t *fast = load("wordpiece.json");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        hl_ids ids = {0};
        CHECK_OK(hl_folder_remove(folder()));
        CHECK_OK(hl_folder_make(folder()));
        put_json("tokenizer.json", fast);
        put("tokenizer_config.json", cases[i].config, strlen(cases[i].config));
        if (CHECK_OK(hl_tokenizer_open(&t, folder())))
            CHECK_OK(hl_tokenizer_encode(t, &ids, cases[i].text, strlen(cases[i].text), 0));
        bool is_known = true;
        for (int k = 0; k < ids.n; k++) is_known = is_known && ids.at[k] != 1; /* [UNK] */
        CHECK(ids.n >= 3 && is_known == cases[i].n);
        hl_ids_free(&ids);
        hl_tokenizer_close(t);
    }
    json_decref(fast);
}

static void characters_without_a_token_are_counted_also_in_words_seen_before(void)
{
    static const char json[] = "{\"model\":{\"type\":\"BPE\",\"unk_token\":null,\"vocab\":{\"a\":0,\"b\":1,\"ab\":2},"
                               "\"merges\":[\"a b\"]},\"pre_tokenizer\":{\"type\":\"Whitespace\"}}";
    static const struct {
        const char *text;
        int64_t dropped;
        int n; /* ids: what is left of "a?b" merges, as in Hugging Face's tokenizers */
    } cases[] = {{"ab", 0, 1},
                 {"a\xC3\xA9"
                  "b ab",
                  1, 2},
                 {"xyz a\xC3\xA9"
                  "b",
                  4, 1},
                 {"", 0, 0}};
    char path[PATH_MAX];
    hl_tokenizer *t;
    hl_ids ids = {0};
    snprintf(path, sizeof path, "%s/tokenizer.json", check_folder());
    CHECK_OK(hl_atomic_write(path, json, strlen(json)));
    if (CHECK_OK(hl_tokenizer_open(&t, path)))
        for (int round = 0; round < 2; round++)
            for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
                CHECK_OK(hl_tokenizer_encode(t, &ids, cases[i].text, strlen(cases[i].text), 0));
                CHECK(ids.n == cases[i].n && ids.dropped == cases[i].dropped);
            }
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

/* --- the slow twin of words that are cut by hand ---------------------------------------------- */

static size_t made_up(char *text, hl_rng *r)
{
    static const char *const parts[] = {"a",
                                        "B",
                                        " ",
                                        "  ",
                                        "\n",
                                        "\r\n",
                                        "\t",
                                        "1",
                                        "23",
                                        "'",
                                        "s",
                                        "'LL",
                                        "'re",
                                        "\xC5\xBF",
                                        "\xC3\xA9",
                                        "\xC2\xB2",
                                        "\xC2\xBD",
                                        "\xD9\xA3",
                                        "\xE3\x80\x82",
                                        "\xE3\x80\x80",
                                        "\xC2\xA0",
                                        "\xF0\x9F\x98\x80",
                                        "-",
                                        "_",
                                        "e\xCC\x81",
                                        "\xE6\x97\xA5",
                                        "\xE2\x80\x8B",
                                        "\xC2\x85"};
    size_t n = 0;
    for (int k = (int)hl_rng_below(r, 30); k > 0; k--) {
        const char *p = parts[hl_rng_below(r, sizeof parts / sizeof parts[0])];
        memcpy(text + n, p, strlen(p));
        n += strlen(p);
    }
    return n;
}

static void words_cut_by_hand_are_those_of_the_pattern(void)
{
    hl_unicode_classes();
    for (int s = 0; hl_word_scan_regex(s); s++) {
        hl_regex *regex;
        const hl_word_scan *scan = hl_word_scan_find(hl_word_scan_regex(s));
        int same = 0, words = 0;
        CHECK_OK(hl_regex_open(&regex, hl_word_scan_regex(s), "a test"));
        for (uint64_t round = 0; round < 3000; round++) {
            char text[400];
            hl_rng r = hl_rng_at(11, HL_FOR_TESTS, round, (uint32_t)s);
            size_t n = made_up(text, &r), at = 0;
            hl_regex_match m = {0};
            for (bool found = true; at < n; at = m.end, words++) {
                CHECK_OK(hl_regex_next(regex, &m, text, n, &found));
                bool ok = found && m.begin == at && m.end - m.begin == hl_word_scan_next(scan, text + at, n - at);
                same += ok;
                if (!ok) printf("     \"%.*s\" at %zu\n", (int)n, text, at);
                if (!found) break;
            }
        }
        CHECK(same == words && words > 10000);
        hl_regex_close(regex);
    }
}

/* --- hostile files --------------------------------------------------------------------------- */

/* Open, and where that goes well, encode. */
static void try_bytes(const char *bytes, size_t n, int *refused)
{
    static const char sample[] = "  A word's <s>[CLS] caf\xC3\xA9 \xE2\x96\x81\xF0\x9F\x98\x80</s>\n 1234 tail ";
    char path[PATH_MAX];
    hl_tokenizer *t;
    hl_ids ids = {0};
    snprintf(path, sizeof path, "%s/tokenizer.json", check_folder());
    FILE *f = fopen(path, "wb");
    HL_CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    hl_status s = hl_tokenizer_open(&t, path);
    CHECK(s == HL_OK || (s == HL_EFORMAT && strstr(hl_error_text(), "tokenizer.json")));
    *refused += s != HL_OK;
    if (s == HL_OK) s = hl_tokenizer_encode(t, &ids, sample, sizeof sample - 1, 0);
    CHECK(s == HL_OK || (s == HL_EFORMAT && *hl_error_text()));
    for (int i = 0; i < ids.n; i++) CHECK(ids.at[i] >= 0 && ids.at[i] < hl_tokenizer_vocab(t));
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

/* The same for a file of pieces in a folder whose class is said. */
static void try_pieces(const char *class, const char *bytes, size_t n, int *refused)
{
    char config[100];
    hl_tokenizer *t;
    hl_ids ids = {0};
    snprintf(config, sizeof config, "{\"tokenizer_class\":\"%s\"}", class);
    put("tokenizer_config.json", config, strlen(config));
    put("spiece.model", bytes, n);
    hl_status s = hl_tokenizer_open(&t, folder());
    CHECK(s == HL_OK || (s == HL_EFORMAT && strstr(hl_error_text(), folder())));
    *refused += s != HL_OK;
    if (s == HL_OK) s = hl_tokenizer_encode(t, &ids, "a word b", 8, 0);
    CHECK(s == HL_OK || (s == HL_EFORMAT && *hl_error_text()));
    for (int i = 0; i < ids.n; i++) CHECK(ids.at[i] >= 0 && ids.at[i] < hl_tokenizer_vocab(t));
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

static void damage_pieces(const char *class, char *bytes, size_t n)
{
    int cut = 0, flipped = 0;
    for (uint64_t round = 0; round < 200; round++) {
        hl_rng r = hl_rng_at(6, HL_FOR_TESTS, round, (uint32_t)n);
        size_t place = hl_rng_below(&r, n);
        char was = bytes[place];
        try_pieces(class, bytes, place, &cut);
        bytes[place] = (char)(was ^ (1 << hl_rng_below(&r, 8)));
        try_pieces(class, bytes, n, &flipped);
        bytes[place] = was;
    }
    CHECK(cut > 50 && flipped > 20);
    printf("     %s: %d of 200 cut and %d of 200 changed files are refused\n", class, cut, flipped);
}

static void files_of_other_forms_that_are_damaged_break_nothing(void)
{
    static const spm_text pieces[] = {
        {"\xE2\x96\x81", SPM_NORMAL, -3}, {"a", SPM_NORMAL, -2}, {"word", SPM_NORMAL, -5}};
    static const char *const classes[] = {"T5Tokenizer", "LlamaTokenizer"};
    char words[] = "[UNK]\n[CLS]\n[SEP]\nword\n##s\na\n", ranks[] = "YQ== 0\nYg== 1\nYWI= 2\nIHdvcmQ= 3\n",
         pair[] = "{\"a\": 0, \"b\": 1, \"ab\": 2, \"w\": 3}";
    CHECK_OK(hl_folder_remove(folder()));
    CHECK_OK(hl_folder_make(folder()));
    put("merges.txt", "a b\n", 4);
    for (int i = 0; i < 2; i++) {
        spm_message m = {.n = 0};
        spm_first_pieces(&m);
        for (int k = 0; k < 3; k++) spm_piece(&m, pieces[k].text, pieces[k].type, pieces[k].score);
        spm_settings(&m, i == 0 ? 1 : SPM_BPE);
        damage_pieces(classes[i], (char *)m.at, m.n);
    }
    damage_pieces("BertTokenizer", words, sizeof words - 1);
    damage_pieces("QWenTokenizer", ranks, sizeof ranks - 1);
    damage_pieces("GPT2Tokenizer", pair, sizeof pair - 1);
}

static void damage(const char *name, int *cut, int *flipped)
{
    char path[PATH_MAX], *bytes;
    size_t n;
    snprintf(path, sizeof path, "tokenizers/%s.json", name);
    const char *at = check_data(path);
    if (!at || !CHECK_OK(hl_regular_read(at, 1 << 24, &bytes, &n))) return;
    for (uint64_t round = 0; round < 200; round++) {
        hl_rng r = hl_rng_at(5, HL_FOR_TESTS, round, (uint32_t)n);
        size_t place = hl_rng_below(&r, n);
        char was = bytes[place];
        try_bytes(bytes, place, cut);
        bytes[place] = (char)(was ^ (1 << hl_rng_below(&r, 7)));
        try_bytes(bytes, n, flipped);
        bytes[place] = was;
    }
    free(bytes);
}

static void files_cut_or_with_a_wrong_bit_break_nothing(void)
{
    static const char *const names[] = {"byte_level", "words",     "falcon_like", "llama_like",
                                        "affixes",    "wordpiece", "unigram",     "cut_merged_next"};
    int cut = 0, flipped = 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) damage(names[i], &cut, &flipped);
    CHECK(cut == 8 * 200);
    CHECK(flipped > 100 && flipped < 8 * 200);
    printf("     %d of 1600 cut and %d of 1600 changed files are refused\n", cut, flipped);
}

#define MODEL(model) "{\"model\":{" model "}}"
#define BPE(more) "\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"ba\":3},\"merges\":[[\"a\",\"b\"]]" more
#define WITH(more) "{" more ",\"model\":{" BPE("") "}}"
#define SPLIT(regex) \
    WITH("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex "\"},\"behavior\":\"Isolated\"}")

static void impossible_files_are_refused_by_name(void)
{
    static const struct {
        const char *json, *words;
    } cases[] = {
        {"{}", "names none that is known"},
        {MODEL("\"type\":\"BPE\",\"vocab\":{},\"merges\":[]"), "its model has no vocabulary"},
        {MODEL("\"type\":\"BPE\",\"vocab\":{\"a\":-1},\"merges\":[]"), "the id of the piece a is not a number"},
        {MODEL("\"type\":\"BPE\",\"vocab\":{\"a\":4000000000},\"merges\":[]"), "the id of the piece a is not a number"},
        {MODEL("\"type\":\"BPE\",\"vocab\":{\"a\":1e9},\"merges\":[]"), "the id of the piece a is not a number"},
        {MODEL("\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":[[\"a\",\"a\"]]"), "merge 0 is of pieces"},
        {MODEL(BPE(",\"unk_token\":\"x\"")), "the unk_token of its model, x, is not in the vocabulary"},
        {MODEL(BPE(",\"dropout\":0.5")), "dropout"},
        {MODEL("\"type\":\"Unigram\",\"vocab\":[[\"a\",-1]],\"unk_id\":7"), "the unk_id of its model is not one of"},
        {MODEL("\"type\":\"Unigram\",\"vocab\":[[\"a\",NaN]],\"unk_id\":0"), "piece 0 of its model is not a text"},
        {MODEL("\"type\":\"WordPiece\",\"vocab\":{\"a\":0},\"unk_token\":\"[UNK]\""),
         "[UNK], is not in the vocabulary"},
        {WITH("\"added_tokens\":[{\"id\":9,\"content\":\"<x>\"}]"), "is said to have the id 9, but would get 4"},
        {WITH("\"added_tokens\":{}"), "its added_tokens are no list"},
        {WITH("\"added_tokens\":[{\"id\":4}]"), "added token 0 has no content"},
        {WITH("\"normalizer\":{\"type\":\"X\"}"), "the normalizer X is not supported"},
        {WITH("\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAAA\"}"), "is not base64"},
        {WITH("\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////wAA\"}"),
         "ends within its trie"},
        {WITH("\"pre_tokenizer\":{\"type\":\"X\"}"), "the pre-tokenizer X is not supported"},
        {WITH("\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":"
              "\"Metaspace\"}]}"),
         "Metaspace behind ByteLevel is not supported"},
        {WITH("\"post_processor\":{\"type\":\"X\"}"), "the post_processor X is not supported"},
        {WITH("\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[],\"special_tokens\":{}}"),
         "the template"},
        {WITH("\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"a\",-4],\"sep\":[\"a\",0]}"), "a special id"},
        {SPLIT("("), "is not supported: missing closing parenthesis"},
        {SPLIT("\\\\bx"), "has \\b, which is not supported"},
        {SPLIT("[a&&b]"), "has && in a class"},
        {SPLIT("(?<n>a)"), "has a group of this kind"},
        {SPLIT("(*LIMIT_MATCH=1)a"), "has (*"},
        {SPLIT("a|(?i:mass)"), "has ss, st, ff, fi or fl in any case"},
        {SPLIT("a{1,3}+"), "a repetition of this form"},
        {SPLIT("(?:a{1,60000}){1,60000}"), "is not supported: "},
    };
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/tokenizer.json", check_folder());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        CHECK_OK(hl_atomic_write(path, cases[i].json, strlen(cases[i].json)));
        CHECK_FAILS(hl_tokenizer_open(&t, path), HL_EFORMAT, cases[i].words);
        hl_tokenizer_close(t);
    }
}

static void what_takes_too_long_or_grows_too_much_is_refused(void)
{
    static const struct {
        const char *json, *words;
    } cases[] = {
        {SPLIT("(?:a|a|aa)+[xy]"), "takes too much time or memory"},
        {WITH("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Replace\",\"pattern\":{\"String\":"
              "\"a\"},"
              "\"content\":\"aaaaaaaaaaaaaaaa\"},{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":"
              "\"aaaaaaaaaaaaaaaa\"}]}"),
         "the normalizer Replace makes"},
    };
    char path[PATH_MAX], text[4000];
    snprintf(path, sizeof path, "%s/tokenizer.json", check_folder());
    memset(text, 'a', sizeof text);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        hl_ids ids = {0};
        CHECK_OK(hl_atomic_write(path, cases[i].json, strlen(cases[i].json)));
        if (CHECK_OK(hl_tokenizer_open(&t, path)))
            CHECK_FAILS(hl_tokenizer_encode(t, &ids, text, sizeof text, 0), HL_EFORMAT, cases[i].words);
        hl_ids_free(&ids);
        hl_tokenizer_close(t);
    }
}

static const test tests[] = {
    {"every kind gives Hugging Face's ids", every_kind_gives_hugging_faces_ids},
    {"vocab.txt with BERT's class is the same", vocab_txt_with_berts_class_is_the_same},
    {"vocab.json with merges.txt is the same", vocab_json_with_merges_is_the_same},
    {"tokenizer_config.json overrides BERT's normalizer", tokenizer_config_overrides_berts_normalizer},
    {"characters without a token are counted, also in words seen before",
     characters_without_a_token_are_counted_also_in_words_seen_before},
    {"words cut by hand are those of the pattern", words_cut_by_hand_are_those_of_the_pattern},
    {"files cut or with a wrong bit break nothing", files_cut_or_with_a_wrong_bit_break_nothing},
    {"files of other forms that are damaged break nothing", files_of_other_forms_that_are_damaged_break_nothing},
    {"impossible files are refused by name", impossible_files_are_refused_by_name},
    {"what takes too long or grows too much is refused", what_takes_too_long_or_grows_too_much_is_refused},
};
HL_TESTS("tok-kinds", tests)
