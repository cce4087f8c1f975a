/* fuzz.c - a reader of files against bytes that libFuzzer makes up: HLLM_FUZZ names a row of the table. */
#include "tests/fuzz/fuzz.h"
#include "base/arena.h"
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static const fuzz_row *chosen;

/* "list" prints the names. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    const char *name = getenv("HLLM_FUZZ");
    (void)argc;
    (void)argv;
    for (int i = 0; i < fuzz_rows_n; i++) {
        if (name && strcmp(name, "list") == 0) printf("%s\n", fuzz_rows[i].name);
        if (name && strcmp(name, fuzz_rows[i].name) == 0) chosen = &fuzz_rows[i];
    }
    if (!chosen) exit(name && strcmp(name, "list") == 0 ? 0 : 2);
    fuzz_begin();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    hl_status status;
    char *text = hl_alloc(n + 1);
    memcpy(text, bytes, n);
    text[n] = 0;
    HL_CHECK(fuzz_try(chosen, text, n, &status));
    free(text);
    return 0;
}
