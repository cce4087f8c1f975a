/* test-record.c - a record is valid JSON line by line, and a resumed one reads as one run. */
#include "tests/check.h"
#include "base/fault.h"
#include "base/log.h"
#include "io/files/atomic.h"
#include "io/record/record.h"
#include "io/files/regular.h"
#include <jansson.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char path[PATH_MAX];

static hl_record *new_record(const char *name)
{
    hl_record *r;
    snprintf(path, sizeof path, "%s/%s", check_folder(), name);
    CHECK_OK(hl_record_open(&r, path, 0, NULL));
    return r;
}

static hl_status step_line(hl_record *r, int64_t step, double loss)
{
    hl_record_begin(r, "step");
    hl_record_int(r, "step", step);
    hl_record_number(r, "loss", loss);
    return hl_record_end(r);
}

static char *contents(void)
{
    char *text;
    size_t n;
    CHECK_OK(hl_regular_read(path, 1 << 20, &text, &n));
    return text;
}

/* Line i as JSON; NULL where it is none. */
static json_t *line(int i)
{
    char *text = contents(), *at = text;
    for (; i > 0 && at; i--) at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
    if (at) at[strcspn(at, "\n")] = 0;
    json_t *j = at ? json_loads(at, JSON_REJECT_DUPLICATES, NULL) : NULL;
    free(text);
    return j;
}

static int count_lines(void)
{
    char *text = contents();
    int n = 0;
    for (char *p = text; (p = strchr(p, '\n')); p++) n++;
    free(text);
    return n;
}

/* The steps of the file's lines, "0 1 2 3 " */
static const char *steps(void)
{
    static char out[400];
    out[0] = 0;
    for (int i = 0, n = count_lines(); i < n; i++) {
        json_t *j = line(i);
        snprintf(out + strlen(out), 30, "%lld ", (long long)json_integer_value(json_object_get(j, "step")));
        json_decref(j);
    }
    return out;
}

static void a_line_is_what_was_put_in(void)
{
    hl_record *r = new_record("a");
    hl_record_begin(r, "eval");
    hl_record_text(r, "phase", "test \"1\"\n");
    hl_record_int(r, "step", (int64_t)1 << 60);
    hl_record_number(r, "recall@10", 0.1);
    hl_record_digest(r, "digest", 0xabc);
    hl_record_phase(r, "forward", 0.25, 0.5, 1, 3);
    hl_record_phase(r, "loss", 0, NAN, 2, 0);
    hl_record_part(r, "sent", "world", 12);
    hl_record_part(r, "sent", "item", INFINITY);
    CHECK_OK(hl_record_end(r));
    json_t *j = line(0), *p = json_object_get(j, "phases");
    CHECK(strcmp(json_string_value(json_object_get(j, "kind")), "eval") == 0);
    CHECK(strcmp(json_string_value(json_object_get(j, "phase")), "test \"1\"\n") == 0);
    CHECK(json_integer_value(json_object_get(j, "step")) == (json_int_t)1 << 60);
    CHECK_NEAR(json_real_value(json_object_get(j, "recall@10")), 0.1, 0);
    CHECK(strcmp(json_string_value(json_object_get(j, "digest")), "0000000000000abc") == 0);
    CHECK_NEAR(json_real_value(json_array_get(json_object_get(p, "forward"), 2)), 1, 0);
    CHECK(json_integer_value(json_array_get(json_object_get(p, "forward"), 3)) == 3);
    CHECK(json_is_null(json_array_get(json_object_get(p, "loss"), 1)));
    CHECK_NEAR(json_real_value(json_object_get(json_object_get(j, "sent"), "world")), 12, 0);
    CHECK(json_is_null(json_object_get(json_object_get(j, "sent"), "item")));
    json_decref(j);
    hl_record_close(r);
}

static void every_bit_of_a_number_is_kept(void)
{
    hl_record *r = new_record("bits");
    const double x[] = {0.1, 1.0 / 3, 4.853999137878418, 1e-310, -0.0, 6.02214076e23};
    for (int i = 0; i < 6; i++) CHECK_OK(step_line(r, i, x[i]));
    for (int i = 0; i < 6; i++) {
        json_t *j = line(i);
        double y = json_real_value(json_object_get(j, "loss"));
        CHECK(memcmp(&x[i], &y, sizeof y) == 0);
        json_decref(j);
    }
    hl_record_close(r);
}

static void a_sketch_is_a_list_of_its_tensor(void)
{
    hl_record *r = new_record("sketch");
    const hl_sketch g = {.digest = 0xabc, .norm = NAN, .projection = {0.1, -2, 3, 4}}, w = {.digest = 1, .norm = 5};
    hl_record_begin(r, "ledger");
    hl_record_sketch(r, "a", "gradient", &g);
    hl_record_sketch(r, "a", "weight", &w);
    hl_record_sketch(r, "b", "weight", &w);
    CHECK_OK(hl_record_end(r));
    json_t *j = line(0), *t = json_object_get(j, "tensors"), *a = json_object_get(t, "a"),
           *list = json_object_get(a, "gradient");
    CHECK(json_object_size(t) == 2 && json_object_size(a) == 2 && json_array_size(list) == 2 + HL_PROJECTIONS);
    CHECK(strcmp(json_string_value(json_array_get(list, 0)), "0000000000000abc") == 0);
    CHECK(json_is_null(json_array_get(list, 1)));
    CHECK_NEAR(json_real_value(json_array_get(list, 2)), 0.1, 0);
    CHECK_NEAR(json_real_value(json_array_get(json_object_get(json_object_get(t, "b"), "weight"), 1)), 5, 0);
    json_decref(j);
    hl_record_close(r);
}

static void what_json_has_no_word_for_is_null(void)
{
    hl_record *r = new_record("null");
    hl_record_begin(r, "step");
    hl_record_number(r, "nan", NAN);
    hl_record_number(r, "infinity", -INFINITY);
    hl_record_text(r, "nothing", NULL);
    hl_record_text(r, "bytes", "\xff\xfe");
    CHECK_OK(hl_record_end(r));
    json_t *j = line(0);
    CHECK(json_object_size(j) == 5);
    CHECK(json_is_null(json_object_get(j, "nan")) && json_is_null(json_object_get(j, "infinity")));
    CHECK(json_is_null(json_object_get(j, "nothing")) && json_is_null(json_object_get(j, "bytes")));
    json_decref(j);
    hl_record_close(r);
}

static void no_record_is_a_record_that_ignores(void)
{
    CHECK_OK(step_line(NULL, 1, 2));
    hl_record_phase(NULL, "x", 0, 0, 0, 0);
    hl_record_part(NULL, "x", "y", 0);
    hl_record_sketch(NULL, "x", "y", &(hl_sketch){0});
    CHECK_OK(hl_record_run(NULL, &(hl_record_facts){0}));
    CHECK_OK(hl_record_sync(NULL));
    hl_record_close(NULL);
}

static void a_run_says_what_it_is(void)
{
    hl_record *r = new_record("run");
    const hl_record_facts f = {.step = 7,
                               .version = "0.1",
                               .commit = "unknown",
                               .compiler = "gcc 12",
                               .flags = "-O2",
                               .math = "OpenBLAS",
                               .kernels = "plain",
                               .mpi = "Open MPI v4.1.4",
                               .nodes = 2,
                               .ranks = 8,
                               .threads = 3,
                               .cores = 4,
                               .cores_least = 1,
                               .cores_most = 2,
                               .layout = "colocated",
                               .activation_budget = 5,
                               .config = 1,
                               .data = 2,
                               .weights = 3};
    static const char *const keys[] = {"kind",
                                       "schema",
                                       "step",
                                       "time",
                                       "version",
                                       "commit",
                                       "compiler",
                                       "flags",
                                       "math",
                                       "kernels",
                                       "mpi",
                                       "nodes",
                                       "ranks",
                                       "threads",
                                       "cores",
                                       "cores_least",
                                       "cores_most",
                                       "layout",
                                       "activation_budget",
                                       "config_digest",
                                       "data_digest",
                                       "weights_digest"};
    CHECK_OK(hl_record_run(r, &f));
    json_t *j = line(0);
    CHECK(json_object_size(j) == sizeof keys / sizeof keys[0]);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        CHECK(json_object_get(j, keys[i]) && !json_is_null(json_object_get(j, keys[i])));
    CHECK(json_integer_value(json_object_get(j, "schema")) == HL_RECORD_SCHEMA);
    CHECK(json_integer_value(json_object_get(j, "step")) == 7);
    CHECK(json_integer_value(json_object_get(j, "activation_budget")) == 5);
    CHECK(strcmp(json_string_value(json_object_get(j, "weights_digest")), "0000000000000003") == 0);
    json_decref(j);
    hl_record_close(r);
}

/* Steps 1 to 5 with a run line first. */
static void five_steps(const char *name)
{
    hl_record *r = new_record(name);
    CHECK_OK(hl_record_run(r, &(hl_record_facts){0}));
    for (int i = 1; i <= 5; i++) CHECK_OK(step_line(r, i, i));
    hl_record_close(r);
}

static void go_on_from(int64_t after)
{
    hl_record *r;
    if (CHECK_OK(hl_record_open(&r, path, after, NULL))) {
        CHECK_OK(hl_record_run(r, &(hl_record_facts){.step = after}));
        CHECK_OK(step_line(r, after + 1, 0));
    }
    hl_record_close(r);
}

static void a_resumed_record_reads_as_one_run(void)
{
    hl_log_level(HL_WARN);
    five_steps("resumed");
    go_on_from(3);
    CHECK(strcmp(steps(), "0 1 2 3 3 4 ") == 0);
    go_on_from(4);
    CHECK(strcmp(steps(), "0 1 2 3 3 4 4 5 ") == 0);
    go_on_from(2); /* an older checkpoint: the lines of later starts go too */
    CHECK(strcmp(steps(), "0 1 2 2 3 ") == 0);
    go_on_from(0);
    CHECK(strcmp(steps(), "0 0 1 ") == 0);
    hl_log_level(HL_INFO);
}

static void lines_that_come_again_go(void)
{
    hl_record *r;
    hl_log_level(HL_WARN);
    five_steps("again");
    if (CHECK_OK(hl_record_open(&r, path, 5, "eval"))) {
        hl_record_begin(r, "eval");
        hl_record_int(r, "step", 5);
        CHECK_OK(hl_record_end(r));
    }
    hl_record_close(r);
    CHECK(strcmp(steps(), "0 1 2 3 4 5 5 ") == 0);
    CHECK_OK(hl_record_open(&r, path, 5, NULL));
    hl_record_close(r);
    CHECK(strcmp(steps(), "0 1 2 3 4 5 5 ") == 0);
    CHECK_OK(hl_record_open(&r, path, 5, "eval"));
    hl_record_close(r);
    CHECK(strcmp(steps(), "0 1 2 3 4 5 ") == 0);
    hl_log_level(HL_INFO);
}

/* A line of step 2 that says 6, as after a flipped bit. */
static void a_line_of_a_later_step_among_others_takes_none_with_it(void)
{
    hl_record *r;
    hl_log_level(HL_ERROR);
    five_steps("among");
    char *text = contents();
    for (size_t i = 0; text[i]; i++)
        if (strncmp(text + i, ":2,", 3) == 0) text[i + 1] = '6';
    CHECK_OK(hl_atomic_write(path, text, strlen(text)));
    free(text);
    CHECK_OK(hl_record_open(&r, path, 5, NULL));
    CHECK_OK(step_line(r, 6, 1));
    hl_record_close(r);
    CHECK(strcmp(steps(), "0 1 3 4 5 6 ") == 0);
    go_on_from(4);
    CHECK(strcmp(steps(), "0 1 3 4 4 5 ") == 0);
    hl_log_level(HL_INFO);
}

/* What a checkpoint of step 3 knows of its record, and the record when the run goes on from there. */
static bool is_changed_since(hl_survey_lines mark)
{
    hl_record *r;
    bool is_changed = false;
    if (CHECK_OK(hl_record_open(&r, path, 3, NULL))) is_changed = hl_record_tell_changed(r, mark);
    hl_record_close(r);
    return is_changed;
}

static hl_survey_lines three_steps(const char *name)
{
    hl_record *r = new_record(name);
    for (int i = 1; i <= 3; i++) CHECK_OK(step_line(r, i, i + 0.5));
    const hl_survey_lines mark = hl_record_marked(r);
    for (int i = 4; i <= 5; i++) CHECK_OK(step_line(r, i, i + 0.5));
    hl_record_close(r);
    return mark;
}

static void a_digit_that_was_changed_is_noticed(void)
{
    hl_log_level(HL_ERROR);
    const hl_survey_lines mark = three_steps("digit");
    CHECK(mark.lines == 3 && !is_changed_since(mark));
    char *text = contents();
    text[strcspn(text, "5")] = '6'; /* 1.5 becomes 1.6 */
    CHECK_OK(hl_atomic_write(path, text, strlen(text)));
    free(text);
    CHECK(is_changed_since(mark));
    CHECK(!is_changed_since((hl_survey_lines){0}));
    hl_log_level(HL_INFO);
}

static void lines_that_are_gone_are_noticed(void)
{
    hl_record *r;
    hl_log_level(HL_ERROR);
    const hl_survey_lines mark = three_steps("gone");
    char *text = contents();
    const size_t first = strcspn(text, "\n") + 1;
    CHECK_OK(hl_atomic_write(path, text + first, strlen(text + first)));
    free(text);
    CHECK(is_changed_since(mark));
    if (CHECK_OK(hl_record_open(&r, path, 3, NULL)))
        CHECK(hl_record_tell_missing(r, 3) && !hl_record_tell_missing(r, 2));
    hl_record_close(r);
    hl_log_level(HL_INFO);
}

static void lines_of_later_starts_change_nothing(void)
{
    hl_log_level(HL_WARN);
    const hl_survey_lines mark = three_steps("later");
    go_on_from(3);
    CHECK(!is_changed_since(mark));
    go_on_from(3);
    CHECK(!is_changed_since(mark));
    hl_log_level(HL_INFO);
}

/* A mark over one opening is the mark over two. */
static void a_mark_goes_on_with_its_file(void)
{
    hl_record *r;
    hl_log_level(HL_WARN);
    three_steps("marks");
    hl_survey_lines mark = {0};
    if (CHECK_OK(hl_record_open(&r, path, 3, NULL))) {
        CHECK_OK(step_line(r, 4, 1));
        mark = hl_record_marked(r);
    }
    hl_record_close(r);
    CHECK(mark.lines == 4);
    if (CHECK_OK(hl_record_open(&r, path, 4, NULL))) {
        const hl_survey_lines read = hl_record_marked(r);
        CHECK(read.lines == 4 && read.digest == mark.digest && !hl_record_tell_changed(r, mark));
    }
    hl_record_close(r);
    hl_log_level(HL_INFO);
}

static void a_torn_last_line_goes(void)
{
    static const char *const tails[] = {"{\"kind\":\"step\",\"st", "{", "{\"kind\":\"step\",\"step\":4}",
                                        "{\"kind\":\"step\",\"step\":99}"};
    hl_log_level(HL_WARN);
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        five_steps("torn");
        FILE *f = fopen(path, "a");
        fputs(tails[i], f);
        fclose(f);
        go_on_from(5);
        CHECK(strcmp(steps(), "0 1 2 3 4 5 5 6 ") == 0);
        unlink(path);
    }
    five_steps("zeros");
    char *text = contents();
    CHECK(truncate(path, (off_t)strlen(text) + 5000) == 0);
    free(text);
    go_on_from(5);
    CHECK(strcmp(steps(), "0 1 2 3 4 5 5 6 ") == 0);
    hl_log_level(HL_INFO);
}

static void a_file_of_somebody_else_is_left_alone(void)
{
    static const char *const texts[] = {"a diary\n", "a diary",
                                        "{\"kind\":\"run\"}\nnot JSON\n{\"kind\":\"step\",\"step\":1}\n", "[1]\n"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        hl_record *r;
        snprintf(path, sizeof path, "%s/diary", check_folder());
        CHECK_OK(hl_atomic_write(path, texts[i], strlen(texts[i])));
        CHECK_FAILS(hl_record_open(&r, path, 0, NULL), HL_EFORMAT,
                    "is not a JSON object; this is not the record of a run");
        hl_record_close(r);
        char *text = contents();
        CHECK(strcmp(text, texts[i]) == 0);
        free(text);
    }
}

static void a_place_that_cannot_be_written_is_a_sentence(void)
{
    hl_record *r;
    CHECK_FAILS(hl_record_open(&r, "/nowhere/metrics.jsonl", 0, NULL), HL_ESTORE,
                "/nowhere/metrics.jsonl: cannot open");
    hl_record_close(r);
    CHECK_FAILS(hl_record_open(&r, "/dev/null", 0, NULL), HL_ESTORE, "not a file");
    hl_record_close(r);
    CHECK_FAILS(hl_record_open(&r, check_folder(), 0, NULL), HL_ESTORE, "cannot open");
    hl_record_close(r);
}

/* A limit on the size of files stands for a full disk: the system takes part of the line. */
static void a_full_disk_leaves_whole_lines(void)
{
    struct rlimit old, small;
    hl_record *r = new_record("full");
    CHECK_OK(step_line(r, 1, 1));
    char *text = contents();
    getrlimit(RLIMIT_FSIZE, &old);
    small = (struct rlimit){strlen(text) + 10, old.rlim_max};
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    hl_status s = step_line(r, 2, 2);
    setrlimit(RLIMIT_FSIZE, &old);
    CHECK_FAILS(s, HL_ESTORE, "full: cannot write");
    char *after = contents();
    CHECK(strcmp(after, text) == 0);
    free(after);
    free(text);
    CHECK_OK(step_line(r, 3, 3));
    CHECK(strcmp(steps(), "1 2 3 ") == 0); /* 2 was kept */
    hl_record_close(r);
}

static void a_wished_failure_is_a_failure(void)
{
    hl_record *r = new_record("wished");
    hl_fault_set("record-write:0");
    CHECK_FAILS(step_line(r, 1, 1), HL_ESTORE, "wished: cannot write");
    CHECK_FAILS(step_line(r, 2, 2), HL_ESTORE, "wished: cannot write");
    CHECK_FAILS(hl_record_sync(r), HL_ESTORE, "wished: cannot write");
    CHECK(count_lines() == 0);
    hl_fault_set(NULL);
    CHECK_OK(hl_record_sync(r));
    CHECK(count_lines() == 2 && strcmp(steps(), "1 2 ") == 0);
    CHECK_OK(step_line(r, 3, 3));
    CHECK_OK(hl_record_sync(r));
    CHECK(strcmp(steps(), "1 2 3 ") == 0);
    hl_record_close(r);
}

static const test tests[] = {
    {"a line is what was put in", a_line_is_what_was_put_in},
    {"every bit of a number is kept", every_bit_of_a_number_is_kept},
    {"a sketch is a list of its tensor", a_sketch_is_a_list_of_its_tensor},
    {"what JSON has no word for is null", what_json_has_no_word_for_is_null},
    {"no record is a record that ignores", no_record_is_a_record_that_ignores},
    {"a run says what it is", a_run_says_what_it_is},
    {"a resumed record reads as one run", a_resumed_record_reads_as_one_run},
    {"a line of a later step among others takes none with it", a_line_of_a_later_step_among_others_takes_none_with_it},
    {"a digit that was changed is noticed", a_digit_that_was_changed_is_noticed},
    {"lines that are gone are noticed", lines_that_are_gone_are_noticed},
    {"lines of later starts change nothing", lines_of_later_starts_change_nothing},
    {"a mark goes on with its file", a_mark_goes_on_with_its_file},
    {"a torn last line goes", a_torn_last_line_goes},
    {"lines of a step that come again go", lines_that_come_again_go},
    {"a file of somebody else is left alone", a_file_of_somebody_else_is_left_alone},
    {"a place that cannot be written is a sentence", a_place_that_cannot_be_written_is_a_sentence},
    {"a full disk leaves whole lines", a_full_disk_leaves_whole_lines},
    {"a wished failure is a failure", a_wished_failure_is_a_failure},
};
HL_TESTS("record", tests)
