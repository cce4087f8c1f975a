/* separator.c - what separates the fields of a table. */
#include "io/dataset/separator.h"
#include <stdbool.h>

static const struct {
    char byte;
    const char *words;
} separators[] = {{',', "commas"}, {'\t', "tabs"}, {';', "semicolons"}, {'|', "vertical bars"}};
enum { SEPARATORS = sizeof separators / sizeof separators[0] };

/* How often each stands there, and whether "::" does. */
static bool count_separators(int count[SEPARATORS], const char *at, const char *end)
{
    bool quoted = false, has_colons = false;
    for (; at < end && (quoted || *at != '\n'); at++) {
        if (*at == '"') quoted = !quoted;
        for (int i = 0; i < SEPARATORS && !quoted; i++) count[i] += *at == separators[i].byte;
        has_colons = has_colons || (!quoted && *at == ':' && at + 1 < end && at[1] == ':');
    }
    return has_colons;
}

char hl_separator_find(const char *at, const char *end)
{
    int count[SEPARATORS] = {0}, best = 0;
    const bool has_colons = count_separators(count, at, end);
    for (int i = 1; i < SEPARATORS; i++)
        if (count[i] > count[best]) best = i;
    return has_colons && count[best] == 0 ? 0 : separators[best].byte;
}

const char *hl_separator_words(char separator)
{
    int i = 0;
    while (separators[i].byte != separator) i++;
    return separators[i].words;
}
