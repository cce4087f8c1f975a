/* test-prepare.c - two CSV files become the same dataset at any number of ranks, whole or not at all. */
#include "tests/check.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/fault.h"
#include "base/stop.h"
#include "io/dataset/dataset.h"
#include "io/files/folder.h"
#include "io/files/h5.h"
#include "io/dataset/prepare.h"
#include "tests/check-mpi.h"
#include "tests/csvpair.h"
#include <dirent.h>
#include <fcntl.h>
#include <hdf5.h>
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static hl_status prepare(const hl_prepare_settings *s)
{
    hl_prepare_report r;
    return hl_prepare(check_world(), s, &r);
}

static bool exists(const char *path)
{
    hl_group_barrier(check_world());
    bool is = access(path, F_OK) == 0;
    hl_group_barrier(check_world());
    return is;
}

static void on_rank_0_remove(const char *path)
{
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) hl_folder_remove(path);
    hl_group_barrier(check_world());
}

/* Is there a dataset at the settings' folder that can be trusted? */
static bool is_trusted(const hl_prepare_settings *s)
{
    hl_dataset *d;
    bool opens = hl_dataset_open(check_world(), s->folder, &d) == HL_OK;
    hl_dataset_close(d);
    return opens;
}

/* A text of the bytes tokenizer. */
static bool says(const hl_corpus *c, int64_t item, const char *text)
{
    int n;
    const int32_t *ids = c->tokens(c, item, &n);
    bool same = n == (int)strlen(text) + 1 && ids[0] == 1;
    for (int i = 1; i < n && same; i++) same = ids[i] == 3 + (unsigned char)text[i - 1];
    return same;
}

static bool has_items(const hl_corpus *c, int64_t user, const char *items)
{
    char list[100];
    int n, at = 0;
    const int32_t *item = c->sequence(c, user, &n);
    for (int i = 0; i < n; i++) at += snprintf(list + at, sizeof list - (size_t)at, "%d ", item[i]);
    return strcmp(list, items) == 0;
}

static bool is_called(const char *id, int n, const char *name)
{
    return n == (int)strlen(name) && memcmp(id, name, (size_t)n) == 0;
}

static void the_small_pair_becomes_what_the_rules_say(void)
{
    hl_prepare_settings s = csv_pair("small", small_interactions, small_texts);
    hl_dataset *d;
    int n, m;
    if (!CHECK_OK(prepare(&s)) || !CHECK_OK(hl_dataset_open(check_world(), s.folder, &d))) return;
    const hl_corpus *c = hl_dataset_corpus(d);
    CHECK(c->items == 9 && c->users == 3);
    static const char *const ids[] = {"", "i1", "i2", "i3", "i4", "i,5", "i6", "i7", "i8"};
    static const char *const texts[] = {
        "",    "P: title: onetag: red", "P: title: n\xC3\xA9w, \"two\"",           "P: title: onetag: red",
        "P: ", "P: tag: a\nb",          "P: title: 01234567890123456789012345678", "",
        ""};
    static const int twins[] = {0, 1, 2, 1, 4, 5, 6, 0, 0};
    for (int i = 0; i < 9; i++) {
        const char *id = hl_dataset_item_id(d, i, &n);
        CHECK(is_called(id, n, ids[i]));
        CHECK(says(c, i, texts[i]));
        CHECK(c->first_equal(c, i) == twins[i]);
    }
    CHECK(has_items(c, 0, "3 1 1 2 "));
    CHECK(has_items(c, 1, "4 5 2 "));
    CHECK(has_items(c, 2, "6 7 1 4 "));
    const char *id = hl_dataset_user_id(d, 2, &n);
    CHECK(is_called(id, n, "\xFF\xC3"));
    const int64_t *times = hl_dataset_times(d, 1, &m);
    CHECK(m == 3 && times[0] == -3 && times[1] == 2 && times[2] == INT64_MAX);
    hl_dataset_close(d);
}

static void the_report_counts_what_happened(void)
{
    hl_prepare_settings s = csv_pair("small", small_interactions, small_texts);
    hl_prepare_report r;
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    CHECK(r.interactions == 13 && r.interactions_kept == 11 && r.interactions_repeated == 1);
    CHECK(r.users_seen == 4 && r.users_kept == 3 && r.users_dropped == 1 && r.users_equal_times == 1
          && r.users_one_time == 0);
    CHECK(r.sequence_min == 3 && r.sequence_max == 4);
    CHECK(r.items == 8 && r.items_without_text == 2 && r.items_equal == 3);
    CHECK(r.text_rows == 8 && r.text_rows_unused == 1 && r.text_rows_repeated == 1);
    CHECK(r.texts_equal == 1 && r.texts_empty == 1 && r.texts_truncated == 1 && r.texts_in_prompt == 0);
    CHECK(r.text_min == 1 && r.text_max == 40 && r.tokens == 22 + 22 + 22 + 4 + 12 + 40 + 1 + 1);
}

static void what_a_tokenizer_leaves_out_and_cuts_off_is_counted(void)
{
    static const char json[] =
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"t\":0,\"a\":1,\"g\":2,\":\":3,\"[E]\":4},\"merges\":[]},"
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"A\"}},{"
        "\"SpecialToken\":"
        "{\"id\":\"[E]\"}}],\"special_tokens\":{\"[E]\":{\"ids\":[4]}}}}";
    char path[PATH_MAX];
    hl_prepare_report r;
    hl_manifest m;
    hl_prepare_settings s =
        csv_pair("dropping", "item,user,time\na,u,1\nb,u,2\nc,u,3\n", "item_id,title,tag\na,,ag\nb,,axyg\nc,,aaaa\n");
    snprintf(path, sizeof path, "%s", in_folder("dropping.json"));
    file_write(path, json, strlen(json));
    s.tokenizer = path, s.item_prompt = "", s.max_text_length = 7; /* "tag:" is 4, [E] 1; the blank is left out */
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    CHECK(r.texts_dropped == 3 && r.characters_dropped == 1 + 3 + 1);
    CHECK(r.texts_truncated == 1 && r.texts_end_cut == 1);
    CHECK_OK(hl_manifest_read(&m, s.folder));
    CHECK(m.report.characters_dropped == 5 && m.report.texts_end_cut == 1);
    hl_manifest_free(&m);
}

static const char odd_ids[] = "item,user,time\na ,u,1\n017,u,2\nB3,u,3\n 5.0,u,4\nz,u,5\n";

static void items_without_text_are_counted_by_what_their_ids_lack(void)
{
    hl_prepare_settings s =
        csv_pair("forms", odd_ids, "item_id,title,tag\na,A,1\n17,B,2\nb3,C,3\n5,D,4\nz,E,5\ny,F,6\nx,G,7\ny,H,8\n");
    hl_prepare_report r;
    hl_manifest m;
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    CHECK(r.items_without_text == 4 && r.text_rows_unused == 7);
    CHECK(r.ids_blanks == 1 && r.ids_zeros == 1 && r.ids_case == 1 && r.ids_forms == 1 && r.ids_decimal == 0);
    CHECK_OK(hl_manifest_read(&m, s.folder));
    static const char *const want[HL_EXAMPLES][2] = {[HL_EXAMPLE_WITHOUT_TEXT] = {"a ", "017"},
                                                     [HL_EXAMPLE_UNUSED] = {"a", "17"},
                                                     [HL_EXAMPLE_BLANKS] = {"a ", "a"},
                                                     [HL_EXAMPLE_DECIMAL] = {"", ""},
                                                     [HL_EXAMPLE_ZEROS] = {"017", "17"},
                                                     [HL_EXAMPLE_CASE] = {"B3", "b3"},
                                                     [HL_EXAMPLE_FORMS] = {" 5.0", "5"},
                                                     [HL_EXAMPLE_TIMES] = {"", ""},
                                                     [HL_EXAMPLE_MISSING] = {"", ""}};
    for (int e = 0; e < HL_EXAMPLES; e++)
        for (int k = 0; k < 2; k++) CHECK(strcmp(m.examples.of[e][k], want[e][k]) == 0);
    hl_manifest_free(&m);
}

static void an_id_that_is_two_items_is_found_beside_the_one_with_the_text(void)
{
    hl_prepare_settings s =
        csv_pair("two-ids", "item,user,time\na,u,1\na ,u,2\nb,u,3\n", "item_id,title,tag\na,A,1\nb,B,2\n");
    hl_prepare_report r;
    CHECK_OK(hl_prepare(check_world(), &s, &r));
    CHECK(r.items == 3 && r.items_without_text == 1 && r.text_rows_unused == 0 && r.ids_blanks == 1);
}

static const struct {
    const char *texts, *words;
} say_nothing[] = {
    {"item_id,title,tag\nc,A,1\nd,B,2\n", "text/nothing.csv: none of the 3 items of the interactions (as 'A1', 'A2') "
                                          "has a row among the 2 (as 'c', 'd'); write"},
    {"item_id,title,tag\na1,A,1\nd,B,2\n",
     "; 1 would match but for the case of letters ('A1' in the interactions, 'a1' in the texts)"},
    {"item_id,title,tag\n", "has a row among the 0"},
    {"item_id,title,tag\nA1,,NA\nA2,nan,\n", "none of the 2 texts has a value in the columns of text_keys"},
    {"item_id,title,tag\nA1,x,y\nA2,x,y\nA3,x,y\n", "all 3 texts are equal (0 are truncated)"},
    {"item_id,title,tag\nA1,0123456789012345678901234567890123456789,y\nA2,0123456789012345678901234567890123456789,"
     "z\n",
     "all 2 texts are equal (2 are truncated)"},
};

static void texts_that_say_nothing_are_refused_unless_nobody_reads_them(void)
{
    for (size_t i = 0; i < sizeof say_nothing / sizeof say_nothing[0]; i++) {
        hl_prepare_settings s = csv_pair("nothing", "item,user,time\nA1,u,1\nA2,u,2\nA3,u,3\n", say_nothing[i].texts);
        bool did;
        hl_prepare_report r;
        CHECK_FAILS(prepare(&s), HL_EFORMAT, say_nothing[i].words);
        CHECK(!exists(s.folder));
        s.texts_do_not_matter = true;
        CHECK_OK(hl_prepare_when_needed(check_world(), &s, &r, &did));
        s.texts_do_not_matter = false; /* a dataset that is found is refused too */
        CHECK_FAILS(hl_prepare_when_needed(check_world(), &s, &r, &did), HL_EFORMAT, say_nothing[i].words);
        on_rank_0_remove(s.folder);
    }
}

static void a_text_ends_inside_the_prompt_where_no_value_is_left(void)
{
    static const char texts[] = "item_id,title,tag\na,one,x\nb,,y\nc,two,\n";
    static const int cut[] = {3, 9, 10, 11, 12}; /* bytes and BOS: "P: " is 4, "P: tag: " 9, "P: title: " 11 */
    static const int in_prompt[] = {3, 3, 2, 2, 0}, truncated[] = {3, 3, 2, 2, 2};
    for (int i = 0; i < 5; i++) {
        hl_prepare_report r;
        hl_prepare_settings s = csv_pair("prompt", "item,user,time\na,u,1\nb,u,2\nc,u,3\n", texts);
        s.max_text_length = cut[i];
        s.texts_do_not_matter = true;
        CHECK_OK(hl_prepare(check_world(), &s, &r));
        CHECK(r.texts_in_prompt == in_prompt[i] && r.texts_truncated == truncated[i]);
        s.texts_do_not_matter = false;
        if (in_prompt[i] == 3) CHECK_FAILS(prepare(&s), HL_EFORMAT, "3 of 3 texts end inside the prompt");
        else CHECK_OK(prepare(&s));
        on_rank_0_remove(s.folder);
    }
}

static bool same_files(const char *a, const char *b, int *files)
{
    bool same = true;
    DIR *dir = opendir(a);
    const struct dirent *e;
    *files = 0;
    while (dir && (e = readdir(dir))) {
        char path[2][PATH_MAX + 300], *bytes[2];
        size_t n[2] = {0, 0};
        if (e->d_name[0] == '.') continue;
        snprintf(path[0], sizeof path[0], "%s/%s", a, e->d_name);
        snprintf(path[1], sizeof path[1], "%s/%s", b, e->d_name);
        for (int i = 0; i < 2; i++) bytes[i] = file_bytes(path[i], &n[i]);
        same = same && bytes[0] && bytes[1] && n[0] == n[1] && memcmp(bytes[0], bytes[1], n[0]) == 0;
        for (int i = 0; i < 2; i++) free(bytes[i]);
        ++*files;
    }
    if (dir) closedir(dir);
    return same;
}

static void the_bytes_do_not_depend_on_the_number_of_ranks(void)
{
    hl_prepare_settings s = large_pair("ranks", 1000);
    const hl_group *world = check_world();
    char first[PATH_MAX] = "", name[40];
    for (int p = 1; p <= world->size; p++) {
        hl_group some;
        int files;
        snprintf(name, sizeof name, "ranks-%d.hllm", p);
        s.folder = in_folder(name);
        hl_group_subset(&some, world, world->rank < p);
        hl_prepare_report r;
        if (hl_group_has_me(&some)) CHECK_OK(hl_prepare(&some, &s, &r));
        hl_group_close(&some);
        hl_group_barrier(world);
        if (p == 1) snprintf(first, sizeof first, "%s", s.folder);
        CHECK(same_files(first, s.folder, &files));
        CHECK(files > 20);
        CHECK(!exists(in_folder("ranks-1.hllm.tmp")));
    }
}

static void a_current_dataset_is_not_made_again(void)
{
    hl_prepare_settings s = csv_pair("current", small_interactions, small_texts);
    hl_prepare_report made, found;
    bool did;
    CHECK_OK(hl_prepare_when_needed(check_world(), &s, &made, &did));
    CHECK(did);
    CHECK_OK(hl_prepare_when_needed(check_world(), &s, &found, &did));
    CHECK(!did);
    CHECK(memcmp(&made, &found, sizeof made) == 0);
}

static void everything_that_decides_the_content_makes_it_stale(void)
{
    static const char *const keys[] = {"tag", "title"};
    const hl_prepare_settings s = csv_pair("stale", small_interactions, small_texts);
    hl_prepare_settings other[6] = {s, s, s, s, s, s};
    bool is_current;
    hl_prepare_report r;
    other[0].max_text_length++;
    other[1].item_prompt = "P:";
    other[2].text_keys = keys;
    other[3].n_text_keys = 1;
    other[4].shard_items++;
    other[5].shard_users++;
    CHECK_OK(prepare(&s));
    for (int i = 0; i < 6; i++) {
        CHECK_OK(hl_prepare_is_current(check_world(), &other[i], &is_current, &r));
        CHECK(!is_current);
    }
    CHECK_OK(hl_prepare_is_current(check_world(), &s, &is_current, &r));
    CHECK(is_current);
}

static bool is_current(const hl_prepare_settings *s)
{
    bool is = false;
    hl_prepare_report r;
    CHECK_OK(hl_prepare_is_current(check_world(), s, &is, &r));
    return is;
}

static void set_time(const char *path, time_t seconds)
{
    hl_group_barrier(check_world());
    const struct timespec times[2] = {{seconds, 0}, {seconds, 0}};
    if (check_world()->rank == 0) CHECK(utimensat(AT_FDCWD, path, times, 0) == 0);
    hl_group_barrier(check_world());
}

static void a_changed_source_makes_it_stale_and_a_touched_one_does_not(void)
{
    hl_prepare_settings s = csv_pair("source", small_interactions, small_texts);
    const char *path = in_folder("text/source.csv");
    char *changed = hl_alloc_text(small_texts);
    CHECK_OK(prepare(&s));
    set_time(path, 1000000000);
    CHECK(is_current(&s));
    *strstr(changed, "red") = 'b';
    file_write(path, changed, strlen(changed));
    CHECK(!is_current(&s));
    file_write(path, small_texts, strlen(small_texts) - 1);
    CHECK(!is_current(&s));
    file_write(path, small_texts, strlen(small_texts));
    CHECK(is_current(&s));
    on_rank_0_remove(path);
    CHECK(is_current(&s));
    free(changed);
}

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

/* What rank 0 says on standard error meanwhile. */
static char *said_while_preparing(const hl_prepare_settings *s)
{
    const char *path = in_folder("said");
    size_t n;
    int before = dup(STDERR_FILENO), fd = open(path, O_WRONLY | O_CREAT | O_APPEND, 0666);
    dup2(fd, STDERR_FILENO);
    hl_status status = prepare(s);
    dup2(before, STDERR_FILENO);
    close(before);
    close(fd);
    CHECK_OK(status);
    hl_group_barrier(check_world());
    char *said = file_bytes(path, &n);
    hl_group_barrier(check_world());
    if (check_world()->rank == 0) unlink(path);
    hl_group_barrier(check_world());
    return said;
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

static void what_is_not_a_dataset_is_left_alone(void)
{
    hl_prepare_settings s = csv_pair("foreign", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(s.folder));
    CHECK_OK(hl_folder_make(in_folder("foreign.hllm")));
    file_write(in_folder("foreign.hllm/thesis.txt"), "years", 5);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "is not a dataset of ours; it is left alone");
    file_write(in_folder("foreign.hllm/manifest.json"), "{\"format\":\"zip\"}", 16);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "manifest.json is not that of a dataset; it is left alone");
    CHECK(exists(in_folder("foreign.hllm/thesis.txt")));
    file_write(in_folder("plain"), "x", 1);
    s.folder = in_folder("plain");
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "is not a dataset of ours");
    CHECK(exists(in_folder("plain")));
    CHECK_OK(hl_folder_make(in_folder("empty")));
    s.folder = in_folder("empty");
    CHECK_OK(prepare(&s));
}

static void a_place_that_cannot_be_written_is_a_storage_failure(void)
{
    hl_prepare_settings s = csv_pair("place", small_interactions, small_texts);
    file_write(in_folder("file"), "x", 1);
    s.folder = in_folder("file/dataset");
    CHECK_FAILS(prepare(&s), HL_ESTORE, "/file: cannot make this folder"); /* what is in the way */
}

static void a_leftover_staging_folder_is_written_anew_unless_it_holds_something_else(void)
{
    hl_prepare_settings s = csv_pair("left", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(in_folder("left.hllm.tmp")));
    file_write(in_folder("left.hllm.tmp/items-00077.h5"), "half", 4);
    file_write(in_folder("left.hllm.tmp/manifest.json.new"), "{", 1);
    CHECK_OK(prepare(&s));
    CHECK(!exists(in_folder("left.hllm.tmp")));
    CHECK(!exists(in_folder("left.hllm/items-00077.h5")));
    CHECK_OK(hl_folder_make(in_folder("left.hllm.tmp")));
    file_write(in_folder("left.hllm.tmp/thesis.txt"), "years", 5);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "left.hllm.tmp: holds thesis.txt");
    CHECK(exists(in_folder("left.hllm.tmp/thesis.txt")));
    CHECK(is_trusted(&s));
}

static void two_runs_do_not_write_one_dataset(void)
{
    hl_prepare_settings s = csv_pair("two", small_interactions, small_texts);
    CHECK_OK(hl_folder_make(in_folder("two.hllm.tmp")));
    int fd = check_world()->rank == 0 ? open(in_folder("two.hllm.tmp"), O_RDONLY | O_DIRECTORY) : -1;
    if (fd >= 0) CHECK(flock(fd, LOCK_EX) == 0);
    CHECK_FAILS(prepare(&s), HL_EUSAGE, "two.hllm: another run is making this dataset");
    if (fd >= 0) close(fd);
    CHECK_OK(prepare(&s));
}

static void a_failure_on_one_rank_is_one_of_all_and_the_old_dataset_stays(void)
{
    static const char *const points[] = {"dataset-write", "dataset-rename"};
    for (int i = 0; i < 2; i++) {
        hl_prepare_settings s = csv_pair("fault", small_interactions, small_texts);
        char what[40];
        s.shard_items = 1; /* every rank has something to write */
        CHECK_OK(prepare(&s));
        snprintf(what, sizeof what, "%s:%d", points[i], i == 0 ? check_world()->size - 1 : 0);
        s.max_text_length = 20;
        hl_fault_set(what);
        CHECK_FAILS(prepare(&s), HL_ESTORE, "fault.hllm");
        hl_fault_set(NULL);
        CHECK(!exists(in_folder("fault.hllm.tmp")));
        s.max_text_length = 40;
        CHECK(is_current(&s) && is_trusted(&s));
        on_rank_0_remove(s.folder);
    }
}

/* A run of one rank that is killed where everything is written but the folder does not have its name. */
static void kill_before_rename(const hl_prepare_settings *s)
{
    hl_group alone = {.comm = MPI_COMM_SELF, .size = 1};
    int status = 0;
    if (check_world()->rank == 0) {
        pid_t child = fork();
        if (child == 0) {
            hl_prepare_report r;
            hl_fault_set("dataset-rename:0:kill");
            hl_prepare(&alone, s, &r);
            _exit(0);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    hl_group_barrier(check_world());
}

static void a_killed_run_leaves_nothing_that_is_trusted(void)
{
    hl_prepare_settings s = csv_pair("killed", small_interactions, small_texts);
    kill_before_rename(&s);
    CHECK(exists(in_folder("killed.hllm.tmp/manifest.json")));
    CHECK(!exists(s.folder));
    CHECK(!is_current(&s) && !is_trusted(&s));
    CHECK_OK(prepare(&s));
    CHECK(is_current(&s) && is_trusted(&s));
    s.max_text_length = 20;
    kill_before_rename(&s);
    s.max_text_length = 40;
    CHECK(is_current(&s) && is_trusted(&s));
}

/* Called in the middle of the first reading. */
static void change_the_file(void *self, const char *what, double share)
{
    (void)what;
    (void)share;
    FILE *f = fopen(self, "r+b");
    if (f && fseek(f, -2, SEEK_END) == 0) fputc('9', f);
    if (f) fclose(f);
}

static void a_file_that_changes_while_it_is_read_is_refused(void)
{
    hl_prepare_settings s = large_pair("changing", 9000);
    s.progress_self = (void *)(uintptr_t)in_folder("data/changing.csv");
    if (check_world()->rank == 0) s.progress = change_the_file;
    size_t n;
    char *bytes = file_bytes(in_folder("data/changing.csv"), &n);
    CHECK(bytes && n > 3);
    if (bytes) bytes[n - 2] = '0';
    file_write(in_folder("data/changing.csv"), bytes, n);
    set_time(in_folder("data/changing.csv"), 1000000000); /* the clock of files may stand still for some milliseconds */
    CHECK_FAILS(prepare(&s), HL_EFORMAT, "changing.csv: changed while it was read");
    free(bytes);
}

/* A signal in the middle of the first reading. */
static void ask_to_stop(void *self, const char *what, double share)
{
    (void)self;
    (void)what;
    (void)share;
    hl_stop_ask();
}

static void a_signal_to_one_rank_gives_the_preparation_up(void)
{
    hl_prepare_settings s = large_pair("stopped", 9000);
    if (check_world()->rank == check_world()->size - 1) s.progress = ask_to_stop;
    CHECK_FAILS(prepare(&s), HL_ESTOP, "stopped by a signal while reading");
    CHECK(!exists(in_folder("stopped.hllm")) && !exists(in_folder("stopped.hllm.tmp")));
    hl_stop_forget();
    s.progress = NULL;
    CHECK_OK(prepare(&s));
}

/* Reference data */

typedef struct {
    int64_t n;
    void *at;
} h5_array;

static h5_array h5_read(hid_t file, const char *name, hid_t type, size_t size)
{
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(set);
    h5_array a = {H5Sget_simple_extent_npoints(space), NULL};
    CHECK(a.n > 0);
    a.at = hl_alloc_zero((size_t)a.n, size);
    CHECK(H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, a.at) >= 0);
    H5Sclose(space);
    H5Dclose(set);
    return a;
}

static h5_array h5_texts(hid_t file, const char *name)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, H5T_VARIABLE);
    h5_array a = h5_read(file, name, type, sizeof(char *));
    H5Tclose(type);
    return a;
}

static h5_array h5_numbers(hid_t file, const char *name)
{
    return h5_read(file, name, H5T_NATIVE_INT64, sizeof(int64_t));
}

static void free_texts(h5_array *a)
{
    for (int64_t i = 0; i < a->n; i++) H5free_memory(((char **)a->at)[i]);
    free(a->at);
}

/* The reviews, as a folder in ours; false where there are none. */
static bool real_dataset(hl_prepare_settings *s)
{
    static const char *const keys[] = {"title", "description"};
    static char data[PATH_MAX], text[PATH_MAX], tokenizer[PATH_MAX];
    const char *path;
    if (!(path = check_shared("data/dataset"))) return false;
    snprintf(data, sizeof data, "%s", path);
    if (!(path = check_shared("data/information"))) return false;
    snprintf(text, sizeof text, "%s", path);
    if (!(path = check_shared("models/tinystories-260k"))) return false;
    snprintf(tokenizer, sizeof tokenizer, "%s", path);
    *s = (hl_prepare_settings){
        .data_path = data,
        .text_path = text,
        .dataset = "amazon_industrial",
        .folder = in_folder("amazon.hllm"),
        .tokenizer = tokenizer,
        .max_text_length = 64,
        .item_prompt = "Compress the following sentence into embedding: ",
        .text_keys = keys,
        .n_text_keys = 2,
    };
    return true;
}

static hl_dataset *real_open(const hl_prepare_settings *s)
{
    hl_dataset *d;
    hl_prepare_report r;
    bool did;
    CHECK_OK(hl_prepare_when_needed(check_world(), s, &r, &did));
    CHECK_OK(hl_dataset_open(check_world(), s->folder, &d));
    return d;
}

static void ids_and_sequences_of_real_reviews_are_those_of_the_public_code(void)
{
    hl_prepare_settings s;
    const char *golden = check_shared("golden/split_amazon_industrial.h5");
    if (!golden || !real_dataset(&s)) return;
    golden = check_shared("golden/split_amazon_industrial.h5"); /* the text was its until the next call */
    hl_h5_quiet();
    hid_t file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    h5_array items = h5_texts(file, "item_tokens"), users = h5_texts(file, "user_tokens");
    h5_array begin = h5_numbers(file, "user_seq/offsets"), item = h5_numbers(file, "user_seq/values");
    hl_dataset *d = real_open(&s);
    const hl_corpus *c = hl_dataset_corpus(d);
    int wrong = 0, n;
    CHECK(c->items == items.n && c->users == users.n - 1 && begin.n == users.n);
    for (int64_t i = 1; i < c->items; i++) {
        const char *id = hl_dataset_item_id(d, i, &n);
        wrong += !is_called(id, n, ((char **)items.at)[i]);
    }
    CHECK(wrong == 0);
    for (int64_t u = 0; u < c->users; u++) {
        const int64_t *b = (const int64_t *)begin.at + u, *x = (const int64_t *)item.at;
        const char *id = hl_dataset_user_id(d, u, &n);
        wrong += !is_called(id, n, ((char **)users.at)[u + 1]);
        const int32_t *sequence = c->sequence(c, u, &n);
        wrong += n != b[1] - b[0];
        for (int i = 0; i < n && n == b[1] - b[0]; i++) wrong += sequence[i] != x[b[0] + i];
    }
    CHECK(wrong == 0);
    hl_dataset_close(d);
    free_texts(&items);
    free_texts(&users);
    free(begin.at);
    free(item.at);
    H5Fclose(file);
}

static void tokens_of_real_reviews_are_the_first_of_the_public_tokenizer(void)
{
    hl_prepare_settings s;
    if (!real_dataset(&s)) return;
    const char *golden = check_shared("golden/tokens_tinystories_amazon_industrial.h5");
    if (!golden) return;
    hl_h5_quiet();
    hid_t file = H5Fopen(golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    h5_array begin = h5_numbers(file, "ids/offsets"), ids = h5_numbers(file, "ids/values");
    hl_dataset *d = real_open(&s);
    const hl_corpus *c = hl_dataset_corpus(d);
    int wrong = 0, n;
    CHECK(c->items == begin.n - 1);
    for (int64_t i = 0; i < c->items; i++) {
        const int64_t *b = (const int64_t *)begin.at + i, whole = b[1] - b[0], *want = (const int64_t *)ids.at + b[0];
        const int32_t *got = c->tokens(c, i, &n);
        wrong += n != (whole < 64 ? whole : 64);
        for (int k = 0; k < n && k < whole; k++) wrong += got[k] != want[k];
    }
    CHECK(wrong == 0);
    hl_dataset_close(d);
    free(begin.at);
    free(ids.at);
    H5Fclose(file);
}

static const test tests[] = {
    {"the small pair becomes what the rules say", the_small_pair_becomes_what_the_rules_say},
    {"the report counts what happened", the_report_counts_what_happened},
    {"what a tokenizer leaves out and cuts off is counted", what_a_tokenizer_leaves_out_and_cuts_off_is_counted},
    {"items without text are counted by what their ids lack", items_without_text_are_counted_by_what_their_ids_lack},
    {"an id that is two items is found beside the one with the text",
     an_id_that_is_two_items_is_found_beside_the_one_with_the_text},
    {"texts that say nothing are refused unless nobody reads them",
     texts_that_say_nothing_are_refused_unless_nobody_reads_them},
    {"a text ends inside the prompt where no value is left", a_text_ends_inside_the_prompt_where_no_value_is_left},
    {"the bytes do not depend on the number of ranks", the_bytes_do_not_depend_on_the_number_of_ranks},
    {"a current dataset is not made again", a_current_dataset_is_not_made_again},
    {"everything that decides the content makes it stale", everything_that_decides_the_content_makes_it_stale},
    {"a changed source makes it stale and a touched one does not",
     a_changed_source_makes_it_stale_and_a_touched_one_does_not},
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
    {"what is not a dataset is left alone", what_is_not_a_dataset_is_left_alone},
    {"a place that cannot be written is a storage failure", a_place_that_cannot_be_written_is_a_storage_failure},
    {"a leftover staging folder is written anew unless it holds something else",
     a_leftover_staging_folder_is_written_anew_unless_it_holds_something_else},
    {"two runs do not write one dataset", two_runs_do_not_write_one_dataset},
    {"a failure on one rank is one of all and the old dataset stays",
     a_failure_on_one_rank_is_one_of_all_and_the_old_dataset_stays},
    {"a killed run leaves nothing that is trusted", a_killed_run_leaves_nothing_that_is_trusted},
    {"a file that changes while it is read is refused", a_file_that_changes_while_it_is_read_is_refused},
    {"a signal to one rank gives the preparation up", a_signal_to_one_rank_gives_the_preparation_up},
    {"ids and sequences of real reviews are those of the public code",
     ids_and_sequences_of_real_reviews_are_those_of_the_public_code},
    {"tokens of real reviews are the first of the public tokenizer",
     tokens_of_real_reviews_are_the_first_of_the_public_tokenizer},
};
HL_TESTS("prepare", tests)
