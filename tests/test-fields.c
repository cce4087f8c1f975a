/* test-fields.c - packed files, lines in parts, Python literals, records: read as they are meant, or refused. */
#include "tests/check.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/rng.h"
#include "io/dataset/fields.h"
#include "io/dataset/json-skim.h"
#include "io/dataset/line-reader.h"
#include "io/dataset/literal.h"
#include "io/files/unpacked.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

static const char *file_of(const char *bytes, size_t n)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/file", check_folder());
    FILE *f = fopen(path, "wb");
    CHECK(f && fwrite(bytes, 1, n, f) == n && fclose(f) == 0);
    return path;
}

/* Bytes that pack well here and badly there. */
static char *make_bytes(size_t n)
{
    hl_rng r = hl_rng_at(1, HL_FOR_TESTS, 40, 0);
    char *bytes = hl_alloc(n);
    for (size_t i = 0; i < n; i++) bytes[i] = (char)(i % 7000 < 3000 ? 'a' + i % 5 : hl_rng_below(&r, 256));
    return bytes;
}

/* ---- packed files */

typedef size_t packer(char *out, size_t room, const char *bytes, size_t n);

static size_t pack_gzip(char *out, size_t room, const char *bytes, size_t n)
{
    z_stream z = {
        .next_in = (Bytef *)(size_t)bytes, .avail_in = (uInt)n, .next_out = (Bytef *)out, .avail_out = (uInt)room};
    CHECK(deflateInit2(&z, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) == Z_OK && deflate(&z, Z_FINISH) == Z_STREAM_END);
    deflateEnd(&z);
    return room - z.avail_out;
}

static size_t pack_zstd(char *out, size_t room, const char *bytes, size_t n)
{
    const size_t packed = ZSTD_compress(out, room, bytes, n, 3);
    CHECK(!ZSTD_isError(packed));
    return packed;
}

static packer *const packers[] = {pack_gzip, pack_zstd};
enum { PACKERS = sizeof packers / sizeof packers[0] };

/* All bytes of a file, `piece` at a time. */
static hl_status unpack(char *out, size_t room, size_t *n, const char *path, size_t piece)
{
    hl_unpacked *u;
    size_t got = piece;
    *n = 0;
    hl_status s = hl_unpacked_open(&u, path);
    while (s == HL_OK && got == piece && *n + piece <= room) {
        s = hl_unpacked_read(u, out + *n, piece, &got);
        if (s == HL_OK) *n += got;
    }
    hl_unpacked_close(u);
    return s;
}

enum { BYTES = 700000 };

static void packed_files_give_their_bytes(void)
{
    static const size_t pieces[] = {1, 1000, 1 << 16, 1 << 20};
    char *bytes = make_bytes(BYTES), *packed = hl_alloc(3 * BYTES), *out = hl_alloc(4 * BYTES);
    for (int k = 0; k <= PACKERS; k++) { /* the last: not packed */
        size_t n = 0;
        if (k < PACKERS) { /* two members */
            n = packers[k](packed, 3 * BYTES, bytes, 300000);
            n += packers[k](packed + n, 3 * BYTES - n, bytes + 300000, BYTES - 300000);
        }
        const char *path = k < PACKERS ? file_of(packed, n) : file_of(bytes, BYTES);
        for (size_t p = k < PACKERS ? 1 : 0; p < sizeof pieces / sizeof pieces[0]; p++) {
            size_t got;
            CHECK_OK(unpack(out, 4 * BYTES, &got, path, pieces[p]));
            CHECK(got == BYTES && memcmp(out, bytes, BYTES) == 0);
        }
    }
    free(out);
    free(packed);
    free(bytes);
}

static void a_packed_file_that_is_cut_off_is_refused_wherever(void)
{
    char *bytes = make_bytes(9000), *packed = hl_alloc(20000), *out = hl_alloc(20000);
    for (int k = 0; k < PACKERS; k++) {
        const size_t n = packers[k](packed, 20000, bytes, 9000);
        for (size_t cut = 4; cut < n; cut += cut < 40 || cut + 40 > n ? 1 : 97) {
            size_t got;
            CHECK_FAILS(unpack(out, 20000, &got, file_of(packed, cut), 512), HL_EFORMAT, "cut off");
        }
    }
    free(out);
    free(packed);
    free(bytes);
}

static void a_packed_file_that_is_changed_is_refused(void)
{
    char *bytes = make_bytes(9000), *packed = hl_alloc(20000), *out = hl_alloc(40000);
    const size_t n = pack_gzip(packed, 20000, bytes, 9000); /* zstd has no checksum unless asked for */
    for (size_t at = 10; at < n - 4; at += 13) {
        size_t got;
        packed[at] ^= 8;
        CHECK(unpack(out, 40000, &got, file_of(packed, n), 512) == HL_EFORMAT);
        packed[at] ^= 8;
    }
    free(out);
    free(packed);
    free(bytes);
}

/* A header of 35871 bytes, and one block, the last, without any: libzstd takes it where the room is small. */
static void a_frame_that_is_not_as_long_as_it_says_is_refused(void)
{
    static const char frame[] = "\x28\xB5\x2F\xFD\x40\x04\x1F\x8B\x05\x00";
    static const size_t pieces[] = {1, 7, 40000};
    char *out = hl_alloc(40000);
    for (int i = 0; i < 3; i++) {
        size_t got;
        CHECK_FAILS(unpack(out, 40000, &got, file_of(frame, sizeof frame), pieces[i]), HL_EFORMAT, "damaged");
    }
    free(out);
}

static void what_follows_a_packed_file_is_refused_but_for_zeros(void)
{
    char packed[200] = {0}, out[200];
    size_t got, n = pack_gzip(packed, sizeof packed, "abc", 3);
    CHECK_OK(unpack(out, sizeof out, &got, file_of(packed, n + 50), 100));
    CHECK(got == 3);
    strcpy(packed + n, "xyz");
    CHECK_FAILS(unpack(out, sizeof out, &got, file_of(packed, n + 3), 100), HL_EFORMAT, "damaged");
    n = pack_zstd(packed, sizeof packed, "abc", 3);
    strcpy(packed + n, "xyz");
    CHECK_FAILS(unpack(out, sizeof out, &got, file_of(packed, n + 3), 100), HL_EFORMAT, "by zstd");
}

/* ---- lines */

/* The lines of part r of p, with a bar behind each; how many. */
static int read_part(char *out, size_t *at, const char *path, int p, int r)
{
    hl_line_reader *l;
    char *line;
    size_t n;
    int lines = 0;
    CHECK_OK(hl_line_reader_open(&l, path));
    if (p > 1) CHECK_OK(hl_line_reader_part(l, 0, p, r));
    CHECK_OK(hl_line_reader_next(l, &line, &n));
    for (; line; lines++) {
        CHECK(line[n] == 0);
        memcpy(out + *at, line, n);
        out[*at + n] = '|';
        *at += n + 1;
        CHECK_OK(hl_line_reader_next(l, &line, &n));
    }
    hl_line_reader_close(l);
    return lines;
}

static void parts_have_each_line_once_and_in_order(void)
{
    hl_rng r = hl_rng_at(2, HL_FOR_TESTS, 41, 0);
    char text[400], whole[800], parts[800];
    for (int t = 0; t < 300; t++) {
        const size_t n = (size_t)hl_rng_below(&r, sizeof text);
        for (size_t i = 0; i < n; i++) text[i] = "ab\r\n\n"[hl_rng_below(&r, 5)];
        const char *path = file_of(text, n);
        size_t at = 0;
        const int lines = read_part(whole, &at, path, 1, 0);
        for (int p = 2; p < 9; p++) {
            size_t end = 0;
            int sum = 0;
            for (int k = 0; k < p; k++) sum += read_part(parts, &end, path, p, k);
            CHECK(sum == lines && end == at && memcmp(parts, whole, at) == 0);
        }
    }
}

static void a_part_knows_the_number_of_its_lines(void)
{
    char text[4000];
    size_t n = 0;
    for (int i = 1; i <= 500; i++) n += (size_t)snprintf(text + n, sizeof text - n, "%d\n", i);
    const char *path = file_of(text, n);
    for (int r = 0; r < 4; r++) {
        hl_line_reader *l;
        char *line;
        size_t length;
        CHECK_OK(hl_line_reader_open(&l, path));
        CHECK_OK(hl_line_reader_part(l, 0, 4, r));
        CHECK_OK(hl_line_reader_next(l, &line, &length));
        CHECK(line && hl_line_reader_number(l) == atoi(line));
        hl_line_reader_close(l);
    }
}

/* ---- literals */

static const struct {
    const char *literal, *json;
} good[] = {
    {"{'asin': '0001', \"title\": \"it's\"}", "{\"asin\":\"0001\",\"title\":\"it's\"}"},
    {"{'a': u'caf\\xe9', 'b': U\"\\u20ac\\U0001F600\"}",
     "{\"a\":\"caf\xC3\xA9\",\"b\":\"\xE2\x82\xAC\xF0\x9F\x98\x80\"}"},
    {"['\\ud83d\\ude00', '\\ud83d', '\\0', '\\101\\7']",
     "[\"\xF0\x9F\x98\x80\",\"\xEF\xBF\xBD\",\"\xEF\xBF\xBD\",\"A\\u0007\"]"},
    {"['\\a\\b\\f\\n\\r\\t\\v\\\\\\'\\\"', '\\q', 'a\\\nb']",
     "[\"\\u0007\\b\\f\\n\\r\\t\\u000B\\\\'\\\"\",\"\\\\q\",\"ab\"]"},
    {"(1, -2.5, 1e3, 12L, +7, .5)", "[1,-2.5,1000.0,12,7,0.5]"},
    {"99999999999999999999", "\"99999999999999999999\""},
    {"1e999", "\"1e999\""},
    {" { } ", "{}"},
    {"[(), [], (1,), (2), ((3)), [4,],]", "[[],[],[1],2,3,[4]]"},
    {"{'x': True, 'y': False, 'z': None, 3: 4, 2.5: 1}", "{\"x\":true,\"y\":false,\"z\":null,\"3\":4,\"2.5\":1}"},
    {"{'a': 1, 'a': 2}", "{\"a\":2}"},
    {"''", "\"\""},
    {"{'salesRank': {'Books': 6334800}, 'categories': [['Books']]}",
     "{\"salesRank\":{\"Books\":6334800},\"categories\":[[\"Books\"]]}"},
};

static void literals_mean_what_they_mean_in_python(void)
{
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        char why[HL_JSON_WHY] = "";
        json_t *value = hl_literal_parse(good[i].literal, strlen(good[i].literal), why);
        char *text = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        CHECK(text && strcmp(text, good[i].json) == 0);
        if (!text || strcmp(text, good[i].json) != 0)
            printf("%s: %s instead of %s\n", good[i].literal, text ? text : why, good[i].json);
        free(text);
        json_decref(value);
    }
}

static const struct {
    const char *literal, *why;
} bad[] = {
    {"", "an end where a value is needed"},
    {"{'a': ", "an end where a value is needed"},
    {"{'a': 'b", "not closed"},
    {"{'a': 'b\\", "not closed"},
    {"{'a' 'b'}", "no colon"},
    {"{'a', 'b'}", "no colon"},
    {"['a' 'b']", "no comma"},
    {"[1 2]", "no comma"},
    {"{'a': 1} x", "more behind"},
    {"{'a': __import__('os').system('true')}", "no literal"},
    {"{'a': 1+2}", "a number that is none"},
    {"{'a': nan}", "no literal"},
    {"{'a': true}", "no literal"},
    {"{[1]: 2}", "a key that is no text"},
    {"'\\x4'", "no character"},
    {"'\\U00110000'", "no character"},
    {"'\\N{DASH}'", "not read"},
    {"b'a'", "no literal"},
    {"'\xFF'", "not UTF-8"},
    {"-", "a number that is none"},
    {"lambda: 0", "no literal"},
};

static void what_is_no_literal_is_refused_with_the_reason(void)
{
    char deep[200], why[HL_JSON_WHY];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        why[0] = 0;
        json_t *value = hl_literal_parse(bad[i].literal, strlen(bad[i].literal), why);
        CHECK(!value && strstr(why, bad[i].why));
        if (value || !strstr(why, bad[i].why)) printf("%s: %s\n", bad[i].literal, why);
        json_decref(value);
    }
    memset(deep, '[', sizeof deep);
    CHECK(!hl_literal_parse(deep, sizeof deep - 1, why) && strstr(why, "deeper"));
}

/* ---- records */

/* All records as "a|b;", with - for what is missing. */
static hl_status read_all(char *out, size_t room, const hl_fields_how *how)
{
    hl_fields *f;
    const hl_field *field;
    size_t n = 0;
    out[0] = 0;
    hl_status s = hl_fields_open(&f, how);
    if (s == HL_OK) s = hl_fields_next(f, &field);
    while (s == HL_OK && field) {
        for (int i = 0; i < how->n; i++)
            n += (size_t)snprintf(out + n, room - n, "%.*s%s", (int)field[i].n, field[i].is_there ? field[i].at : "",
                                  i + 1 < how->n ? "|" : ";");
        s = hl_fields_next(f, &field);
    }
    if (s == HL_OK && how->skips_bad) snprintf(out + n, room - n, "%lld", (long long)hl_fields_bad(f));
    hl_fields_close(f);
    return s;
}

static const char *const two[] = {"b|c", "?a"};

static hl_fields_how how_of(const hl_fields_form *form, const char *text, size_t n)
{
    return (hl_fields_how){.path = file_of(text, n), .form = form, .wanted = two, .n = 2, .separator = ",", .p = 1};
}

static const struct {
    const hl_fields_form *form;
    const char *text, *records;
} forms[] = {
    {&hl_fields_csv, "a,b\n1,2\n\"3,\",\"4\n\"\n", "2|1;4\n|3,;"},
    {&hl_fields_csv, "c,x\n1,2\n", "1|;"},
    {&hl_fields_lines, "a,b\n1,2\n\n\"3\",4\n", "2|1;4|\"3\";"},
    {&hl_fields_lines, "a:token,c:float\r\n1,2\r\n", "2|1;"},
    {&hl_fields_json, "{\"a\": 1, \"b\": \"x\"}\n\n{\"c\": [\"y\", \"\", [\"z\", null]], \"a\": {\"k\": 1.5}}\n",
     "x|1;y z|{\"k\":1.5};"},
    {&hl_fields_json, "{\"b\": null, \"c\": true, \"a\": NaN}\n{\"b\": \"\"}\n{}", "true|NaN;|;|;"},
    {&hl_fields_literal, "{'a': 1, 'b': u'x'}\n{'c': ['y', ('z',)]}\n", "x|1;y z|;"},
};

static void records_of_any_form_have_the_wanted_fields(void)
{
    char out[400];
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        hl_fields_how how = how_of(forms[i].form, forms[i].text, strlen(forms[i].text));
        CHECK_OK(read_all(out, sizeof out, &how));
        CHECK(strcmp(out, forms[i].records) == 0);
        if (strcmp(out, forms[i].records) != 0) printf("%s gives %s\n", forms[i].text, out);
    }
}

/* ---- members that are wanted */

static bool is_a_or_b(const void *self, const char *key, size_t n) { return (void)self, n == 1 && *key <= 'b'; }

static void of_an_object_the_wanted_members_are_kept_as_they_stand(void)
{
    static const struct {
        const char *line, *kept; /* NULL: it is to be parsed */
    } cases[] = {
        {"{}", "{}"},
        {" {\"a\": 1, \"c\": [true, {\"a\": 2}], \"b\" : \"x\\\"\" }\t", "{\"a\": 1,\"b\" : \"x\\\"\"}"},
        {"{\"a\":1,\"a\":[2]}", "{\"a\":1,\"a\":[2]}"},
        {"{\"c\":\"\\u00e9\\ud83d\\ude00\xC3\xA9\",\"b\":-0.5}", "{\"b\":-0.5}"},
        {"{\"c\":\"\\ud83d\"}", NULL},
        {"{\"c\":\"\\u0000\"}", NULL},
        {"{\"c\":\"\xC3\"}", NULL},
        {"{\"c\":\"\t\"}", NULL},
        {"{\"c\":\"\\q\"}", NULL},
        {"{\"\\u0061\":1}", NULL},
        {"{\"c\":1e5}", NULL},
        {"{\"c\":1234567890123456}", NULL},
        {"{\"c\":NaN}", NULL},
        {"{\"c\":01}", NULL},
        {"{\"c\":1.}", NULL},
        {"{\"c\":-}", NULL},
        {"{\"c\":1,}", NULL},
        {"{\"c\":[1,]}", NULL},
        {"{\"c\" 1}", NULL},
        {"{\"c\":1} x", NULL},
        {"{\"c\":1", NULL},
        {"[1]", NULL},
        {"", NULL},
        {"{\"c\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}", NULL},
    };
    hl_json_skimmed s = {0};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const bool is = hl_json_skim(&s, cases[i].line, strlen(cases[i].line), is_a_or_b, NULL);
        CHECK(is == (cases[i].kept != NULL));
        if (is && cases[i].kept) CHECK(strcmp(s.at, cases[i].kept) == 0);
    }
    free(s.at);
}

/* ---- packed files in parts */

enum { PACKED_TEXT = 6000000 };

/* A column of hexadecimal digits, quoted where they are a table's: these have line ends in their midst. */
static size_t digits(char *text, bool are_quoted)
{
    hl_rng r = hl_rng_at(3, HL_FOR_TESTS, 42, are_quoted);
    size_t n = (size_t)sprintf(text, "b\n");
    while (n < PACKED_TEXT - 1000) {
        if (are_quoted) text[n++] = '"';
        for (uint64_t k = 1 + hl_rng_below(&r, 300); k > 0; k--) {
            const uint64_t c = hl_rng_below(&r, 17);
            if (c < 16) text[n++] = "0123456789abcdef"[c];
            else if (are_quoted) text[n++] = '\n';
        }
        if (are_quoted) text[n++] = '"';
        text[n++] = '\n';
    }
    return n;
}

/* The records of a part, behind those of the parts before it. */
static int records_of(char *out, size_t *at, const hl_fields_how *how)
{
    hl_fields *f;
    const hl_field *field = NULL;
    int records = 0;
    CHECK_OK(hl_fields_open(&f, how));
    CHECK_OK(hl_fields_next(f, &field));
    for (; field; records++) {
        memcpy(out + *at, field[0].at, field[0].n);
        *at += field[0].n;
        out[(*at)++] = '|';
        CHECK_OK(hl_fields_next(f, &field));
    }
    hl_fields_close(f);
    return records;
}

static void parts_of_packed_files_have_each_record_once_and_in_order(void)
{
    static const hl_fields_form *const of[] = {&hl_fields_lines, &hl_fields_csv};
    static const char *const wanted[] = {"b"};
    char *text = hl_alloc(PACKED_TEXT), *packed = hl_alloc(PACKED_TEXT), *whole = hl_alloc(PACKED_TEXT),
         *parts = hl_alloc(PACKED_TEXT);
    for (int form = 0; form < 2; form++)
        for (int k = 0; k < PACKERS; k++) {
            size_t n = packers[k](packed, PACKED_TEXT, text, digits(text, form == 1)), at = 0;
            CHECK(n > (2 << 20) + 50000); /* large enough for parts */
            hl_fields_how how = {
                .path = file_of(packed, n), .form = of[form], .wanted = wanted, .n = 1, .separator = ",", .p = 1};
            const int records = records_of(whole, &at, &how);
            for (how.p = 2; how.p < 8; how.p += 5) {
                size_t end = 0;
                int sum = 0, most = 0;
                for (how.r = 0; how.r < how.p; how.r++) {
                    const int mine = records_of(parts, &end, &how);
                    sum += mine;
                    if (mine > most) most = mine;
                }
                CHECK(sum == records && end == at && memcmp(parts, whole, at) == 0);
                CHECK(most < records * 2 / 3);
            }
        }
    free(parts);
    free(whole);
    free(packed);
    free(text);
}

static const struct {
    const hl_fields_form *form;
    const char *text, *words;
} refused[] = {
    {&hl_fields_csv, "a,x\n1,2\n", "no column 'b|c'; the columns are: a, x"},
    {&hl_fields_csv, "b,b\n1,2\n", "more than one column 'b|c'"},
    {&hl_fields_lines, "a,x\n1,2\n", "no column 'b|c'"},
    {&hl_fields_lines, "", "is empty"},
    {&hl_fields_lines, "a,b\n1,2\n1\n", ":3: 1 field where there should be 2"},
    {&hl_fields_lines, "a,b\n1,2,3\n", ":2: more than 2 fields where there should be 2"},
    {&hl_fields_json, "{\"b\": 1}\n{\"b\": \n", ":2: not a JSON object"},
    {&hl_fields_json, "[1]\n", ":1: not a JSON object (another value)"},
    {&hl_fields_literal, "{'b': 1}\n\n{'b': x}\n", ":3: not a dictionary of Python (what is no literal at byte 7)"},
    {&hl_fields_lines, "PAR1....", "is a Parquet file"},
    {&hl_fields_csv, "\xFD\x37zXZ....", "is compressed by xz"},
};

static void what_is_wrong_with_a_file_is_said_with_the_line(void)
{
    char out[400];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        hl_fields_how how = how_of(refused[i].form, refused[i].text, strlen(refused[i].text));
        CHECK_FAILS(read_all(out, sizeof out, &how), HL_EFORMAT, refused[i].words);
    }
}

static void lines_that_cannot_be_read_are_counted_where_that_is_asked_for(void)
{
    static const char text[] = "{\"b\": 1}\nnothing\n{\"b\": 2}\n{\n";
    char out[400];
    hl_fields_how how = how_of(&hl_fields_json, text, sizeof text - 1);
    how.skips_bad = true;
    CHECK_OK(read_all(out, sizeof out, &how));
    CHECK(strcmp(out, "1|;2|;2") == 0);
}

static void flags_are_the_names_of_those_that_are_set(void)
{
    static const char *const wanted[] = {"item", "genres|flags"};
    static const char *const flags[] = {"item", "flags"};
    static const char text[] = "7|0|1|1\n8|0|0|0\n";
    char out[400];
    hl_fields_how how = {.path = file_of(text, sizeof text - 1),
                         .form = &hl_fields_lines,
                         .wanted = flags,
                         .n = 2,
                         .separator = "|",
                         .columns = "item|+A|+B|+C",
                         .p = 1};
    CHECK_OK(read_all(out, sizeof out, &how));
    CHECK(strcmp(out, "7|B|C;8|;") == 0);
    how.wanted = wanted;
    CHECK_FAILS(read_all(out, sizeof out, &how), HL_EFORMAT, "no column");
}

static void latin1_becomes_utf8_but_for_ids(void)
{
    static const struct {
        hl_fields_encoding encoding;
        const char *records;
    } cases[] = {{HL_FIELDS_AS_IS, "\xE9|caf\xE9;\xC3\xA9|caf\xC3\xA9;"},
                 {HL_FIELDS_LATIN1, "\xE9|caf\xC3\xA9;\xC3\xA9|caf\xC3\x83\xC2\xA9;"},
                 {HL_FIELDS_EITHER, "\xE9|caf\xC3\xA9;\xC3\xA9|caf\xC3\xA9;"}};
    static const char text[] = "a,b\ncaf\xE9,\xE9\ncaf\xC3\xA9,\xC3\xA9\n";
    char out[400];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        hl_fields_how how = how_of(&hl_fields_lines, text, sizeof text - 1);
        how.encoding = cases[i].encoding;
        how.ids = 1;
        CHECK_OK(read_all(out, sizeof out, &how));
        CHECK(strcmp(out, cases[i].records) == 0);
    }
}

static const test tests[] = {
    {"packed files give their bytes, in pieces of any size and from several members", packed_files_give_their_bytes},
    {"a packed file that is cut off is refused, wherever", a_packed_file_that_is_cut_off_is_refused_wherever},
    {"a packed file that is changed is refused", a_packed_file_that_is_changed_is_refused},
    {"a frame of zstd that is not as long as it says is refused", a_frame_that_is_not_as_long_as_it_says_is_refused},
    {"what follows a packed file is refused, but for zeros", what_follows_a_packed_file_is_refused_but_for_zeros},
    {"parts have each line once, and in order", parts_have_each_line_once_and_in_order},
    {"a part knows the number of its lines", a_part_knows_the_number_of_its_lines},
    {"literals mean what they mean in Python", literals_mean_what_they_mean_in_python},
    {"what is no literal is refused with the reason", what_is_no_literal_is_refused_with_the_reason},
    {"records of any form have the wanted fields", records_of_any_form_have_the_wanted_fields},
    {"of an object the wanted members are kept as they stand", of_an_object_the_wanted_members_are_kept_as_they_stand},
    {"parts of packed files have each record once, and in order",
     parts_of_packed_files_have_each_record_once_and_in_order},
    {"what is wrong with a file is said with the line", what_is_wrong_with_a_file_is_said_with_the_line},
    {"lines that cannot be read are counted where that is asked for",
     lines_that_cannot_be_read_are_counted_where_that_is_asked_for},
    {"flags are the names of those that are set", flags_are_the_names_of_those_that_are_set},
    {"Latin-1 becomes UTF-8, but for ids", latin1_becomes_utf8_but_for_ids},
};
HL_TESTS("fields", tests)
