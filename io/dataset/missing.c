/* missing.c - words that say that there is no value. */
#include "io/dataset/missing.h"
#include <string.h>

/* Those of pandas come first. */
static const char *const words[] = {"#N/A",    "#N/A N/A", "#NA", "-1.#IND",   "-1.#QNAN", "-NaN", "-nan", "1.#IND",
                                    "1.#QNAN", "<NA>",     "N/A", "NA",        "NULL",     "NaN",  "None", "n/a",
                                    "nan",     "null",     "NAN", "undefined", "none",     "NaT",  "\\N",  NULL};
enum { OF_PANDAS = 18 };

static bool is_among(const char *at, size_t n, int first_words)
{
    for (int i = 0; i < first_words && words[i]; i++)
        if (strlen(words[i]) == n && memcmp(words[i], at, n) == 0) return true;
    return n == 0;
}

bool hl_missing_to_pandas(const char *at, size_t n) { return is_among(at, n, OF_PANDAS); }

bool hl_missing(const char *at, size_t n) { return is_among(at, n, sizeof words / sizeof words[0]); }

const char *hl_missing_word(int i) { return words[i]; }
