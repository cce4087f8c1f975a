/* test-prepare-files.c - columns are found, and files that cannot be read are refused everywhere with one sentence. */
#include "io/dataset/prepare.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include "tests/preparing.h"
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *interactions, *texts, *words;
} bad[] = {
    {"", "item_id,title,tag\n", "data/bad.csv: is empty"},
    {"i,u,t\n", "item_id,title,tag\n", "none of its 0 users has three interactions"},
    {"i,u,t\na,b,1\na,b,2\na,c,2\n", "item_id,title,tag\n", "none of its 2 users has three interactions"},
    {"i,u\na,b\n", "item_id,title,tag\n",
     "data/bad.csv:1: 2 columns, of which not all of item, user and timestamp are known; name the columns item, user "
     "and timestamp, in any order and among others (the columns are: 'i', 'u')"},
    {"i,u,t,r\na,b,1,5\n", "item_id,title,tag\n", "4 columns, of which not all"},
    {"i,u,t\na,b,1\na,b,soon\n", "item_id,title,tag\n", "data/bad.csv:3: the timestamp 'soon' is not a whole number"},
    {"i,u,t\na,b,1.5\n", "item_id,title,tag\n", ":2: the timestamp '1.5'"},
    {"i,u,t\na,b,\n", "item_id,title,tag\n", ":2: the timestamp ''"},
    {"i,u,t\na,b,-\n", "item_id,title,tag\n", ":2: the timestamp '-'"},
    {"i,u,t\na,b, 1\n", "item_id,title,tag\n", ":2: the timestamp ' 1'"},
    {"i,u,t\na,b,9223372036854775808\n", "item_id,title,tag\n", ":2: the timestamp '9223372036854775808'"},
    {"i,u,t\na,b,\"1\n2\x01\xFFz\"\n", "item_id,title,tag\n", ":2: the timestamp '1\\n2\\x01\\xFFz'"},
    {"i,u,t\n,b,1\n", "item_id,title,tag\n", ":2: the item id is empty"},
    {"i,u,t\na,\"\",1\n", "item_id,title,tag\n", ":2: the user id is empty"},
    {"i,u,t\na,b\n", "item_id,title,tag\n", ":2: 2 fields where the header has 3"},
    {"i,u,t\na,\"b,1\na,b,1\n", "item_id,title,tag\n", "data/bad.csv:2: the quote that opens here is never closed"},
    {small_interactions, "", "text/bad.csv: is empty"},
    {small_interactions, "id,title,tag\ni1,a,b\n",
     "text/bad.csv: no column 'item_id'; the columns are: id, title, tag"},
    {small_interactions, "item_id,title\ni1,a\n", "no column 'tag'; the columns are: item_id, title"},
    {small_interactions, "item_id,title,title,tag\n", "two columns are called 'title'"},
    {small_interactions, "item_id,title,tag\ni1,a,\"b\n\n\xC3(\"\n",
     "text/bad.csv:4: byte 0xC3 of column 'tag' is not UTF-8"},
    {small_interactions, "item_id,title,tag\nnobody,\x80,b\n",
     "text/bad.csv:2: byte 0x80 of column 'title' is not UTF-8"},
    {small_interactions, "item_id,title,tag\ni1,a\n", "text/bad.csv:2: 2 fields where the header has 3"},
    {small_interactions, "item_id,title,tag\ni1,\"a\"b,c\n", "text/bad.csv:2: text follows the quote"},
};

static void bad_files_are_refused_everywhere_with_one_sentence(void)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        hl_prepare_settings s = csv_pair("bad", bad[i].interactions, bad[i].texts);
        CHECK_FAILS(prepare(&s), HL_EFORMAT, bad[i].words);
        CHECK(!exists(s.folder));
        CHECK(!exists(in_folder("bad.hllm.tmp")));
    }
}

/* Interactions of the users a and b, as `header` orders the columns: i, u, t and r, s for what else there is. */
typedef struct {
    const char *header, *order;
    char separator;
    const char *said; /* on the log; NULL: nothing of columns */
} table_of;

static const table_of good_headers[] = {
    {"item,user,time", "iut", ',', NULL},
    {"anything,you,like", "iut", ',', NULL},
    {"item,u,t", "iut", ',', NULL},
    {"user_id,item_id,timestamp", "uit", ',',
     "columns by their names: item is 'item_id' (column 2), user is 'user_id' (column 1), timestamp is 'timestamp' "
     "(column 3)"},
    {"userId,movieId,rating,timestamp", "uirt", ',', "timestamp is 'timestamp' (column 4); not read: 'rating'"},
    {"user_id:token\titem_id:token\trating:float\ttimestamp:float", "uirt", '\t', "item is 'item_id:token' (column 2)"},
    {"unixReviewTime;reviewerID;asin", "tui", ';',
     "item is 'asin' (column 3), user is 'reviewerID' (column 2), timestamp is 'unixReviewTime' (column 1)"},
    {"TIME|ITEM|USER", "tiu", '|', "item is 'ITEM' (column 2)"},
    {",user_id,parent_asin,timestamp,date", "suitr", ',', "timestamp is 'timestamp' (column 4); not read: '', 'date'"},
    {"when,user,item", "tui", ',', "timestamp is 'when' (column 1)"},
    {"asin,item_id,user,timestamp", "siut", ',', "item is 'item_id' (column 2)"},
    {"movie,movieId,user,user_id,timestamp", "sirut", ',',
     "item is 'movieId' (column 2), user is 'user_id' (column 4)"},
    {" User ID , Item-ID ,Timestamp", "uit", ',', "user is ' User ID ' (column 1)"},
};

static void write_field(char *out, char what, char user, int row)
{
    int item = (3 * row + user) % 5;
    if (what == 'i') sprintf(out, "item%d", item);
    if (what == 'u') sprintf(out, "user%c", user);
    if (what == 't') sprintf(out, "%d", 100 - row);
    if (what == 'r' || what == 's') sprintf(out, "%d.5", row);
}

static void write_table(char *out, const table_of *t)
{
    char field[40];
    out += sprintf(out, "%s\n", t->header);
    for (int row = 0; row < 8; row++)
        for (const char *o = t->order; *o; o++) {
            write_field(field, *o, row % 2 ? 'a' : 'b', row);
            out += sprintf(out, "%s%c", field, o[1] ? t->separator : '\n');
        }
}

static const char five_texts[] = "item_id,title,tag\nitem0,a,1\nitem1,b,2\nitem2,c,3\nitem3,d,4\nitem4,e,5\n";

static void columns_are_found_wherever_they_stand(void)
{
    uint64_t digest = 0;
    for (size_t i = 0; i < sizeof good_headers / sizeof good_headers[0]; i++) {
        char bytes[2000];
        hl_manifest m;
        write_table(bytes, &good_headers[i]);
        hl_prepare_settings s = csv_pair("columns", bytes, five_texts);
        on_rank_0_remove(s.folder);
        char *said = said_while_preparing(&s);
        if (good_headers[i].said) CHECK(said && strstr(said, good_headers[i].said));
        else CHECK(said && !strstr(said, "columns by their names"));
        CHECK_OK(hl_manifest_read(&m, s.folder));
        if (i == 0) digest = hl_manifest_digest(&m);
        CHECK(hl_manifest_digest(&m) == digest);
        hl_manifest_free(&m);
        free(said);
    }
}

static const struct {
    const char *interactions, *words;
} bad_headers[] = {
    {"user,i,t\na,b,1\n",
     ":1: the header names only some of item, user and timestamp, in another order; name the columns"},
    {"item_id,rating,timestamp\na,5,1\n", ":1: the header does not name all of item, user and timestamp"},
    {"name,rating,when\na,5,1\n", ":1: the header names something else where item, user or timestamp is expected"},
    {"item,user,rating\na,b,1\n", ":1: the header does not name all of"},
    {"item_id,item,timestamp\na,b,1\n", ":1: the header does not name all of item, user and timestamp"},
    {"movie_id,movieId,user,time\na,a,b,1\n", ":1: two columns name the item, 'movie_id' and 'movieId'; rename"},
    {"asin,parent_asin,user_id,timestamp\na,a,b,1\n", ":1: two columns name the item, 'asin' and 'parent_asin'"},
    {"user_id,item_id,user_id,timestamp\na,a,b,1\n", ":1: two columns name the user, 'user_id' and 'user_id'"},
    {"B0001,A1,1400000000\nB0002,A1,1400000001\n",
     ":1: the first line looks like an interaction, and would be left out"},
    {"1,31,2.5,1260759144\n1,32,2.5,1260759145\n", ":1: the first line looks like an interaction"},
    {"0,1,2\na,b,1\n", ":1: the first line looks like an interaction"},
    {"1::1193::5::978300760\n", ":1: fields are separated by '::', which is not read; write tabs"},
    {"item user time\na b 1\n", ":1: 1 columns, of which not all"},
    {"item,user,time\na,b,2014-05-12\n",
     ":2: the timestamp '2014-05-12' is not a whole number of 64 bits (column 'time'): it is a date: write seconds"},
    {"item,user,time\na,b,05/12/2014 10:00\n", "it is a date"},
    {"item,user,time\na,b,nan\n",
     ":2: the timestamp 'nan' is not a whole number of 64 bits (column 'time'): it is missing"},
    {"item,user,time\na,b,1400000000.5\n", "it has a fraction"},
    {"item,user,time\na,b,1e19\n", "it has more than 64 bits"},
    {"item\tuser\ttime\na,b,1\n", ":2: 1 fields where the header has 3; quote fields that hold tabs"},
};

static void headers_that_do_not_tell_the_columns_are_refused(void)
{
    for (size_t i = 0; i < sizeof bad_headers / sizeof bad_headers[0]; i++) {
        hl_prepare_settings s = csv_pair("headers", bad_headers[i].interactions, five_texts);
        CHECK_FAILS(prepare(&s), HL_EFORMAT, bad_headers[i].words);
        CHECK(!exists(s.folder));
    }
}

static void the_ids_of_texts_are_found_by_the_same_names(void)
{
    static const char *const headers[] = {"movieId,title,tag", "ASIN,title,tag",
                                          "item_id:token,title:token_seq,tag:token", "Item ID,title,tag"};
    for (int i = 0; i < 4; i++) {
        char texts[300];
        hl_prepare_report r;
        sprintf(texts, "%s%s", headers[i], strchr(five_texts, '\n'));
        hl_prepare_settings s = csv_pair("names", "item,user,time\nitem0,u,1\nitem1,u,2\nitem4,u,3\n", texts);
        CHECK_OK(hl_prepare(check_world(), &s, &r));
        CHECK(r.items_without_text == 0 && r.texts_equal == 0);
    }
}

static const struct {
    const char *times[3];
    int64_t apart;
    const char *low, *high;
} units[] = {
    {{"1400000000", "1400000001", "1400000002"}, 0, "", ""},
    {{"1400000000", "1400000001000", "1400000002000"}, 1, "1400000000 in line 2", "1400000001000 in line 3"},
    {{"1400000000000000", "1400000001000", "1400000002000"},
     1,
     "1400000001000 in line 3",
     "1400000000000000 in line 2"},
    {{"0", "1400000000", "1400000001"}, 1, "0 in line 2", "1400000000 in line 3"},
    {{"1400000000", "1400000001", "-1"}, 1, "-1 in line 4", "1400000000 in line 2"},
    {{"1", "1000", "100000"}, 0, "", ""},
    {{"1.4e9", "1400000000.0", "1400000001."}, 0, "", ""},
};

static void times_in_several_units_are_counted(void)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        char bytes[300];
        hl_prepare_report r;
        hl_manifest m;
        const char *const *t = units[i].times;
        sprintf(bytes, "item,user,time\nitem0,u,%s\nitem1,u,%s\nitem2,u,%s\n", t[0], t[1], t[2]);
        hl_prepare_settings s = csv_pair("units", bytes, five_texts);
        CHECK_OK(hl_prepare(check_world(), &s, &r));
        CHECK(r.times_apart == units[i].apart);
        CHECK_OK(hl_manifest_read(&m, s.folder));
        CHECK(strcmp(m.examples.of[HL_EXAMPLE_TIMES][0], units[i].low) == 0
              && strcmp(m.examples.of[HL_EXAMPLE_TIMES][1], units[i].high) == 0);
        hl_manifest_free(&m);
    }
}

static void ids_that_say_that_they_are_missing_are_counted(void)
{
    hl_prepare_report r;
    hl_manifest m;
    hl_prepare_settings s = csv_pair(
        "nan", "item,user,time\nitem0,nan,1\nitem1,nan,2\nitem2,nan,3\nNone,u,1\nitem1,u,2\nitem2,u,3\nitem3,nano,4\n",
        five_texts);
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    CHECK(r.ids_missing == 4);
    CHECK_OK(hl_manifest_read(&m, s.folder));
    CHECK(strcmp(m.examples.of[HL_EXAMPLE_MISSING][0], "user 'nan'") == 0);
    CHECK(strcmp(m.examples.of[HL_EXAMPLE_MISSING][1], "item 'None'") == 0);
    hl_manifest_free(&m);
}

/* As those of earlier versions are. */
static void a_report_without_that_count_is_read(void)
{
    hl_prepare_report r = {.interactions = 7, .ids_missing = 2}, back;
    json_t *o = hl_report_json(&r);
    CHECK(hl_report_parse(&back, o) && back.ids_missing == 2);
    json_object_del(o, "ids_missing");
    CHECK(hl_report_parse(&back, o) && back.ids_missing == 0 && back.interactions == 7);
    json_object_del(o, "interactions");
    CHECK(!hl_report_parse(&back, o));
    json_decref(o);
}

static void a_file_that_may_be_cut_is_warned_of(void)
{
    static const char whole[] = "item,user,time\nitem0,u,1\nitem1,u,2\nitem2,u,3\n";
    for (int cut = 0; cut < 2; cut++) {
        char bytes[100];
        sprintf(bytes, "%.*s", (int)strlen(whole) - cut, whole);
        hl_prepare_settings s = csv_pair("cut", bytes, five_texts);
        char *said = said_while_preparing(&s);
        CHECK(said && !strstr(said, "data/cut.csv: the last row has no line end") == !cut);
        CHECK(said && !strstr(said, "text/cut.csv: the last row has no line end"));
        free(said);
    }
}

static void a_nul_byte_is_refused(void)
{
    hl_prepare_settings s = csv_pair("nul", small_interactions, small_texts);
    file_write(in_folder("text/nul.csv"), "item_id,title,tag\ni1,a\0,b\n", 26);
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "text/nul.csv:2: a NUL byte");
}

static void files_that_are_not_there_are_named_and_nothing_is_made(void)
{
    hl_prepare_settings s = csv_pair("missing", small_interactions, small_texts);
    on_rank_0_remove(in_folder("text/missing.csv"));
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "text/missing.csv: cannot be read");
    s.data_path = in_folder("nowhere");
    s.folder = NULL;
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "nowhere/missing.csv: cannot be read");
    CHECK(!exists(in_folder("nowhere")));
}

static void rename_on_rank_0(const char *from, const char *to)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", in_folder(from));
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) CHECK(rename(path, in_folder(to)) == 0);
    hl_group_barrier(check_world());
}

static void files_of_other_names_are_taken_or_named(void)
{
    hl_prepare_settings s = csv_pair("ending", small_interactions, small_texts);
    rename_on_rank_0("data/ending.csv", "data/ending.inter");
    rename_on_rank_0("text/ending.csv", "text/ending.item");
    CHECK_OK(prepare(&s));
    CHECK(is_current(&s));
    rename_on_rank_0("data/ending.inter", "data/ending.tsv");
    rename_on_rank_0("text/ending.item", "text/ending.csv.gz");
    CHECK_FAILS(prepare(&s), HL_EFORMAT,
                "text/ending.csv: is not there, but ending.csv.gz is; unpack, convert or rename it");
    rename_on_rank_0("text/ending.csv.gz", "text/ending.tsv");
    CHECK_OK(prepare(&s));
}

static void settings_that_cannot_be_are_refused(void)
{
    static const char *const no_key[] = {""};
    const hl_prepare_settings s = csv_pair("settings", small_interactions, small_texts);
    hl_prepare_settings x;
    x = s, x.dataset = "";
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "dataset is not set");
    x = s, x.data_path = NULL;
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "data_path is not set");
    x = s, x.text_path = "";
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "text_path is not set");
    x = s, x.tokenizer = NULL;
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "the tokenizer is not set");
    x = s, x.item_prompt = "\xC3(";
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "item_prompt is not UTF-8");
    x = s, x.text_keys = no_key, x.n_text_keys = 1;
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "an entry of text_keys is not set");
    x = s, x.max_text_length = 0;
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "MAX_TEXT_LENGTH is 0");
    x = s, x.shard_items = -1;
    CHECK_FAILS(prepare(&x), HL_EUSAGE, "shard_items is -1");
    x = s, x.tokenizer = "nowhere/at/all";
    CHECK_FAILS(prepare(&x), HL_EFORMAT, "nowhere/at/all");
}

static const test tests[] = {
    {"bad files are refused everywhere with one sentence", bad_files_are_refused_everywhere_with_one_sentence},
    {"columns are found wherever they stand", columns_are_found_wherever_they_stand},
    {"headers that do not tell the columns are refused", headers_that_do_not_tell_the_columns_are_refused},
    {"the ids of texts are found by the same names", the_ids_of_texts_are_found_by_the_same_names},
    {"times in several units are counted", times_in_several_units_are_counted},
    {"ids that say that they are missing are counted", ids_that_say_that_they_are_missing_are_counted},
    {"a report without that count is read", a_report_without_that_count_is_read},
    {"a file that may be cut is warned of", a_file_that_may_be_cut_is_warned_of},
    {"a NUL byte is refused", a_nul_byte_is_refused},
    {"files that are not there are named and nothing is made", files_that_are_not_there_are_named_and_nothing_is_made},
    {"files of other names are taken or named", files_of_other_names_are_taken_or_named},
    {"settings that cannot be are refused", settings_that_cannot_be_are_refused},
};
HL_TESTS("prepare-files", tests)
