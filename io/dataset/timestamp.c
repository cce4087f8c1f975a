/* timestamp.c - the times of an interactions file: whole numbers, and whether they are in one unit. */
#include "io/dataset/timestamp.h"
#include "io/dataset/missing.h"
#include <string.h>

enum { MOST_EXPONENT = 30 };

/* A field while it is read. */
typedef struct {
    const char *at, *end;
} cursor;

/* The number so far: value * 10^zeros; the zeros wait, since those at the end of a fraction do not count. */
typedef struct {
    int64_t value;
    int zeros, digits;
    bool is_too_large;
} number;

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void shift(number *x) { x->is_too_large |= __builtin_mul_overflow(x->value, 10, &x->value); }

/* The digits that come next; sign is 1 or -1, so that the least number can be read too. */
static void take_digits(number *x, cursor *c, int sign)
{
    for (x->digits = 0; c->at < c->end && is_digit(*c->at); c->at++, x->digits++) {
        x->zeros++;
        if (*c->at == '0') continue;
        for (; x->zeros > 0 && x->value != 0; x->zeros--) shift(x);
        x->zeros = 0;
        x->is_too_large |= __builtin_add_overflow(x->value, sign * (*c->at - '0'), &x->value);
    }
}

/* "e9", "E+09"; false where an e is followed by none. */
static bool take_exponent(int *exponent, cursor *c)
{
    *exponent = 0;
    if (c->at == c->end || (*c->at != 'e' && *c->at != 'E')) return true;
    c->at++;
    bool is_negative = c->at < c->end && *c->at == '-';
    if (c->at < c->end && (*c->at == '-' || *c->at == '+')) c->at++;
    const char *first = c->at;
    for (; c->at < c->end && is_digit(*c->at); c->at++)
        if (*exponent < MOST_EXPONENT) *exponent = 10 * *exponent + (*c->at - '0');
    if (is_negative) *exponent = -*exponent;
    return c->at > first;
}

/* Numbers with dashes, slashes, colons or dots between them. */
static bool is_date(const char *at, size_t n)
{
    int parts = 0;
    for (size_t i = 1; i + 1 < n; i++) parts += strchr("-/:.", at[i]) && is_digit(at[i - 1]) && is_digit(at[i + 1]);
    return parts >= 2;
}

static const char *reason(const char *at, size_t n)
{
    if (hl_missing(at, n)) return "it is missing: leave the row out, or give it a time";
    if (is_date(at, n))
        return "it is a date: write seconds since 1970, as of pandas' to_datetime(x).astype('int64') // 10**9";
    if (at[0] == ' ' || at[n - 1] == ' ') return "there are blanks around it: separate fields by the separator alone";
    return "write seconds or milliseconds since 1970, or anything whole that rises with time";
}

/* As nearly all of them are: a few digits. */
static bool read_plain(int64_t *time, const char *at, size_t n)
{
    int64_t value = 0;
    if (n == 0 || n > 18) return false;
    for (size_t i = 0; i < n; i++) {
        if (!is_digit(at[i])) return false;
        value = 10 * value + (at[i] - '0');
    }
    *time = value;
    return true;
}

const char *hl_timestamp_read(int64_t *time, const char *at, size_t n)
{
    if (read_plain(time, at, n)) return NULL;
    cursor c = {at, at + n};
    number x = {0};
    int sign = n > 0 && *at == '-' ? -1 : 1, fraction = 0, exponent;
    if (sign < 0) c.at++;
    take_digits(&x, &c, sign);
    if (x.digits == 0) return reason(at, n);
    if (c.at < c.end && *c.at == '.') {
        c.at++;
        take_digits(&x, &c, sign);
        fraction = x.digits;
    }
    if (!take_exponent(&exponent, &c) || c.at < c.end) return reason(at, n);
    int power = x.zeros + exponent - fraction;
    if (x.value != 0 && power < 0) return "it has a fraction: round it, or write it in a smaller unit";
    for (int i = 0; i < power && x.value != 0; i++) shift(&x);
    *time = x.value;
    return x.is_too_large ? "it has more than 64 bits" : NULL;
}

/* ---- sizes */

static int bits_of(int64_t time)
{
    uint64_t size = time < 0 ? -(uint64_t)time : (uint64_t)time;
    return size == 0 ? 0 : 64 - __builtin_clzll(size);
}

void hl_time_sizes_add(hl_time_sizes *s, int64_t time, int64_t line)
{
    int bits = bits_of(time);
    if (s->count[bits]++ > 0) return;
    s->line[bits] = line;
    s->time[bits] = time;
}

/* Milliseconds of one year beside seconds of thirty years later are still 500 times as large; what counts up from 1 has
 * no such gaps where it is large. */
enum { GAP = 9, LARGE = 27 }; /* bits between the sizes of two times; of the larger one */

bool hl_time_sizes_gap(const int64_t count[HL_TIME_SIZES], int *from, int64_t *n)
{
    int64_t all = 0, below = 0;
    int last = -1; /* the largest size so far */
    *n = 0;
    for (int i = 0; i < HL_TIME_SIZES; i++) all += count[i];
    for (int i = 0; i < HL_TIME_SIZES; i++) {
        if (count[i] == 0) continue;
        int64_t fewer = below < all - below ? below : all - below;
        if (last >= 0 && i - last >= GAP && i >= LARGE && fewer > *n) *n = fewer, *from = i;
        below += count[i];
        last = i;
    }
    return *n > 0;
}
