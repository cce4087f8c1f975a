/* test-sha256.c - digests are those that everybody computes. */
#include "base/sha256.h"
#include "tests/check.h"
#include <stdlib.h>
#include <string.h>

static void is(const char *text, const char *wanted)
{
    char out[65];
    hl_sha256(out, text, strlen(text));
    CHECK(strcmp(out, wanted) == 0);
}

/* The examples of NIST. */
static void the_examples_of_the_standard(void)
{
    is("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    is("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_million_letters(void)
{
    enum { N = 1000000 };
    char out[65], *x = malloc(N);
    memset(x, 'a', N);
    hl_sha256(out, x, N);
    CHECK(strcmp(out, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0") == 0);
    free(x);
}

/* Around the ends of blocks, as sha256sum says: n letters a. */
static void lengths_around_a_block(void)
{
    static const struct {
        int n;
        const char *wanted;
    } cases[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
        {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
    };
    char text[200];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        memset(text, 'a', sizeof text);
        text[cases[i].n] = 0;
        is(text, cases[i].wanted);
    }
}

static const test tests[] = {
    {"the examples of the standard", the_examples_of_the_standard},
    {"a million letters", a_million_letters},
    {"lengths around a block", lengths_around_a_block},
};
HL_TESTS("sha256", tests)
