/* test-safetensors.c - weights come out of safetensors exactly, and a bad file is a sentence. */
#include "tests/check.h"
#include "base/arena.h"
#include "base/error.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/weights/hf-config.h"
#include "io/weights/hf.h"
#include "io/files/regular.h"
#include "io/weights/state-dict.h"
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[PATH_MAX];

static const char *in_folder(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    return path;
}

static void put(const char *name, const void *bytes, size_t n) { CHECK_OK(hl_atomic_write(in_folder(name), bytes, n)); }

static void put_text(const char *name, const char *text) { put(name, text, strlen(text)); }

/* A file with this header, saying this length, and these bytes of data. */
static void put_file(const char *name, uint64_t says, const char *header, const void *data, size_t n)
{
    size_t h = strlen(header);
    char *all = hl_alloc(8 + h + n);
    memcpy(all, &says, 8);
    memcpy(all + 8, header, h);
    memcpy(all + 8 + h, data, n);
    put(name, all, 8 + h + n);
    free(all);
}

static void put_good(const char *name, const char *header, const void *data, size_t n)
{
    put_file(name, strlen(header), header, data, n);
}

static void read_both(float *x, size_t n, const char *tensor)
{
    hl_state_dict *s;
    CHECK_OK(hl_state_dict_open(&s, path));
    const hl_state_tensor *t = hl_state_dict_find(s, tensor);
    CHECK(t && t->count == n);
    if (t && t->count == n) CHECK_OK(hl_state_dict_read(t, x));
    hl_state_dict_close(s);
}

static bool same_bits(float x, uint32_t bits)
{
    uint32_t has;
    memcpy(&has, &x, sizeof has);
    return has == bits;
}

static void floats_come_out_as_they_are(void)
{
    float x[6], data[6] = {1, -2.5f, 3e-39f, INFINITY, 0, -0.0f};
    put_good("a",
             "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[16,24]},"
             "\"a\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}} ",
             data, sizeof data);
    in_folder("a");
    read_both(x, 4, "a");
    read_both(x + 4, 2, "b");
    CHECK(memcmp(x, data, sizeof data) == 0);
}

/* Every half there is, against its definition. */
static void every_half_becomes_its_float(void)
{
    enum { ALL = 65536 };
    uint16_t *h = hl_alloc(ALL * sizeof *h);
    float *x = hl_alloc(ALL * sizeof *x);
    for (int i = 0; i < ALL; i++) h[i] = (uint16_t)i;
    put_good("h", "{\"x\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}", h, ALL * sizeof *h);
    in_folder("h");
    read_both(x, ALL, "x");
    for (int i = 0; i < ALL; i++) {
        int exponent = (i >> 10) & 31, fraction = i & 1023;
        double want = exponent == 31 ? (fraction ? NAN : INFINITY)
                      : exponent     ? ldexp(1024 + fraction, exponent - 25)
                                     : ldexp(fraction, -24);
        if (i & 0x8000) want = -want;
        CHECK(isnan(want) ? isnan(x[i]) : (double)x[i] == want && (signbit(x[i]) != 0) == (i >= 0x8000));
    }
    free(x);
    free(h);
}

static void every_brain_float_becomes_its_float(void)
{
    enum { ALL = 65536 };
    uint16_t *h = hl_alloc(ALL * sizeof *h);
    float *x = hl_alloc(ALL * sizeof *x);
    for (int i = 0; i < ALL; i++) h[i] = (uint16_t)i;
    put_good("b", "{\"x\":{\"dtype\":\"BF16\",\"shape\":[256,256],\"data_offsets\":[0,131072]}}", h, ALL * sizeof *h);
    in_folder("b");
    read_both(x, ALL, "x");
    for (uint32_t i = 0; i < ALL; i++) CHECK(same_bits(x[i], i << 16));
    free(x);
    free(h);
}

/* Each header is alone in a file with 16 bytes of data. */
static const struct {
    const char *header, *words;
} bad_headers[] = {
    {"[1]", "not a JSON object"},
    {"{\"a\":", "not a JSON object"},
    {"", "not a JSON object"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_"
     "offsets\":[0,16]}}",
     "each name once"},
    {"{\"a\":7}", "tensor a: its dtype is missing"},
    {"{\"a\":{\"dtype\":\"Q4\",\"shape\":[4],\"data_offsets\":[0,16]}}", "tensor a: its dtype"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":4,\"data_offsets\":[0,16]}}", "its shape is not a list"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,4],\"data_offsets\":[0,16]}}", "at most 8"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}", "not a whole number"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4.0],\"data_offsets\":[0,16]}}", "not a whole number"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967297],\"data_offsets\":[0,16]}}", "larger than any memory"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,1],\"data_offsets\":[0,0]}}", "as many bytes"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,16]}}", "as many bytes"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}", "two whole numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,\"16\"]}}", "two whole numbers"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-16,0]}}", "leave the file"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}", "leave the file"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[5],\"data_offsets\":[0,20]}}", "cut off"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
     "offsets\":[8,16]}}",
     "overlap"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_"
     "offsets\":[8,16]}}",
     "belong to no tensor"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", "after its last tensor"},
    {"{}", "after its last tensor"},
};

static void a_bad_header_is_a_sentence(void)
{
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        hl_state_dict *s;
        put_good("bad", bad_headers[i].header, "0123456789abcdef", 16);
        CHECK_FAILS(hl_state_dict_open(&s, path), HL_EFORMAT, bad_headers[i].words);
        CHECK(strstr(hl_error_text(), path) == hl_error_text());
        hl_state_dict_close(s);
    }
}

static void a_bad_length_is_a_sentence(void)
{
    static const char good[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";
    static const uint64_t lengths[] = {(uint64_t)1 << 60, UINT64_MAX, UINT64_MAX - 7, sizeof good - 1 + 17,
                                       (uint64_t)1 << 32};
    hl_state_dict *s;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_file("bad", lengths[i], good, "0123456789abcdef", 16);
        CHECK_FAILS(hl_state_dict_open(&s, path), HL_EFORMAT, "says its header has");
        hl_state_dict_close(s);
    }
    put("bad", "1234567", 7);
    CHECK_FAILS(hl_state_dict_open(&s, path), HL_EFORMAT, "too short");
    hl_state_dict_close(s);
    CHECK_FAILS(hl_state_dict_open(&s, in_folder("none")), HL_EFORMAT, "cannot be opened");
    hl_state_dict_close(s);
    hl_state_dict_close(NULL);
}

/* No cut of a good file is a good file. */
static void every_truncation_is_noticed(void)
{
    static const char header[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}";
    char *bytes;
    size_t n;
    put_good("whole", header, "0123456789abcdef", 16);
    CHECK_OK(hl_regular_read(path, 1000, &bytes, &n));
    for (size_t cut = 0; cut < n; cut++) {
        hl_state_dict *s;
        put("cut", bytes, cut);
        CHECK_FAILS(hl_state_dict_open(&s, path), HL_EFORMAT, "cut: ");
        hl_state_dict_close(s);
    }
    free(bytes);
}

static void a_vector_is_the_only_tensor_of_a_file(void)
{
    float x[4], data[4] = {1, 2, 3, 4};
    put_good("v", "{\"item_emb_tokens\":{\"dtype\":\"F32\",\"shape\":[1,1,4],\"data_offsets\":[0,16]}}", data,
             sizeof data);
    CHECK_OK(hl_state_dict_vector(path, 4, x));
    CHECK(memcmp(x, data, sizeof data) == 0);
    CHECK_FAILS(hl_state_dict_vector(path, 5, x), HL_EFORMAT, "holds 4 numbers where 5");
    put_good("w", "{\"i\":{\"dtype\":\"I32\",\"shape\":[4],\"data_offsets\":[0,16]}}", data, sizeof data);
    CHECK_FAILS(hl_state_dict_vector(path, 4, x), HL_EFORMAT, "is I32");
    put_good("w",
             "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],"
             "\"data_offsets\":[8,16]}}",
             data, sizeof data);
    CHECK_FAILS(hl_state_dict_vector(path, 4, x), HL_EFORMAT, "holds 2 tensors");
}

/* ---- model folders ---- */

static const hl_transformer tiny = {.hidden_size = 4,
                                    .intermediate_size = 6,
                                    .num_hidden_layers = 2,
                                    .num_attention_heads = 2,
                                    .num_key_value_heads = 1,
                                    .head_dim = 2,
                                    .vocab_size = 5};
static const char tiny_config[] =
    "{\"model_type\":\"llama\",\"hidden_size\":4,\"intermediate_size\":6,\"num_hidden_layers\":2,"
    "\"num_attention_heads\":2,\"num_key_value_heads\":1,\"vocab_size\":5%s}";

static void make_folder(const char *name) { CHECK_OK(hl_folder_make(in_folder(name))); }

static hl_status config_of(const char *text, hl_transformer *out)
{
    put_text("m/config.json", text);
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%s/m", check_folder());
    return hl_hf_config(folder, out);
}

static hl_status config_with(const char *more, hl_transformer *out)
{
    char text[1000];
    snprintf(text, sizeof text, tiny_config, more);
    return config_of(text, out);
}

static void a_config_becomes_a_shape(void)
{
    hl_transformer c;
    make_folder("m");
    CHECK_OK(config_with("", &c));
    CHECK(c.hidden_size == 4 && c.intermediate_size == 6 && c.num_hidden_layers == 2 && c.num_attention_heads == 2);
    CHECK(c.num_key_value_heads == 1 && c.head_dim == 2 && c.vocab_size == 5);
    CHECK_NEAR(c.rms_norm_eps, 1e-6, 0);
    CHECK_NEAR(c.rope_theta, 1e4, 0);
    CHECK_NEAR(c.initializer_range, 0.02, 0);
    CHECK_OK(config_with(",\"head_dim\":8,\"rms_norm_eps\":1e-5,\"rope_theta\":500000,\"rope_scaling\":null,"
                         "\"attention_bias\":false,\"hidden_act\":\"silu\"",
                         &c));
    CHECK(c.head_dim == 8);
    CHECK_NEAR(c.rms_norm_eps, 1e-5, 0);
    CHECK_NEAR(c.rope_theta, 5e5, 0);
    CHECK_OK(config_with(",\"rope_parameters\":{\"rope_type\":\"default\",\"rope_theta\":250000.0}", &c));
    CHECK_NEAR(c.rope_theta, 2.5e5, 0);
    CHECK_OK(config_of("{\"model_type\":\"llama\",\"hidden_size\":4,\"intermediate_size\":6,\"num_hidden_layers\":2,"
                       "\"num_attention_heads\":2,\"vocab_size\":5}",
                       &c));
    CHECK(c.num_key_value_heads == 2);
    CHECK_OK(config_of("{\"model_type\":\"mistral\",\"hidden_size\":64,\"intermediate_size\":6,\"num_hidden_layers\":2,"
                       "\"num_attention_heads\":16,\"vocab_size\":5}",
                       &c));
    CHECK(c.num_key_value_heads == 8);
    CHECK_OK(config_of("{\"model_type\":\"mistral\",\"hidden_size\":64,\"intermediate_size\":6,\"num_hidden_layers\":2,"
                       "\"num_attention_heads\":16,\"num_key_value_heads\":null,\"vocab_size\":5}",
                       &c));
    CHECK(c.num_key_value_heads == 16 && c.sliding_window == 4096);
    CHECK_OK(config_with(",\"sliding_window\":16", &c)); /* Llama knows no window */
    CHECK(c.sliding_window == 0);
}

static void a_window_is_read(void)
{
    static const char mistral[] = "{\"model_type\":\"mistral\",\"hidden_size\":64,\"intermediate_size\":6,\"num_hidden_"
                                  "layers\":2,\"num_attention_heads\":16,\"vocab_size\":5,\"sliding_window\":%s}";
    static const struct {
        const char *value;
        int window;
    } cases[] = {{"16", 16}, {"null", 0}, {"9000000000000000000", INT_MAX}};
    char text[400];
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text, mistral, cases[i].value);
        CHECK_OK(config_of(text, &c));
        CHECK(c.sliding_window == cases[i].window);
    }
    snprintf(text, sizeof text, mistral, "0");
    CHECK_FAILS(config_of(text, &c), HL_EFORMAT, "sliding_window is neither null nor");
}

static void keys_that_nobody_needs_do_not_matter(void)
{
    static const char *const more[] = {",\"a\":Infinity",
                                       ",\"a\":[-Infinity,NaN]",
                                       ",\"a\":{\"b\":NaN}",
                                       ",\"a\":1000000000000000019884624838656",
                                       ",\"a\":-9223372036854775809",
                                       ",\"a\":1e999",
                                       ",\"a\":\"\\u0000\"",
                                       ",\"a\":\"\\ud800\"",
                                       ",\"a\":\"\\ud83d\\ude00 \\\" NaN 99999999999999999999\"",
                                       ",\"a\":1,\"a\":2",
                                       ",\"torch_dtype\":\"int4\"",
                                       ",\"tie_word_embeddings\":true",
                                       ",\"architectures\":[\"LlamaModel\"]",
                                       ",\"architectures\":null",
                                       ",\"sliding_window\":null",
                                       ",\"hidden_act\":\"swish\"",
                                       ",\"quantization_config\":null",
                                       ",\"layer_types\":[\"full_attention\",\"full_attention\"]"};
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++) {
        CHECK_OK(config_with(more[i], &c));
        CHECK(c.hidden_size == 4 && c.vocab_size == 5);
    }
    CHECK_OK(config_with(",\"hidden_size\":8", &c)); /* the last of two counts, as in Python */
    CHECK(c.hidden_size == 8);
}

static void every_form_of_the_theta_is_read(void)
{
    static const struct {
        const char *more;
        double theta;
    } forms[] = {
        {",\"rope_parameters\":{\"rope_theta\":500000}", 5e5}, /* without a type it is default */
        {",\"rope_theta\":500000.0,\"rope_parameters\":{\"rope_theta\":500000,\"rope_type\":\"default\"}", 5e5},
        {",\"rope_parameters\":{\"type\":\"default\"},\"rope_theta\":3", 3},
        {",\"rope_scaling\":null,\"rope_parameters\":null", 1e4},
        {",\"rope_scaling\":{\"rope_type\":\"default\",\"rope_theta\":7}", 7},
        {",\"rope_parameters\":{\"rope_theta\":9,\"rope_type\":null,\"factor\":null}", 9},
    };
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CHECK_OK(config_with(forms[i].more, &c));
        CHECK_NEAR(c.rope_theta, forms[i].theta, 0);
    }
}

static void every_form_of_a_scaling_is_read(void)
{
    static const struct {
        const char *more, *type;
        double factor, original, fast;
    } forms[] = {
        {",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2}", "linear", 2, 0, 0},
        {",\"rope_scaling\":{\"rope_type\":\"dynamic\",\"type\":\"dynamic\",\"factor\":4.5}", "dynamic", 4.5, 0, 0},
        {",\"rope_parameters\":{\"rope_type\":\"yarn\",\"factor\":4,\"rope_theta\":1e6}", "yarn", 4, 2048, 32},
        {",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":512,\"beta_fast\":8,"
         "\"mscale\":0}",
         "yarn", 4, 512, 8},
    };
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        CHECK_OK(config_with(forms[i].more, &c));
        CHECK(strcmp(hl_rope_scalings[c.rope.kind].name, forms[i].type) == 0);
        CHECK_NEAR(c.rope.factor, forms[i].factor, 0);
        CHECK_NEAR(c.rope.original, forms[i].original, 0);
        CHECK_NEAR(c.rope.beta_fast, forms[i].fast, 0);
        CHECK_NEAR(c.rope.most, 2048, 0);
    }
}

static void what_would_be_computed_otherwise_is_refused_by_name(void)
{
    static const struct {
        const char *more, *words;
    } cases[] = {
        {",\"rope_theta\":10000,\"rope_parameters\":{\"rope_theta\":500000,\"rope_type\":\"default\"}",
         "rope_theta says a theta of 10000, rope_parameters one of 500000"},
        {",\"rope_parameters\":{\"rope_theta\":5,\"rope_type\":\"longrope\",\"factor\":4}",
         "rope_parameters is of type longrope; supported are default, linear, dynamic, yarn and llama3"},
        {",\"rope_scaling\":{\"rope_type\":\"default\",\"type\":\"linear\",\"factor\":2}",
         "rope_scaling has the rope_type default and the type linear"},
        {",\"rope_scaling\":{\"type\":\"linear\",\"factor\":2},\"rope_parameters\":{\"rope_type\":\"default\"}",
         "rope_scaling is of type linear, rope_parameters of type default"},
        {",\"rope_scaling\":{\"type\":\"linear\"}", "rope_scaling of type linear has no factor"},
        {",\"rope_scaling\":{\"type\":\"linear\",\"factor\":0}", "rope_scaling.factor is not a number above 0"},
        {",\"rope_scaling\":{\"type\":\"dynamic\",\"factor\":0.5}", "rope_scaling.factor is below 1"},
        {",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":2,\"truncate\":1}", "truncate is neither true nor false"},
        {",\"rope_scaling\":{\"type\":\"yarn\",\"factor\":2},\"rope_theta\":1", "yarn needs a rope_theta above 1"},
        {",\"rope_scaling\":{\"type\":\"llama3\",\"factor\":2,\"original_max_position_embeddings\":5,"
         "\"low_freq_factor\":4,\"high_freq_factor\":4}",
         "low_freq_factor is not below high_freq_factor"},
        {",\"rope_scaling\":{\"type\":\"default\",\"partial_rotary_factor\":0.5}", "partial_rotary_factor is not 1"},
        {",\"rope_parameters\":{\"full_attention\":{\"rope_theta\":5}}", "for layers of the kind full_attention"},
        {",\"rope_scaling\":{\"factor\":2}", "rope_scaling has factor, but no rope_type"},
        {",\"rope_parameters\":{\"rope_theta\":Infinity}", "rope_theta of rope_parameters is not a number"},
        {",\"rope_theta\":NaN", "rope_theta is not a number"},
        {",\"rms_norm_eps\":1e999", "rms_norm_eps is not a number"},
        {",\"head_dim\":36893488147419103232", "head_dim is not a whole number"},
        {",\"rope_scaling\":\"linear\"", "rope_scaling is neither null nor an object"},
        {",\"partial_rotary_factor\":0.5", "partial_rotary_factor is 0.5"},
        {",\"layer_types\":[\"full_attention\",\"sliding_attention\"]", "layer_types is"},
        {",\"quantization_config\":{\"bits\":4}", "quantization_config is {\"bits\":4}, and quantized weights"},
        {",\"architectures\":[\"LlamaEncoderModel\"]", "architectures is LlamaEncoderModel"},
        {",\"architectures\":[\"MistralForCausalLM\"]", "architectures is MistralForCausalLM, where model_type llama"},
        {",\"is_causal\":false", "is_causal is false"},
        {",\"mlp_bias\":\"no\"", "mlp_bias is no, and it is true or false"},
    };
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CHECK_FAILS(config_with(cases[i].more, &c), HL_EFORMAT, cases[i].words);
}

static const struct {
    const char *config, *words;
} bad_configs[] = {
    {"", "not a JSON object"},
    {"[]", "not a JSON object"},
    {"{\"model_type\":\"llama\",}", "not a JSON object"},
    {"{}", "model_type is missing; supported are llama, mistral, qwen2, qwen3, baichuan and bert"},
    {"{\"model_type\":3}", "model_type is missing"},
    {"{\"model_type\":\"gpt2\"}", "model_type is gpt2; supported are llama, mistral, qwen2, qwen3, baichuan and bert"},
    {"{\"model_type\":\"llama\"}", "has no hidden_size"},
    {"{\"model_type\":\"baichuan\",\"hidden_size\":5120,\"intermediate_size\":1,\"num_hidden_layers\":1,\"num_"
     "attention_"
     "heads\":40,\"vocab_size\":5,\"model_max_length\":4096}",
     "the 13B has ALiBi"},
    {"{\"model_type\":\"llama\",\"hidden_size\":\"64\"}", "hidden_size is not a whole number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":64.0}", "hidden_size is not a whole number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":-64}", "hidden_size is not a whole number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":4611686018427387904}", "hidden_size is not a whole number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":1,\"num_hidden_layers\":0}",
     "num_hidden_layers is not a whole number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":1,\"num_hidden_layers\":1,\"num_attention_"
     "heads\":7,\"vocab_size\":5}",
     "does not divide into 7 heads"},
    {"{\"model_type\":\"llama\",\"hidden_size\":64,\"intermediate_size\":1,\"num_hidden_layers\":1,\"num_attention_"
     "heads\":8,\"num_key_value_heads\":3,\"vocab_size\":5}",
     "do not divide into 3 key-value heads"},
    {"{\"model_type\":\"llama\",\"hidden_size\":24,\"intermediate_size\":1,\"num_hidden_layers\":1,\"num_attention_"
     "heads\":8,\"vocab_size\":5}",
     "head_dim 3 is odd"},
    {"{\"model_type\":\"llama\",\"hidden_act\":\"gelu\"}", "hidden_act is gelu"},
    {"{\"model_type\":\"llama\",\"hidden_act\":1}", "hidden_act"},
    {"{\"model_type\":\"llama\",\"attention_bias\":1}", "attention_bias is 1"},
    {"{\"model_type\":\"llama\",\"hidden_size\":4,\"intermediate_size\":6,\"num_hidden_layers\":2,\"num_attention_"
     "heads\":2,\"vocab_size\":5,\"rms_norm_eps\":\"x\"}",
     "rms_norm_eps is not a number"},
    {"{\"model_type\":\"llama\",\"hidden_size\":4,\"intermediate_size\":6,\"num_hidden_layers\":2,\"num_attention_"
     "heads\":2,\"vocab_size\":5,\"rope_theta\":0}",
     "rope_theta is not a number above 0"},
};

static void a_bad_config_is_a_sentence(void)
{
    hl_transformer c;
    make_folder("m");
    for (size_t i = 0; i < sizeof bad_configs / sizeof bad_configs[0]; i++)
        CHECK_FAILS(config_of(bad_configs[i].config, &c), HL_EFORMAT, bad_configs[i].words);
    CHECK_FAILS(hl_hf_config(in_folder("nowhere"), &c), HL_EFORMAT, "no such folder");
}

/* A file made tensor by tensor; the numbers count up through the whole file. */
typedef struct {
    char header[8000];
    float data[2000];
    size_t used, n;
} maker;

static void add(maker *m, const char *name, int ndim, const int64_t *shape)
{
    size_t count = 1;
    char sizes[60] = "";
    for (int i = 0; i < ndim; i++) {
        snprintf(sizes + strlen(sizes), 20, i ? ",%d" : "%d", (int)shape[i]);
        count *= (size_t)shape[i];
    }
    m->used += (size_t)snprintf(m->header + m->used, sizeof m->header - m->used,
                                "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%zu]}",
                                m->used ? "," : "{", name, sizes, 4 * m->n, 4 * (m->n + count));
    for (size_t i = 0; i < count; i++) m->data[m->n + i] = (float)(m->n + i);
    m->n += count;
    HL_CHECK(m->used < sizeof m->header - 300 && m->n < 2000);
}

/* A tensor as Hugging Face has it: a matrix. */
static void add_param(maker *m, const hl_param *p, const char *name)
{
    int64_t shape[2] = {p->shape[0], p->shape[1]};
    if (p->ndim == 3 && p->split_axis == 0) shape[0] = p->shape[0] * p->shape[1], shape[1] = p->shape[2];
    if (p->ndim == 3 && p->split_axis == 1) shape[1] = p->shape[1] * p->shape[2];
    add(m, name, p->ndim == 1 ? 1 : 2, shape);
}

static void finish(maker *m, const char *name)
{
    strcat(m->header, "}");
    put_good(name, m->header, m->data, m->n * sizeof(float));
}

static const char *model_name(const hl_param *p) { return strstr(p->name, "_llm.") + 5; }

/* The tensors of t whose names hold `with` (and all where NULL), `skip` letters of the names left out. */
static void add_all(maker *m, const hl_params *t, const char *with, size_t skip)
{
    for (int i = t->n - 2; i >= 0; i--) /* not in the table's order, and without logit_scale */
        if (!with || strstr(t->at[i].name, with)) add_param(m, &t->at[i], model_name(&t->at[i]) + skip);
}

static const char *folder_m(void) { return in_folder("m"); }

/* In a file of counting numbers, tensors written last to first. */
static void check_counting(const hl_params *t, const float *w)
{
    size_t at = 0;
    for (int i = t->n - 2; i >= 0; i--)
        for (size_t k = 0; k < t->at[i].count; k++) CHECK(w[t->at[i].offset + k] == (float)at++);
    CHECK(w[t->count - 1] == 0);
}

static void start_model(hl_params *t, float **w, bool with_tokens)
{
    *t = (hl_params){0};
    make_folder("m");
    hl_transformer_params(t, &tiny, "item", with_tokens, (hl_transformer_layers){0, tiny.num_hidden_layers}, &hl_alone);
    hl_params_add(t, "logit_scale", 0, NULL, true); /* not of the folder: stays */
    *w = hl_alloc_zero(t->count, sizeof **w);
}

static void end_model(hl_params *t, float *w)
{
    hl_state_dict *s;
    unlink(in_folder("m/model.safetensors"));
    unlink(in_folder("m/model.safetensors.index.json"));
    CHECK_FAILS(hl_state_dict_open(&s, folder_m()), HL_EFORMAT, "cannot be opened");
    hl_state_dict_close(s);
    hl_params_free(t);
    free(w);
}

static void a_folder_fills_the_weights(void)
{
    for (size_t skip = 0; skip <= 6; skip += 6) { /* with and without "model." */
        hl_params t;
        float *w;
        maker m = {0};
        start_model(&t, &w, true);
        add_all(&m, &t, NULL, skip);
        add(&m, "lm_head.weight", 2, (int64_t[]){5, 4});
        add(&m, "model.layers.0.self_attn.rotary_emb.inv_freq", 1, (int64_t[]){1});
        finish(&m, "m/model.safetensors");
        CHECK_OK(hl_hf_read(folder_m(), &t, &t, "item", w));
        check_counting(&t, w);
        end_model(&t, w);
    }
}

static void a_user_side_leaves_the_token_table(void)
{
    hl_params t, all = {0};
    float *w;
    maker m = {0};
    start_model(&t, &w, false);
    hl_transformer_params(&all, &tiny, "user", true, (hl_transformer_layers){0, tiny.num_hidden_layers}, &hl_alone);
    add_all(&m, &t, NULL, 0);
    add_param(&m, &all.at[0], model_name(&all.at[0]));
    finish(&m, "m/model.safetensors");
    CHECK_OK(hl_hf_read(folder_m(), &t, &t, "item", w));
    check_counting(&t, w);
    hl_params_free(&all);
    end_model(&t, w);
}

static void several_files_are_one_model(void)
{
    hl_params t;
    float *w;
    maker a = {0}, b = {0};
    start_model(&t, &w, true);
    add_all(&a, &t, "layers", 0);
    add(&b, "model.embed_tokens.weight", 2, (int64_t[]){5, 4});
    add(&b, "model.norm.weight", 1, (int64_t[]){4});
    finish(&a, "m/model-00001-of-00002.safetensors");
    finish(&b, "m/model-00002-of-00002.safetensors");
    put_text("m/model.safetensors.index.json",
             "{\"weight_map\":{\"model.norm.weight\":\"model-00002-of-00002.safetensors\","
             "\"model.layers.1.mlp.up_proj.weight\":\"model-00001-of-00002.safetensors\"}}");
    CHECK_OK(hl_hf_read(folder_m(), &t, &t, "item", w));
    const hl_param *norm = hl_params_find(&t, "item_llm.model.norm.weight"),
                   *tokens = hl_params_find(&t, "item_llm.model.embed_tokens.weight");
    const hl_param *last = hl_params_find(&t, "item_llm.model.layers.1.mlp.down_proj.weight");
    CHECK_NEAR(w[norm->offset], 20, 0);
    CHECK_NEAR(w[tokens->offset + 19], 19, 0);
    CHECK_NEAR(w[last->offset + 3], 3, 0);
    end_model(&t, w);
}

static const struct {
    const char *index, *words;
} bad_indices[] = {
    {"", "no weight_map"},
    {"{}", "no weight_map"},
    {"{\"weight_map\":[]}", "no weight_map"},
    {"{\"weight_map\":{\"model.norm.weight\":7}}", "not given the name of a file"},
    {"{\"weight_map\":{\"model.norm.weight\":\"../b.safetensors\"}}", "not given the name of a file"},
    {"{\"weight_map\":{\"model.norm.weight\":\"gone.safetensors\"}}", "names gone.safetensors, which is not there"},
    {"{\"weight_map\":{\"other\":\"b.safetensors\"}}", "other is not in b.safetensors"},
    {"{\"weight_map\":{\"model.norm.weight\":\"b.safetensors\",\"other\":\"c.safetensors\"}}",
     "another file of the folder has it too"},
};

static void a_bad_index_is_a_sentence(void)
{
    maker b = {0}, c = {0};
    hl_state_dict *s;
    make_folder("m");
    add(&b, "model.norm.weight", 1, (int64_t[]){4});
    add(&c, "model.norm.weight", 1, (int64_t[]){4});
    add(&c, "other", 1, (int64_t[]){4});
    finish(&b, "m/b.safetensors");
    finish(&c, "m/c.safetensors");
    for (size_t i = 0; i < sizeof bad_indices / sizeof bad_indices[0]; i++) {
        put_text("m/model.safetensors.index.json", bad_indices[i].index);
        CHECK_FAILS(hl_state_dict_open(&s, folder_m()), HL_EFORMAT, bad_indices[i].words);
        hl_state_dict_close(s);
    }
    unlink(in_folder("m/model.safetensors.index.json"));
}

static void what_does_not_fit_is_listed_together(void)
{
    hl_params t;
    float *w;
    maker m = {0};
    start_model(&t, &w, true);
    for (int i = 0; i < t.n - 1; i++) {
        if (strstr(t.at[i].name, "layers.1.mlp.up_proj")) continue;
        if (strstr(t.at[i].name, "layers.0.self_attn.q_proj")) add(&m, model_name(&t.at[i]), 2, (int64_t[]){2, 8});
        else add_param(&m, &t.at[i], model_name(&t.at[i]));
    }
    add(&m, "model.layers.0.self_attn.q_proj.bias", 1, (int64_t[]){4});
    add(&m, "evil\\nname", 1, (int64_t[]){1});
    finish(&m, "m/model.safetensors");
    CHECK_FAILS(hl_hf_read(folder_m(), &t, &t, "item", w), HL_EFORMAT, "model.layers.1.mlp.up_proj.weight is missing");
    CHECK(strstr(hl_error_text(), "model.layers.0.self_attn.q_proj.weight is (2, 8) where (4, 4) is wanted") != NULL);
    CHECK(strstr(hl_error_text(), "model.layers.0.self_attn.q_proj.bias is unknown") != NULL);
    CHECK(strstr(hl_error_text(), "evil?name is unknown") != NULL);
    end_model(&t, w);
}

static void a_long_list_says_how_many_more(void)
{
    hl_params t;
    float *w;
    maker m = {0};
    start_model(&t, &w, true);
    add(&m, "model.norm.weight", 1, (int64_t[]){4});
    finish(&m, "m/model.safetensors");
    CHECK_FAILS(hl_hf_read(folder_m(), &t, &t, "item", w), HL_EFORMAT, "; and 11 more;"); /* 19 of 20 are missing */
    end_model(&t, w);
}

static void weights_of_whole_numbers_are_refused(void)
{
    hl_params t = {0};
    float w[4];
    make_folder("m");
    hl_params_add_cut(&t, &(hl_param_name){"item_llm.model.norm.weight", "item_llm/norm", -1, 1}, 1, (int64_t[]){4}, -1,
                      &(hl_cut){0, 1, 0, 1});
    put_good("m/model.safetensors", "{\"model.norm.weight\":{\"dtype\":\"I32\",\"shape\":[4],\"data_offsets\":[0,16]}}",
             "0123456789abcdef", 16);
    CHECK_FAILS(hl_hf_read(folder_m(), &t, &t, "item", w), HL_EFORMAT, "is I32");
    end_model(&t, NULL);
}

/* ---- reference data ---- */

static void a_real_model_is_read(void)
{
    const char *folder = check_shared("models/tinystories-260k");
    if (!folder) return;
    char where[PATH_MAX];
    snprintf(where, sizeof where, "%s", folder);
    hl_transformer c;
    hl_params t = {0};
    if (!CHECK_OK(hl_hf_config(where, &c))) return;
    CHECK(c.hidden_size == 64 && c.num_hidden_layers == 5 && c.num_attention_heads == 8 && c.num_key_value_heads == 4
          && c.head_dim == 8);
    hl_transformer_params(&t, &c, "item", true, (hl_transformer_layers){0, c.num_hidden_layers}, &hl_alone);
    float *w = hl_alloc(t.count * sizeof *w);
    for (size_t i = 0; i < t.count; i++) w[i] = NAN;
    CHECK_OK(hl_hf_read(where, &t, &t, "item", w));
    double squares = 0;
    for (size_t i = 0; i < t.count; i++) squares += (double)w[i] * (double)w[i];
    CHECK(squares > 0 && isfinite(squares)); /* every number was filled */
    free(w);
    hl_params_free(&t);
}

static void a_real_vector_is_read(void)
{
    const char *file = check_shared("golden/item_emb_tokens.safetensors");
    if (!file) return;
    float x[64];
    CHECK_OK(hl_state_dict_vector(file, 64, x));
    CHECK_FAILS(hl_state_dict_vector(file, 63, x), HL_EFORMAT, "holds 64 numbers where 63");
}

/* A stage of a pipeline reads its own layers. */
static void a_stage_reads_its_layers(void)
{
    hl_params whole, stage = {0};
    float *w;
    maker m = {0};
    start_model(&whole, &w, true);
    add_all(&m, &whole, NULL, 0);
    finish(&m, "m/model.safetensors");
    hl_transformer_params(&stage, &tiny, "item", true, (hl_transformer_layers){1, tiny.num_hidden_layers}, &hl_alone);
    float *mine = hl_alloc(stage.count * sizeof *mine);
    CHECK_OK(hl_hf_read(folder_m(), &whole, &whole, "item", w));
    CHECK_OK(hl_hf_read(folder_m(), &stage, &whole, "item", mine));
    CHECK(stage.n < whole.n - 1 && stage.n > 0);
    for (int k = 0; k < stage.n; k++) {
        const hl_param *all = hl_params_find(&whole, stage.at[k].name);
        CHECK(all != NULL && memcmp(mine + stage.at[k].offset, w + all->offset, all->count * sizeof *w) == 0);
    }
    free(mine);
    hl_params_free(&stage);
    end_model(&whole, w);
}

static const test tests[] = {
    {"floats come out as they are", floats_come_out_as_they_are},
    {"every half becomes its float", every_half_becomes_its_float},
    {"every brain float becomes its float", every_brain_float_becomes_its_float},
    {"a bad header is a sentence", a_bad_header_is_a_sentence},
    {"a bad length is a sentence", a_bad_length_is_a_sentence},
    {"every truncation is noticed", every_truncation_is_noticed},
    {"a vector is the only tensor of a file", a_vector_is_the_only_tensor_of_a_file},
    {"a config becomes a shape", a_config_becomes_a_shape},
    {"a bad config is a sentence", a_bad_config_is_a_sentence},
    {"keys that nobody needs do not matter", keys_that_nobody_needs_do_not_matter},
    {"a window is read", a_window_is_read},
    {"every form of the theta is read", every_form_of_the_theta_is_read},
    {"rotary scalings are read in both forms", every_form_of_a_scaling_is_read},
    {"what would be computed otherwise is refused by name", what_would_be_computed_otherwise_is_refused_by_name},
    {"a folder fills the weights", a_folder_fills_the_weights},
    {"a stage reads its layers", a_stage_reads_its_layers},
    {"a user side leaves the token table", a_user_side_leaves_the_token_table},
    {"several files are one model", several_files_are_one_model},
    {"a bad index is a sentence", a_bad_index_is_a_sentence},
    {"what does not fit is listed together", what_does_not_fit_is_listed_together},
    {"a long list says how many more", a_long_list_says_how_many_more},
    {"weights of whole numbers are refused", weights_of_whole_numbers_are_refused},
    {"a real model is read", a_real_model_is_read},
    {"a real vector is read", a_real_vector_is_read},
};
HL_TESTS("safetensors", tests)
