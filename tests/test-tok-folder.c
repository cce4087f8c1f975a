/* test-tok-folder.c - what the files around tokenizer.model say does to ids what it does in AutoTokenizer.
 *
 * The wanted ids follow from the rules in io/tokenizer/tok-config.h, which were compared with transformers 4.51 on 60
 * folders. */
#include "tests/check.h"
#include "tests/spm.h"
#include "base/error.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/tokenizer/tokenizer.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

enum { FILES = 5, MOST_IDS = 8, END = -1 };
static const char *const names[FILES] = {"tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
                                         "tokenizer.json", "config.json"};

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

/* The folder with tokenizer.model and these files; NULL: not there. */
static hl_status open_with(hl_tokenizer **t, const char *const file[FILES])
{
    static const spm_text pieces[] = {{"▁", SPM_NORMAL, -9},
                                      {"a", SPM_NORMAL, -9},
                                      {"b", SPM_NORMAL, -9},
                                      {"▁a", SPM_NORMAL, -1},
                                      {"▁b", SPM_NORMAL, -2}}; /* 3 ... 7 */
    spm_message m = spm_model(pieces, 5);
    CHECK_OK(hl_folder_remove(folder()));
    CHECK_OK(hl_folder_make(folder()));
    put("tokenizer.model", m.at, m.n);
    for (int i = 0; i < FILES; i++)
        if (file[i]) put(names[i], file[i], strlen(file[i]));
    return hl_tokenizer_open(t, folder());
}

static bool gives(hl_tokenizer *t, const char *text, const int want[MOST_IDS])
{
    hl_ids ids = {0};
    bool same = hl_tokenizer_encode(t, &ids, text, strlen(text), 0) == HL_OK;
    for (int i = 0; same && i < ids.n; i++) same = i < MOST_IDS && ids.at[i] == want[i];
    same = same && (ids.n == MOST_IDS || want[ids.n] == END);
    if (!same) {
        printf("     \"%s\" gives", text);
        for (int i = 0; i < ids.n; i++) printf(" %d", ids.at[i]);
        printf("\n");
    }
    hl_ids_free(&ids);
    return same;
}

#define TOKEN(text, more) "{\"content\":\"" text "\"," more "\"special\":true}"
#define DECODER(tokens) "{\"added_tokens_decoder\":{" tokens "}}"
#define VOCAB "\"vocab\":{\"<unk>\":0,\"<s>\":1,\"</s>\":2,\"▁\":3,\"a\":4,\"b\":5,\"▁a\":6,\"▁b\":7}"
#define FAST(rules, merges) \
    "{" rules ",\"model\":{\"type\":\"BPE\",\"fuse_unk\":true," VOCAB ",\"merges\":[" merges "]}}"
#define ALL_MERGES "\"▁ a\",[\"▁\",\"b\"]"
#define FIRST                                                                                               \
    "\"added_tokens\":[{\"id\":1,"                                                                          \
    "\"content\":\"<s>\"},{\"id\":8,\"content\":\"<x>\"}],\"normalizer\":null,\"pre_tokenizer\":{\"type\":" \
    "\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\",\"split\":false}"
#define EACH                                                                                                       \
    "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Prepend\",\"prepend\":\"▁\"},{\"type\":" \
    "\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":\"▁\"}]}"
#define LLAMA(more) "{\"tokenizer_class\":\"LlamaTokenizer\"," more "}"
#define PLAIN "{\"tokenizer_class\":\"PreTrainedTokenizerFast\"}"
#define WITH_EOS                                                                                                       \
    "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\"}},{\"SpecialToken\":" \
    "{\"id\":\"</s>\"}}],\"special_tokens\":{\"</s>\":{\"id\":\"</s>\",\"ids\":[2],\"tokens\":[\"</s>\"]}}}"

static void files_decide_the_ids(void)
{
    static const struct {
        const char *file[FILES], *text;
        int want[MOST_IDS];
    } cases[] = {
        {{"{}"}, "a b", {1, 6, 7, END}},
        {{"{\"tokenizer_class\":\"LlamaTokenizerFast\",\"chat_template\":\"x\",\"model_max_length\":"
          "1000000000000000019884624838656}"},
         " a<unk>",
         {1, 3, 6, 0, END}},
        {{"{\"add_eos_token\":true}"}, "a b", {1, 6, 7, 2, END}},
        {{"{\"add_eos_token\":true}"}, "", {1, 2, END}},
        {{"{\"add_bos_token\":false}"}, "a b", {6, 7, END}},
        {{"{\"add_bos_token\":null}"}, "a b", {6, 7, END}},
        {{"{\"add_prefix_space\":false}"}, "a b", {1, 4, 7, END}},
        {{"{\"add_prefix_space\":null}"}, " a", {1, 6, END}},
        {{"{\"add_prefix_space\":true}"}, "a<s>b", {1, 6, 1, 7, END}},
        {{"{\"legacy\":false}"}, "a<s>b", {1, 6, 1, 5, END}},
        {{"{\"legacy\":false}"}, " a", {1, 6, END}},
        {{"{\"legacy\":null}"}, "a<s>b", {1, 6, 1, 7, END}},
        {{"{\"legacy\":false,\"add_prefix_space\":false}"}, "a", {1, 4, END}},
        {{"{\"bos_token\":\"</s>\"}"}, "a", {2, 6, END}},
        {{"{\"bos_token\":null,\"add_bos_token\":false}"}, "a", {6, END}},
        {{"{\"eos_token\":\"b\",\"add_eos_token\":true}"}, "ab", {1, 6, 5, 5, END}}, /* b is now cut out, too */
        {{"{\"pad_token\":\"<pad>\"}"}, "a<pad>", {1, 6, 8, END}},
        {{DECODER("\"9\":" TOKEN("<y>", "") ",\"8\":" TOKEN("<x>", "\"rstrip\":true,"))},
         "a<x> \t\n b<y>",
         {1, 6, 8, 7, 9, END}},
        {{DECODER("\"8\":" TOKEN("<x>", "\"lstrip\":true,"))}, "a　 <x>b", {1, 6, 8, 7, END}},
        {{DECODER("\"2\":" TOKEN("</s>", "\"rstrip\":true,"))},
         "a</s> b",
         {1, 6, 2, 3, 7, END}}, /* the class's own </s> comes after */
        {{"{\"eos_token\":\"</s>\",\"added_tokens_decoder\":{\"2\":" TOKEN("</s>", "\"rstrip\":true,") "}}"},
         "a</s> b",
         {1, 6, 2, 7, END}},
        {{"{}", "{\"bos_token\":\"</s>\"}"}, "a", {2, 6, END}},
        {{DECODER("\"1\":" TOKEN("<s>", "")), "{\"bos_token\":\"</s>\"}"}, "a", {1, 6, END}}, /* the map is older */
        {{"{}", "{\"pad_token\":{\"content\":\"<pad>\",\"rstrip\":true}}", "{\"<pad>\":8}"}, "<pad> b", {1, 8, 7, END}},
        {{"{\"extra_special_tokens\":{\"image\":\"<i>\"},\"additional_special_tokens\":[\"<x>\"]}"},
         "<x><i>",
         {1, 8, 9, END}},
        {{LLAMA("\"legacy\":null"), NULL, NULL, FAST(FIRST, ALL_MERGES)}, "a<x>b", {1, 6, 8, 5, END}},
        {{LLAMA("\"add_eos_token\":true"), NULL, NULL, FAST(FIRST, ALL_MERGES)}, "a", {1, 6, 2, END}},
        {{LLAMA("\"add_prefix_space\":true"), NULL, NULL, FAST(FIRST, ALL_MERGES)},
         "a<x>b",
         {1, 6, 8, 7, END}}, /* made of tokenizer.model */
        {{LLAMA("\"legacy\":false"), NULL, NULL, FAST(EACH, ALL_MERGES)},
         "a<s>b",
         {1, 6, 1, 7, END}}, /* the file has its own prefix */
        {{LLAMA("\"legacy\":null"), NULL, NULL, FAST(EACH, "\"▁ b\"")},
         "a b",
         {1, 3, 4, 7, END}}, /* and its own merges */
        {{PLAIN, NULL, NULL, FAST(EACH "," WITH_EOS, ALL_MERGES)}, "a", {6, 2, END}},
        {{PLAIN, NULL, NULL, FAST(EACH, ALL_MERGES)}, "a", {6, END}},
        {{NULL, NULL, NULL, NULL, "{\"model_type\":\"mistral\"}"}, "a", {1, 6, END}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        if (CHECK_OK(open_with(&t, cases[i].file))) CHECK(gives(t, cases[i].text, cases[i].want));
        hl_tokenizer_close(t);
    }
}

static void what_is_not_supported_is_refused_by_name(void)
{
    static const struct {
        const char *file[FILES], *words;
    } cases[] = {
        {{"{\"tokenizer_class\":\"T5Tokenizer\"}"}, "tokenizer_class is T5Tokenizer"},
        {{"{\"tokenizer_class\":\"CodeLlamaTokenizer\"}"}, "tokenizer_class is CodeLlamaTokenizer"},
        {{"{}", NULL, NULL, NULL, "{\"model_type\":\"gemma\"}"}, "config.json: model_type is gemma"},
        {{"{\"auto_map\":{\"AutoTokenizer\":[\"x.Y\",null]}}"}, "auto_map names code"},
        {{PLAIN}, "tokenizer_class is PreTrainedTokenizer; known: LlamaTokenizer"},
        {{"{\"add_bos_token\":\"false\"}"}, "add_bos_token is neither true nor false"},
        {{"{\"bos_token\":null}"}, "add_bos_token is true, but there is no bos_token"},
        {{"{\"eos_token\":3}"}, "eos_token is neither null, a text nor a token"},
        {{DECODER("\"9\":" TOKEN("<x>", ""))}, "<x> is said to have the id 9, but would get 8"},
        {{DECODER("\"9\":" TOKEN("a", ""))}, "a is said to have the id 9, but would get 4"},
        {{"[]"}, "tokenizer_config.json: line 1: not a JSON object"},
        {{"version https://git-lfs.github.com/spec/v1\n"}, "git lfs pull"},
        {{NULL, NULL, NULL, "{\"model\":{\"type\":\"Unigram\"}}"}, "tokenizer.json: its model has 0 pieces"},
        {{NULL, NULL, NULL, "{\"model\":{\"type\":\"Unigrams\"}}"}, "a model of the type Unigrams is not supported"},
        {{NULL, NULL, NULL, "{\"model\":{\"type\":\"BPE\",\"merges\":[],\"vocab\":{\"a\":0},\"dropout\":0.1}}"},
         "its model has dropout"},
        {{NULL, NULL, NULL, FAST(EACH, "\"▁ x\"")}, "merge 0 is of pieces that its vocabulary does not have"},
        {{NULL, NULL, NULL, FAST(EACH, "\"▁ a\",\"▁ a\"")}, "merge 1 twice"},
        {{NULL, NULL, NULL, FAST(EACH, "7")}, "merge 0 is not two pieces"},
        {{NULL, NULL, NULL, FAST("\"normalizer\":{\"type\":\"ByteLevel\"}", ALL_MERGES)},
         "the normalizer ByteLevel is not supported"},
        {{NULL, NULL, NULL, FAST("\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}", ALL_MERGES)},
         "the pre-tokenizer UnicodeScripts is not supported"},
        {{PLAIN, NULL, NULL, FAST(EACH ",\"post_processor\":{\"type\":\"X\"}", ALL_MERGES)},
         "the post_processor X is not supported"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        CHECK_FAILS(open_with(&t, cases[i].file), HL_EFORMAT, cases[i].words);
        hl_tokenizer_close(t);
    }
}

static void tokens_are_found_as_their_flags_say(void)
{
    static const struct {
        const char *file[FILES], *text;
        int want[MOST_IDS];
    } cases[] = {
        {{DECODER("\"8\":" TOKEN("<x>", "\"normalized\":true,"))}, "a<x>", {1, 6, 0, END}}, /* it is "▁<x>" now */
        {{DECODER("\"8\":" TOKEN("<x>", "\"normalized\":true,"))}, "<x>a", {1, 8, 4, END}},
        {{DECODER("\"8\":" TOKEN("<x>", "\"single_word\":true,"))}, "a<x>", {1, 6, 0, END}},
        {{DECODER("\"8\":" TOKEN("<x>", "\"single_word\":true,"))}, "a <x>", {1, 6, 3, 8, END}},
        {{"{\"pad_token\":\"<x>\",\"split_special_tokens\":true}"}, "a<x>", {1, 6, 0, END}},
        {{NULL, NULL, "{\"<x>\":8}"}, "<x>", {1, 8, END}},
        {{NULL, NULL, "{\"<x>\":8}"}, "a<x>", {1, 6, 0, END}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_tokenizer *t;
        if (CHECK_OK(open_with(&t, cases[i].file))) CHECK(gives(t, cases[i].text, cases[i].want));
        hl_tokenizer_close(t);
    }
}

static uint64_t digest_with(const char *config)
{
    hl_tokenizer *t;
    CHECK_OK(open_with(&t, (const char *const[FILES]){config}));
    uint64_t d = hl_tokenizer_digest(t);
    hl_tokenizer_close(t);
    return d;
}

static void the_digest_covers_what_changes_ids(void)
{
    static const char *const others[] = {
        "{\"add_eos_token\":true}", "{\"add_bos_token\":false}", "{\"add_prefix_space\":false}",   "{\"legacy\":false}",
        "{\"bos_token\":\"</s>\"}", "{\"pad_token\":\"<pad>\"}", "{\"split_special_tokens\":true}"};
    char path[PATH_MAX + 20];
    hl_tokenizer *t;
    uint64_t plain = digest_with(NULL);
    CHECK(digest_with("{\"model_max_length\":5,\"padding_side\":\"left\",\"clean_up_tokenization_spaces\":true}")
          == plain);
    snprintf(path, sizeof path, "%s/tokenizer.model", folder());
    CHECK_OK(hl_tokenizer_open(&t, path));
    CHECK(hl_tokenizer_digest(t) == plain);
    hl_tokenizer_close(t);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) CHECK(digest_with(others[i]) != plain);
}

static void a_limit_cuts_eos_off(void)
{
    hl_tokenizer *t;
    hl_ids ids = {0};
    CHECK_OK(open_with(&t, (const char *const[FILES]){"{\"add_eos_token\":true}"}));
    CHECK_OK(hl_tokenizer_encode(t, &ids, "a b", 3, 3));
    CHECK(ids.n == 3 && ids.at[2] == 7);
    CHECK_OK(hl_tokenizer_encode(t, &ids, "a b", 3, 4));
    CHECK(ids.n == 4 && ids.at[3] == 2);
    hl_ids_free(&ids);
    hl_tokenizer_close(t);
}

static const test tests[] = {
    {"files decide the ids", files_decide_the_ids},
    {"what is not supported is refused by name", what_is_not_supported_is_refused_by_name},
    {"tokens are found as their flags say", tokens_are_found_as_their_flags_say},
    {"the digest covers what changes ids", the_digest_covers_what_changes_ids},
    {"a limit cuts EOS off", a_limit_cuts_eos_off},
};
HL_TESTS("tok-folder", tests)
