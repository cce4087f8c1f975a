/* test-prepare.c - two CSV files become the same dataset at any number of ranks, and are not read again. */
#include "base/arena.h"
#include "io/dataset/dataset.h"
#include "io/dataset/prepare.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/csvpair.h"
#include "tests/preparing.h"
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
};
HL_TESTS("prepare", tests)
