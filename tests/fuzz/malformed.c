/* malformed.c - good files are cut, changed and made hostile; a reader must take them or refuse them with a sentence.
 *
 * usage: malformed CORPUS [FILES [READER ...]]
 * CORPUS has a folder of good files for each reader (corpus.sh).  FILES (200) files of each kind are made of them, in
 * turn cut off, with other bits, other bytes, hostile numbers, and pieces of each other.  What a file is depends on
 * reader and number alone, so a failure can be made again: its number is told before a crash by `MALFORMED_TELL=1`. */
#include "tests/fuzz/fuzz.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/path.h"
#include "base/rng.h"
#include "io/files/regular.h"
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SEEDS = 64, MOST_BYTES = 1 << 20 };

typedef struct {
    char *at;
    size_t n, room;
} text;

/* The good files of a reader, in the order of their names. */
typedef struct {
    text file[MOST_SEEDS];
    int n;
} seeds;

/* ---- damage */

static size_t below(hl_rng *r, size_t n) { return n ? (size_t)hl_rng_below(r, n) : 0; }

/* Put n bytes where `gone` bytes were. */
static void splice(text *t, size_t at, size_t gone, const char *bytes, size_t n)
{
    if (gone > t->n - at) gone = t->n - at;
    HL_RESERVE(t->at, t->room, t->n + n + 1);
    memmove(t->at + at + n, t->at + at + gone, t->n - at - gone);
    if (n) memcpy(t->at + at, bytes, n);
    t->n += n - gone;
}

static void cut(text *t, const seeds *s, hl_rng *r)
{
    (void)s;
    t->n = below(r, t->n);
}

static void flip(text *t, const seeds *s, hl_rng *r)
{
    (void)s;
    for (size_t k = 1 + below(r, 3); t->n && k > 0; k--) t->at[below(r, t->n)] ^= (char)(1 << below(r, 8));
}

static void scribble(text *t, const seeds *s, hl_rng *r)
{
    char bytes[64];
    const size_t n = 1 + below(r, sizeof bytes);
    (void)s;
    for (size_t i = 0; i < n; i++) bytes[i] = (char)below(r, 256);
    splice(t, below(r, t->n + 1), below(r, 2) ? n : 0, bytes, n);
}

/* The first run of digits from a place on, round the end; false where there is none. */
static bool find_number(const text *t, size_t from, size_t *at, size_t *n)
{
    for (size_t i = 0; i < t->n; i++) {
        const size_t p = (from + i) % t->n;
        if (t->at[p] < '0' || t->at[p] > '9' || (p > 0 && t->at[p - 1] >= '0' && t->at[p - 1] <= '9')) continue;
        for (*at = p, *n = 0; p + *n < t->n && t->at[p + *n] >= '0' && t->at[p + *n] <= '9';) ++*n;
        return true;
    }
    return false;
}

/* Numbers that are written out become too large, too small or none; eight bytes become a huge count. */
static void hostile_number(text *t, const seeds *s, hl_rng *r)
{
    static const char *const words[] = {"-1",
                                        "0",
                                        "4294967296",
                                        "9223372036854775807",
                                        "99999999999999999999",
                                        "1e999",
                                        "1.5",
                                        "NaN",
                                        "\"7\"",
                                        "null",
                                        "2147483648",
                                        "16777216",
                                        "[]"};
    static const char *const counts[] = {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F",
                                         "\0\0\0\0\1\0\0\0", "\xFF\xFF\xFF\x7F\0\0\0\0", "\0\0\0\x80\0\0\0\0"};
    size_t at, n;
    (void)s;
    if (t->n == 0) return;
    if (below(r, 3) > 0 && find_number(t, below(r, t->n), &at, &n)) {
        const char *word = words[below(r, sizeof words / sizeof words[0])];
        splice(t, at, n, word, strlen(word));
    } else splice(t, below(r, t->n), 8, counts[below(r, sizeof counts / sizeof counts[0])], 8);
}

/* Two numbers change places, so that offsets overlap, shapes and counts contradict one another. */
static void swap_numbers(text *t, const seeds *s, hl_rng *r)
{
    size_t at[2], n[2];
    char first[32];
    (void)s;
    if (t->n == 0 || !find_number(t, below(r, t->n), &at[0], &n[0])) return;
    if (!find_number(t, below(r, t->n), &at[1], &n[1]) || n[0] > sizeof first) return;
    memcpy(first, t->at + at[0], n[0]);
    if (at[0] < at[1]) {
        splice(t, at[1], n[1], first, n[0]);
        splice(t, at[0], n[0], first, n[0] ? 1 : 0);
    } else splice(t, at[0], n[0], t->at + at[1], 0), splice(t, at[1], n[1], first, n[0]);
}

/* What text formats stumble over: quotes that stay open, NUL, deep nesting, half of an escape, a name of a function. */
static void awkward(text *t, const seeds *s, hl_rng *r)
{
    static const char *const words[] = {"\"",
                                        "'",
                                        "\\",
                                        "\\ud800",
                                        "\r",
                                        "\n\n",
                                        "\t",
                                        "::",
                                        "|",
                                        "{",
                                        "}",
                                        "[[[[[[[[[[[[[[[[",
                                        "]",
                                        ",",
                                        "%n",
                                        "\xFF",
                                        "\xEF\xBB\xBF",
                                        "\xC0\x80",
                                        "cos\nsystem\n(S'true'\ntR.",
                                        "c__builtin__\neval\n",
                                        "R",
                                        "&a *a",
                                        "!!python/object:os.system",
                                        "\xF4\x90\x80\x80",
                                        "../../etc/passwd"};
    const char *word = words[below(r, sizeof words / sizeof words[0])];
    (void)s;
    if (below(r, 12) == 0) splice(t, below(r, t->n + 1), 0, "", 1); /* a NUL */
    else splice(t, below(r, t->n + 1), below(r, 3), word, strlen(word));
}

/* A piece of another good file, or of this one, in the midst. */
static void mix(text *t, const seeds *s, hl_rng *r)
{
    const text *other = &s->file[below(r, (size_t)s->n)];
    const size_t from = below(r, other->n + 1), n = below(r, other->n - from + 1);
    splice(t, below(r, t->n + 1), below(r, 2) ? n : 0, other->at + from, n);
}

static void twice(text *t, const seeds *s, hl_rng *r)
{
    const size_t from = below(r, t->n + 1), n = below(r, t->n - from + 1);
    char *copy = hl_alloc(n + 1);
    (void)s;
    memcpy(copy, t->at + from, n);
    splice(t, from + n, 0, copy, n);
    free(copy);
}

static void (*const damages[])(text *t, const seeds *s, hl_rng *r) = {cut,          flip,    scribble, hostile_number,
                                                                      swap_numbers, awkward, mix,      twice};
enum { DAMAGES = sizeof damages / sizeof damages[0] };

/* File i of a reader. */
static void make(text *t, const seeds *s, int reader, int i)
{
    hl_rng r = hl_rng_at(20, HL_FOR_TESTS, (uint64_t)i, (uint32_t)reader);
    const text *good = &s->file[i / DAMAGES % s->n];
    t->n = 0;
    splice(t, 0, 0, good->at, good->n);
    damages[i % DAMAGES](t, s, &r);
    if (below(&r, 4) == 0) damages[below(&r, DAMAGES)](t, s, &r);
    if (t->n > MOST_BYTES) t->n = MOST_BYTES;
    HL_RESERVE(t->at, t->room, t->n + 1);
    t->at[t->n] = 0;
}

/* ---- readers */

static int is_entry(const struct dirent *e) { return e->d_name[0] != '.'; }

static void read_seeds(seeds *s, const char *corpus, const char *reader)
{
    char folder[PATH_MAX], path[PATH_MAX];
    struct dirent **list;
    hl_path(folder, "%s/%s", corpus, reader);
    const int n = scandir(folder, &list, is_entry, alphasort);
    *s = (seeds){.n = 0};
    for (int i = 0; i < n; i++) {
        hl_path(path, "%s/%s", folder, list[i]->d_name);
        text *t = &s->file[s->n];
        if (s->n < MOST_SEEDS && hl_regular_read(path, MOST_BYTES, &t->at, &t->n) == HL_OK) s->n++;
        free(list[i]);
    }
    if (n >= 0) free(list);
}

/* How many of the good files are read; some are there for what they lack. */
static int count_good(const fuzz_row *row, const seeds *s)
{
    int good = 0;
    for (int i = 0; i < s->n; i++) {
        hl_status status;
        text t = {0};
        splice(&t, 0, 0, s->file[i].at, s->file[i].n);
        t.at[t.n] = 0;
        good += fuzz_try(row, t.at, t.n, &status) && status == HL_OK;
        if (getenv("MALFORMED_TELL") && status != HL_OK)
            fprintf(stderr, "%s seed %d: %s\n", row->name, i, hl_error_text());
        free(t.at);
    }
    return good;
}

/* Its files; false where one was taken or refused as it must not be. */
static bool try_reader(int reader, const char *corpus, int files)
{
    const fuzz_row *row = &fuzz_rows[reader];
    seeds s;
    text t = {0};
    int refused = 0, wrong = 0;
    read_seeds(&s, corpus, row->name);
    fuzz_clear();
    const int seeds_read = count_good(row, &s);
    for (int i = 0; i < files && s.n > 0; i++) {
        make(&t, &s, reader, i);
        if (getenv("MALFORMED_TELL")) fprintf(stderr, "%s %d\n", row->name, i), fuzz_file("malformed", t.at, t.n);
        hl_status status;
        const bool holds = fuzz_try(row, t.at, t.n, &status);
        refused += status != HL_OK;
        if (holds) continue;
        if (wrong++ < 3) printf("     file %d: status %d, \"%s\"\n", i, (int)status, hl_error_text());
    }
    const bool may_refuse = row->refuses[0] != HL_OK,
               good = seeds_read > 0 && wrong == 0 && (refused > 0 || !may_refuse);
    printf("%s %s: %d of %d good files read, %d malformed, %d refused with a sentence, %d read\n",
           good ? "ok  " : "FAIL", row->name, seeds_read, s.n, files, refused - wrong, files - refused);
    for (int i = 0; i < s.n; i++) free(s.file[i].at);
    free(t.at);
    return good;
}

static bool is_wanted(const char *name, char **names, int n)
{
    for (int i = 0; i < n; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return n == 0;
}

int main(int argc, char **argv)
{
    const int files = argc > 2 ? atoi(argv[2]) : 200;
    int passed = 0, failed = 0;
    if (argc < 2 || files < 1) return fprintf(stderr, "usage: malformed CORPUS [FILES [READER ...]]\n"), 2;
    fuzz_begin();
    for (int i = 0; i < fuzz_rows_n; i++) {
        if (argc > 3 && !is_wanted(fuzz_rows[i].name, argv + 3, argc - 3)) continue;
        if (try_reader(i, argv[1], files)) passed++;
        else failed++;
        fflush(stdout);
    }
    printf("malformed: %d passed, %d failed, 0 skipped\n", passed, failed);
    return failed || !passed;
}
