/* check.c - run a table of sentences on every rank and count what held everywhere.
 *
 * CUnit keeps the assertions of this rank.  When a test ends, the ranks add up how many of them saw
 * it fail: one is enough.  Rank 0 prints the verdict, and whoever saw an assertion fail prints that.  A test without
 * one assertion on any rank has shown nothing: it is skipped where it said why (check_skip), else it has failed. */
#include "tests/check.h"
#include "base/error.h"
#include "math/kernels.h"
#include "tests/check-ranks.h"
#include <CUnit/TestRun.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef SOURCE_DIR
#define SOURCE_DIR "."
#endif

enum { MOST_LINES = 5 }; /* failed assertions printed for a test; a loop may have thousands */

static int passed, failed, skipped;
static unsigned asserted; /* on this rank, before the test that runs */
static bool has_said_why; /* this rank, in the test that runs: check_skip */
static char folder[1024];

static void compare(bool holds, const char *what, const char *file, int line)
{
    CU_assertImplementation(holds ? CU_TRUE : CU_FALSE, (unsigned)line, what, file, "", CU_FALSE);
}

void check_near(double a, double b, double tolerance, const char *what, const char *file, int line)
{
    char sentence[600];
    snprintf(sentence, sizeof sentence, "%s: %.9g is not within %.3g of %.9g", what, a, tolerance, b);
    compare(fabs(a - b) <= tolerance || a == b, sentence, file, line);
}

bool check_ok(int status, const char *what, const char *file, int line)
{
    char sentence[1400];
    snprintf(sentence, sizeof sentence, "%s: status %d: %s", what, status, status ? hl_error_text() : "");
    compare(status == HL_OK, sentence, file, line);
    return status == HL_OK;
}

void check_fails(int got, int want, const char *words, const char *what, const char *file, int line)
{
    char sentence[1600];
    const char *said = got ? hl_error_text() : "(it did not fail)";
    snprintf(sentence, sizeof sentence, "%s: status %d instead of %d, or no \"%s\" in: %s", what, got, want, words,
             said);
    compare(got == want && strstr(said, words), sentence, file, line);
}

void check_skip(const char *why)
{
    if (ranks_me() == 0) printf("     skipped %s\n", why);
    has_said_why = true;
}

/* Where a file is or should be; the text is that of the last call. */
static char looked_at[2048];

static bool is_there(const char *where, const char *name)
{
    snprintf(looked_at, sizeof looked_at, "%s/%s", where, name);
    return access(looked_at, R_OK) == 0;
}

const char *check_data(const char *name)
{
    if (is_there(SOURCE_DIR "/tests/data", name)) return looked_at;
    compare(false, "a file of the repository is there", looked_at, 0);
    return NULL;
}

const char *check_shared(const char *name)
{
    const char *shared = getenv("HLLM_SHARED");
    char why[2200];
    if (is_there(shared ? shared : SOURCE_DIR "/../shared", name)) return looked_at;
    snprintf(why, sizeof why, "a case of reference data: there is no %s", looked_at);
    check_skip(why);
    return NULL;
}

const char *check_folder(void) { return folder; }

/* Made before the first test, so that asking for it is no collective act. */
static void make_folder(const char *suite)
{
    const char *tmp = getenv("TMPDIR");
    if (ranks_me() == 0) {
        snprintf(folder, sizeof folder, "%s/hllm-%s-XXXXXX", tmp && *tmp ? tmp : "/tmp", suite);
        if (!mkdtemp(folder)) folder[0] = 0;
    }
    ranks_share(folder, sizeof folder);
    if (folder[0]) return;
    fprintf(stderr, "%s: cannot make a folder; set TMPDIR to one that can be written\n", suite);
    exit(EXIT_FAILURE);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

static void remove_folder(void)
{
    ranks_sum(0); /* nobody writes into it any more */
    if (ranks_me() == 0) nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int failures(CU_pFailureRecord list)
{
    int n = 0;
    for (CU_pFailureRecord f = list; f; f = f->pNext) {
        if (n++ >= MOST_LINES) continue;
        printf("     rank %d: %s:%u: %s\n", ranks_me(), f->strFileName, f->uiLineNumber, f->strCondition);
    }
    if (n > MOST_LINES) printf("     rank %d: and %d more\n", ranks_me(), n - MOST_LINES);
    fflush(stdout);
    return n;
}

static void at_start(const CU_pTest t, const CU_pSuite s)
{
    (void)s;
    asserted = CU_get_number_of_asserts();
    has_said_why = false;
    if (getenv("HLLM_TESTS_ALOUD") && ranks_me() == 0) printf("...  %s\n", t->pName);
    fflush(stdout);
}

static void at_end(const CU_pTest t, const CU_pSuite s, const CU_pFailureRecord list)
{
    (void)s;
    const bool held = ranks_sum(failures(list)) == 0, asked = ranks_sum(CU_get_number_of_asserts() > asserted) > 0,
               may_be_idle = ranks_sum(has_said_why) > 0, is_skipped = held && !asked && may_be_idle;
    const bool is_good = held && asked;
    passed += is_good;
    skipped += is_skipped;
    failed += !is_good && !is_skipped;
    if (ranks_me() == 0 && held && !asked && !may_be_idle)
        printf("     nothing was asserted, and check_skip has not said why\n");
    if (ranks_me() == 0 && !is_skipped) printf("%s %s\n", is_good ? "ok  " : "FAIL", t->pName);
    if (ranks_me() == 0 && is_skipped) printf("     skipped \"%s\": nothing to assert here\n", t->pName);
    fflush(stdout);
}

/* CUnit keeps names as they are; nothing of the table is changed. */
static void add(CU_pSuite s, const test *t)
{
    if (CU_add_test(s, t->sentence, t->run)) return;
    fprintf(stderr, "CUnit: %s\n", CU_get_error_msg());
    exit(EXIT_FAILURE);
}

static void choose_kernels(void)
{
    if (hl_kernels_choose(getenv("HLLM_KERNELS")) == HL_OK) return;
    fprintf(stderr, "%s\n", hl_error_text());
    exit(EXIT_FAILURE);
}

int run_tests(int argc, char **argv, const char *suite, const test *tests, int n)
{
    ranks_start(&argc, &argv);
    choose_kernels();
    const char *word = argc > 1 ? argv[1] : "";
    make_folder(suite);
    CU_initialize_registry();
    CU_pSuite s = CU_add_suite(suite, NULL, NULL);
    for (int i = 0; i < n; i++)
        if (strstr(tests[i].sentence, word)) add(s, &tests[i]);
    CU_set_test_start_handler(at_start);
    CU_set_test_complete_handler(at_end);
    CU_run_all_tests();
    CU_cleanup_registry();
    remove_folder();
    if (ranks_me() == 0) printf("%s: %d passed, %d failed, %d skipped\n", suite, passed, failed, skipped);
    fflush(stdout);
    ranks_stop();
    return failed == 0 && passed + skipped > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
