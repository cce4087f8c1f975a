/* excerpt.c - bytes of a file as they can be shown in a sentence. */
#include "io/files/excerpt.h"
#include "io/files/utf8.h"
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { ONE = 4 * 4 }; /* the longest character, each byte written out */

/* Characters that nobody sees, or that move what stands around them: from the first to the last of each row, as UTF-8.
 */
static const char *const unseen[][2] = {
    {"\xC2\x80", "\xC2\xA0"},         /* C1 controls, no-break space */
    {"\xC2\xAD", "\xC2\xAD"},         /* soft hyphen */
    {"\xE2\x80\x80", "\xE2\x80\x8F"}, /* blanks of all widths and of none, direction marks */
    {"\xE2\x80\xA8", "\xE2\x80\xAF"}, /* line separators, directions */
    {"\xE2\x81\x9F", "\xE2\x81\xAF"}, /* more of both */
    {"\xE3\x80\x80", "\xE3\x80\x80"}, /* ideographic space */
    {"\xEF\xBB\xBF", "\xEF\xBB\xBF"}, /* byte order mark */
};

static bool is_seen(const char *at, int bytes)
{
    if (bytes < 1) return false;
    if (bytes == 1) return (unsigned char)*at >= ' ' && *at != 0x7F;
    for (size_t i = 0; i < sizeof unseen / sizeof unseen[0]; i++)
        if (strlen(unseen[i][0]) == (size_t)bytes && memcmp(at, unseen[i][0], (size_t)bytes) >= 0
            && memcmp(at, unseen[i][1], (size_t)bytes) <= 0)
            return false;
    return true;
}

static const char *short_name(char c) { return c == '\t' ? "\\t" : c == '\n' ? "\\n" : c == '\r' ? "\\r" : NULL; }

/* One character; how many bytes are written. */
static size_t show(char out[ONE + 1], const char *at, int bytes)
{
    size_t n = 0;
    if (is_seen(at, bytes)) {
        memcpy(out, at, (size_t)bytes);
        return (size_t)bytes;
    }
    if (short_name(*at)) return (size_t)snprintf(out, ONE + 1, "%s", short_name(*at));
    for (int i = 0; i < (bytes ? bytes : 1); i++)
        n += (size_t)snprintf(out + n, ONE + 1 - n, "\\x%02X", (unsigned char)at[i]);
    return n;
}

const char *hl_excerpt(char out[HL_EXCERPT], const char *at, size_t n)
{
    size_t from = 0, to = 0, room = 0; /* room: how much can stay where "..." follows */
    while (from < n) {
        char one[ONE + 1];
        int bytes = hl_utf8_length(at + from, n - from);
        size_t wide = show(one, at + from, bytes);
        if (to + wide >= HL_EXCERPT) break;
        memcpy(out + to, one, wide);
        to += wide;
        from += (size_t)(bytes ? bytes : 1);
        if (to + sizeof "..." <= HL_EXCERPT) room = to;
    }
    strcpy(out + (from < n ? room : to), from < n ? "..." : "");
    return out;
}
