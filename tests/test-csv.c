/* test-csv.c - CSV files are read as they are meant, or refused with the place and the reason. */
#include "tests/check.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/rng.h"
#include "base/usage.h"
#include "io/dataset/csv.h"
#include "io/files/excerpt.h"
#include "io/files/source.h"
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Texts may hold NUL, so they come with their length. */
#define BYTES(text) (text), sizeof(text) - 1

static const char *file_of(const char *bytes, size_t n)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/table.csv", check_folder());
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return path;
}

/* All rows after the header as "a|b;c|d;". */
static hl_status read_all(char *out, size_t room, const char *path, size_t field_limit)
{
    hl_csv *c;
    const hl_csv_field *row = NULL;
    size_t n = 0;
    hl_status s = hl_csv_open(&c, path, field_limit);
    if (s == HL_OK) s = hl_csv_next(c, &row);
    while (s == HL_OK && row) {
        for (int i = 0; i < hl_csv_columns(c); i++)
            n += (size_t)snprintf(out + n, room - n, "%.*s%s", (int)row[i].n, row[i].at,
                                  i + 1 < hl_csv_columns(c) ? "|" : ";");
        s = hl_csv_next(c, &row);
    }
    hl_csv_close(c);
    out[n] = 0;
    return s;
}

static const struct {
    const char *bytes;
    size_t n;
    const char *rows;
} good[] = {
    {BYTES("a,b\n1,2\n3,4\n"), "1|2;3|4;"},
    {BYTES("a,b\n1,2\n3,4"), "1|2;3|4;"},
    {BYTES("a,b\r\n1,2\r\n3,4\r\n"), "1|2;3|4;"},
    {BYTES("\xEF\xBB\xBF"
           "a,b\n1,2\n"),
     "1|2;"},
    {BYTES("a,b\n\"1\",\"2\"\n"), "1|2;"},
    {BYTES("a,b\n\"1,5\",2\n"), "1,5|2;"},
    {BYTES("a,b\n\"1\n5\",2\n"), "1\n5|2;"},
    {BYTES("a,b\n\"1\r\n5\",\"\r\"\n"), "1\r\n5|\r;"},
    {BYTES("a,b\n\"say \"\"hi\"\"\",\"\"\"\"\n"), "say \"hi\"|\";"},
    {BYTES("a,b\n\"\",\"\"\"\"\"\"\n"), "|\"\";"},
    {BYTES("a,b\n,\n"), "|;"},
    {BYTES("a,b\n1,"), "1|;"},
    {BYTES("a,b\n1,\"2\""), "1|2;"},
    {BYTES("a,b\n\n1,2\n\r\n\n3,4\n\n"), "1|2;3|4;"},
    {BYTES("\n\na,b\n1,2\n"), "1|2;"},
    {BYTES("a,b\n5\" pipe,a\"\"b\n"), "5\" pipe|a\"\"b;"},
    {BYTES("a,b\n 1 ,\t2 \n"), " 1 |\t2 ;"},
    {BYTES("a,b\n\xFF\xFE,\xC3\n"), "\xFF\xFE|\xC3;"},
    {BYTES("\"a\nb\",\"c\"\"d\"\n1,2\n"), "1|2;"},
    {BYTES("a\n1\n\n2\n"), "1;2;"},
    {BYTES("a,b\n"), ""},
    {BYTES("a,b"), ""},
    {BYTES("a\tb\n1,5\t2\n"), "1,5|2;"},
    {BYTES("a;b\n1,5;\"2;\"\n"), "1,5|2;;"},
    {BYTES("a|b\n1|2\n"), "1|2;"},
    {BYTES("\xEF\xBB\xBF\r\na\tb\r\n1\t2\r\n"), "1|2;"},
    {BYTES("\"a;b;c\",d\n1,2\n"), "1|2;"}, /* what is between quotes does not count */
    {BYTES("a;b,c\n1,2\n"), "1|2;"},       /* of equally many the comma */
    {BYTES("a::b,c\n1,2\n"), "1|2;"},
};

static void good_files_give_their_fields(void)
{
    char rows[200];
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        if (!CHECK_OK(read_all(rows, sizeof rows, file_of(good[i].bytes, good[i].n), 0))) continue;
        if (strcmp(rows, good[i].rows) != 0) printf("     case %zu gives %s\n", i, rows);
        CHECK(strcmp(rows, good[i].rows) == 0);
    }
}

static const struct {
    const char *bytes;
    size_t n;
    const char *words;
} bad[] = {
    {BYTES(""), "table.csv: is empty; its first line must name the columns"},
    {BYTES("\n\r\n\n"), "is empty"},
    {BYTES("\xEF\xBB\xBF"), "is empty"},
    {BYTES("a,b\n1\n"), ":2: 1 fields where the header has 2"},
    {BYTES("a,b\n1,2\n1,2,3\n"), ":3: 3 fields where the header has 2"},
    {BYTES("a,b\n1,\"x\ny\"\n1\n"), ":4: 1 fields"},
    {BYTES("a,b\n1,2\n3,\"open\nmore"), ":3: the quote that opens here is never closed"},
    {BYTES("a,b\n\"x\n\",\"open\"\"\n"), ":3: the quote that opens here is never closed"},
    {BYTES("a,\"b\n1,2\n"), ":1: the quote that opens here is never closed"},
    {BYTES("a,b\n1,\""), ":2: the quote that opens here is never closed"},
    {BYTES("a,b\n\"1\"x,2\n"), ":2: text follows the quote that closes field 1"},
    {BYTES("a,b\n1,\"2\" \n"), ":2: text follows the quote that closes field 2"},
    {BYTES("a,b\n1,\"\n2\"3\n"), ":3: text follows the quote"},
    {BYTES("a,b\n1,2\n3\0,4\n"), ":3: a NUL byte"},
    {BYTES("a,b\n1,\"x\ny\0z\"\n"), ":3: a NUL byte"},
    {BYTES("a,\0b\n1,2\n"), ":1: a NUL byte"},
    {BYTES("a\0,\0b\0\n\0"), ":1: a NUL byte"},
    {BYTES("a,b\r1,2\r"), ":1: a carriage return without a line feed"},
    {BYTES("a,b\n1,2\r3,4\n"), ":2: a carriage return without a line feed"},
    {BYTES("a,b\n1,2\r"), ":2: a carriage return without a line feed"},
    {BYTES("a,b\n1,\"2\"\r"), ":2: a carriage return without a line feed"},
    {BYTES("a,b\n1,12345678901\n"), ":2: the field that begins here is longer than 10 bytes"},
    {BYTES("a,b\n\n1,\"\n1234567890\"\n"), ":3: the field that begins here is longer than 10 bytes"},
    {BYTES("a,b\n \n1,2\n"), ":2: 1 fields"},
    {BYTES("a;b\n1;2;3\n"), ":2: 3 fields where the header has 2; quote fields that hold semicolons or line breaks"},
    {BYTES("a::b::c\n"), ":1: fields are separated by '::'"},
    {BYTES("\x1F\x8B\x08\0\0"), "is compressed by gzip, not a CSV file; unpack it with gunzip"},
    {BYTES("BZh91AY&SY\0"), "is compressed by bzip2"},
    {BYTES("\xFD"
           "7zXZ\0"),
     "is compressed by xz"},
    {BYTES("\x28\xB5\x2F\xFD\0"), "is compressed by zstd"},
    {BYTES("PK\x03\x04\0"), "is a ZIP archive or a workbook (xlsx)"},
    {BYTES("PAR1\0\0"), "is a Parquet file"},
    {BYTES("\xFF\xFE"
           "a\0,\0"),
     "is UTF-16, not a CSV file; write it as UTF-8"},
    {BYTES("{\"asin\": 1}\n"), "is JSON"},
    {BYTES("<!DOCTYPE html>\n"), "is a web page"},
    {BYTES("version https://git-lfs.github.com/spec/v1\n"), "is a Git LFS pointer"},
};

static void bad_files_are_refused_with_the_line_and_the_reason(void)
{
    char rows[200];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CHECK_FAILS(read_all(rows, sizeof rows, file_of(bad[i].bytes, bad[i].n), 10), HL_EFORMAT, bad[i].words);
}

static void rows_before_the_fault_are_given(void)
{
    char rows[200];
    CHECK_FAILS(read_all(rows, sizeof rows, file_of(BYTES("a,b\n1,2\n3,4\n5\n")), 0), HL_EFORMAT, ":4:");
    CHECK(strcmp(rows, "1|2;3|4;") == 0);
}

static void a_file_that_cannot_be_read_is_named(void)
{
    char path[PATH_MAX], rows[10];
    snprintf(path, sizeof path, "%s/nowhere.csv", check_folder());
    CHECK_FAILS(read_all(rows, sizeof rows, path, 0), HL_EFORMAT, "nowhere.csv: cannot be read: No such file");
    CHECK_FAILS(read_all(rows, sizeof rows, check_folder(), 0), HL_EFORMAT, "is a folder, not a file");
}

static void columns_are_found_by_name(void)
{
    hl_csv *c;
    int column;
    CHECK_OK(hl_csv_open(&c, file_of(BYTES("title:token_seq\ttitles\tx:float\tx\n")), 0));
    CHECK_OK(hl_csv_find(c, "title", &column));
    CHECK(column == 0);
    CHECK_OK(hl_csv_find(c, "titles", &column));
    CHECK(column == 1);
    CHECK_FAILS(hl_csv_find(c, "title:", &column), HL_EFORMAT, "no column 'title:'");
    CHECK_FAILS(hl_csv_find(c, "x", &column), HL_EFORMAT, "two columns are called 'x'");
    hl_csv_close(c);
    CHECK_OK(hl_csv_open(&c, file_of(BYTES("item_id,\"a,\nb\",x,x\n")), 0));
    CHECK_OK(hl_csv_find(c, "a,\nb", &column));
    CHECK(column == 1);
    CHECK_FAILS(hl_csv_find(c, "title", &column), HL_EFORMAT,
                "no column 'title'; the columns are: item_id, a,\\nb, x, x");
    CHECK_FAILS(hl_csv_find(c, "x", &column), HL_EFORMAT, "two columns are called 'x'");
    hl_csv_close(c);
}

static void too_many_columns_are_refused(void)
{
    size_t n = HL_CSV_COLUMNS + 5;
    char *line = hl_alloc(n), rows[10];
    memset(line, ',', n);
    CHECK_FAILS(read_all(rows, sizeof rows, file_of(line, n), 0), HL_EFORMAT, ":1: more than 4096 columns");
    memcpy(line, "a,b\n1", 5);
    CHECK_FAILS(read_all(rows, sizeof rows, file_of(line, n), 0), HL_EFORMAT,
                ":2: more than 4096 fields where the header has 2");
    free(line);
}

/* A field of letters that make trouble; its bytes in the file go to `file`. */
static size_t random_field(hl_rng *r, char *field, char *file, size_t *written)
{
    static const char letters[] = "abcdefgh,\"\n\r\xFF";
    size_t n = hl_rng_below(r, 64) ? hl_rng_below(r, 40) : 3000 + hl_rng_below(r, 4 * HL_SOURCE_BLOCK / 3), to = 0;
    bool quotes = hl_rng_below(r, 4) == 0;
    for (size_t i = 0; i < n; i++) {
        field[i] = letters[hl_rng_below(r, sizeof letters - 1)];
        quotes = quotes || strchr(",\"\n\r", field[i]);
    }
    if (quotes) file[to++] = '"';
    for (size_t i = 0; i < n; i++) {
        if (field[i] == '"') file[to++] = '"';
        file[to++] = field[i];
    }
    if (quotes) file[to++] = '"';
    *written = to;
    return n;
}

/* Long and short rows over many blocks, so that blocks end at every kind of place. */
static void what_is_written_is_read_across_blocks(void)
{
    enum { ROWS = 600, COLUMNS = 3, ROOM = 4 * HL_SOURCE_BLOCK };
    char *file = hl_alloc(64u << 20), *field = hl_alloc(ROOM);
    uint64_t want[ROWS * COLUMNS];
    int64_t line[ROWS * COLUMNS], lines = 1;
    size_t n = 0, written;
    n += (size_t)sprintf(file, "a,b,c\r\n");
    lines++;
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 0, 0);
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        line[i] = lines;
        size_t m = random_field(&r, field, file + n, &written);
        want[i] = hl_digest(field, m);
        for (size_t k = 0; k < m; k++) lines += field[k] == '\n';
        n += written;
        if (i % COLUMNS < COLUMNS - 1) file[n++] = ',';
        else n += (size_t)sprintf(file + n, "%s", hl_rng_below(&r, 2) ? "\n" : "\r\n"), lines++;
        HL_CHECK(n < (60u << 20));
    }
    hl_csv *c;
    const hl_csv_field *row;
    CHECK_OK(hl_csv_open(&c, file_of(file, n), 0));
    for (int i = 0; i < ROWS * COLUMNS; i++) {
        if (i % COLUMNS == 0 && (!CHECK_OK(hl_csv_next(c, &row)) || !row)) break;
        CHECK(hl_digest(row[i % COLUMNS].at, row[i % COLUMNS].n) == want[i]);
        CHECK(row[i % COLUMNS].line == line[i]);
    }
    CHECK_OK(hl_csv_next(c, &row));
    CHECK(!row && n > 8 * HL_SOURCE_BLOCK);
    hl_csv_close(c);
    free(file);
    free(field);
}

/* rows (n) of 4,000 fields each; the last row has no end and goes on and on.  CPU seconds until it is refused, or
 * all is read. */
static double seconds_to_read(int rows, int fields_of_last)
{
    enum { FIELD = 12000 };
    const size_t n = 20000 + (size_t)rows * 3 * (FIELD + 1) + (size_t)fields_of_last * (FIELD + 1);
    char *file = hl_alloc(n + 1), *at = file, rest[] = "a,b,c\n";
    hl_csv *c;
    const hl_csv_field *row;
    at += sprintf(at, "%s", rest);
    for (int i = 0; i < 3 * rows + fields_of_last; i++) {
        memset(at, 'x', FIELD);
        at[FIELD] = i < 3 * rows && i % 3 == 2 ? '\n' : ',';
        at += FIELD + 1;
    }
    const char *path = file_of(file, (size_t)(at - file));
    free(file);
    const double begin = hl_usage_cpu_seconds();
    CHECK_OK(hl_csv_open(&c, path, 0));
    hl_status s = HL_OK;
    do s = hl_csv_next(c, &row);
    while (s == HL_OK && row);
    if (fields_of_last)
        CHECK_FAILS(s, HL_EFORMAT, "more than 4096 fields where the header has 3; is a line end missing?");
    else CHECK(s == HL_OK);
    hl_csv_close(c);
    return hl_usage_cpu_seconds() - begin;
}

/* As many bytes with line ends take as long; going back to the beginning of the row would take twenty times that. */
static void a_row_without_end_is_refused_without_being_read_again(void)
{
    const double whole = seconds_to_read(1366, 0), endless = seconds_to_read(0, 4098);
    CHECK(endless < 6 * whole);
}

static void the_digest_names_the_content(void)
{
    hl_source s;
    hl_csv *c;
    const hl_csv_field *row;
    uint64_t first = 0;
    for (int change = 0; change < 2; change++) {
        size_t n = HL_SOURCE_BLOCK + 4000;
        char *bytes = hl_alloc(n);
        for (size_t i = 0; i < n; i++) bytes[i] = i % 4 == 1 ? ',' : i % 4 == 3 ? '\n' : 'x';
        if (change) bytes[n - 2] = 'y';
        const char *path = file_of(bytes, n);
        CHECK_OK(hl_csv_open(&c, path, 0));
        do CHECK_OK(hl_csv_next(c, &row));
        while (row);
        CHECK_OK(hl_source_open(&s, path));
        CHECK_OK(hl_source_finish(&s));
        CHECK(s.digest == hl_csv_digest(c) && hl_csv_size(c) == (int64_t)n);
        CHECK(s.digest != first);
        CHECK_NEAR(hl_csv_share(c), 1, 0);
        first = s.digest;
        hl_source_close(&s);
        hl_csv_close(c);
        free(bytes);
    }
}

static const struct {
    const char *bytes;
    size_t n;
    const char *shown;
} excerpts[] = {
    {BYTES("plain \xC3\xA9 \xE2\x82\xAC"), "plain \xC3\xA9 \xE2\x82\xAC"},
    {BYTES("a\tb\r\n"), "a\\tb\\r\\n"},
    {BYTES("\x1B[2J\x07\x7F"), "\\x1B[2J\\x07\\x7F"},
    {BYTES("\xC2\x9B"
           "2J"),
     "\\xC2\\x9B2J"}, /* a terminal may take U+009B for ESC [ */
    {BYTES("I3\xC2\xA0"), "I3\\xC2\\xA0"},
    {BYTES("\xEF\xBB\xBFI3"), "\\xEF\\xBB\\xBFI3"},
    {BYTES("\xE2\x80\xAE"
           "abc"),
     "\\xE2\\x80\\xAEabc"}, /* right to left */
    {BYTES("\xFF\0z"), "\\xFF\\x00z"},
    {BYTES("123456789 123456789 123456789 123456789 123456789 123456789 123"),
     "123456789 123456789 123456789 123456789 123456789 123456789 123"},
    {BYTES("123456789 123456789 123456789 123456789 123456789 123456789 1234"),
     "123456789 123456789 123456789 123456789 123456789 123456789 ..."},
};

static void what_a_terminal_would_act_on_is_written_out(void)
{
    char shown[HL_EXCERPT];
    for (size_t i = 0; i < sizeof excerpts / sizeof excerpts[0]; i++)
        CHECK(strcmp(hl_excerpt(shown, excerpts[i].bytes, excerpts[i].n), excerpts[i].shown) == 0);
}

static const test tests[] = {
    {"good files give their fields", good_files_give_their_fields},
    {"bad files are refused with the line and the reason", bad_files_are_refused_with_the_line_and_the_reason},
    {"rows before the fault are given", rows_before_the_fault_are_given},
    {"a file that cannot be read is named", a_file_that_cannot_be_read_is_named},
    {"columns are found by name", columns_are_found_by_name},
    {"too many columns are refused", too_many_columns_are_refused},
    {"what is written is read across blocks", what_is_written_is_read_across_blocks},
    {"what a terminal would act on is written out", what_a_terminal_would_act_on_is_written_out},
    {"a row without end is refused without being read again", a_row_without_end_is_refused_without_being_read_again},
    {"the digest names the content", the_digest_names_the_content},
};
HL_TESTS("csv", tests)
