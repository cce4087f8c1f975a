/* nearest.c - which name did they mean? */
#include "app/config/nearest.h"
#include "base/minmax.h"
#include <ctype.h>
#include <stdbool.h>
#include <string.h>

enum { LONGEST = 63 };

static bool same(char a, char b) { return tolower((unsigned char)a) == tolower((unsigned char)b); }

/* d[i][j]: the distance of the first i letters of a from the first j of b. */
int hl_nearest_distance(const char *a, const char *b)
{
    static _Thread_local int d[LONGEST + 1][LONGEST + 1];
    int n = (int)strnlen(a, LONGEST), m = (int)strnlen(b, LONGEST);
    for (int i = 0; i <= n; i++) d[i][0] = i;
    for (int j = 0; j <= m; j++) d[0][j] = j;
    for (int i = 1; i <= n; i++) {
        for (int j = 1; j <= m; j++) {
            int by_change = d[i - 1][j - 1] + !same(a[i - 1], b[j - 1]);
            d[i][j] = hl_min(by_change, 1 + hl_min(d[i - 1][j], d[i][j - 1]));
            bool swapped = i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]);
            if (swapped) d[i][j] = hl_min(d[i][j], d[i - 2][j - 2] + 1);
        }
    }
    return d[n][m];
}
