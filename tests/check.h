/* check.h - a test is a sentence that is true at any size.
 *
 * A test program holds a table of sentences and ends with HL_TESTS:
 *
 *     static const test tests[] = {
 *         {"every thing has exactly one owner", every_thing_has_one_owner},
 *     };
 *     HL_TESTS("part", tests)
 *
 * Programs named in MPI_TESTS (tests/local.mk) are linked with check-mpi.c: they run at several rank counts,
 * every rank runs every check, and a failure on any rank is a failure.  The others link check-alone.c and see no MPI.
 * The last line printed is "<suite>: N passed, N failed, N skipped"; a test that asserts nothing on any rank has
 * failed, unless it said by check_skip what it would have needed: then it is skipped. */
#ifndef TESTS_CHECK_H
#define TESTS_CHECK_H
#include <CUnit/CUnit.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct {
    const char *sentence;
    void (*run)(void);
} test;

int run_tests(int argc, char **argv, const char *suite, const test *tests, int n);

#define HL_TESTS(suite, tests)                                                                   \
    int main(int argc, char **argv)                                                              \
    {                                                                                            \
        return run_tests(argc, argv, (suite), (tests), (int)(sizeof(tests) / sizeof(tests)[0])); \
    }

#define CHECK(cond) CU_assertImplementation((cond) ? CU_TRUE : CU_FALSE, __LINE__, #cond, __FILE__, "", CU_FALSE)

/* |a - b| <= tolerance; both are printed where it is not so.  NaN is near nothing. */
#define CHECK_NEAR(a, b, tolerance) check_near((a), (b), (tolerance), #a " near " #b, __FILE__, __LINE__)
void check_near(double a, double b, double tolerance, const char *what, const char *file, int line);

/* A status that must be HL_OK; its sentence is printed where it is not. */
#define CHECK_OK(expr) check_ok((int)(expr), #expr, __FILE__, __LINE__)
bool check_ok(int status, const char *what, const char *file, int line);

/* Fails with this status and a sentence that contains `words`. */
#define CHECK_FAILS(expr, status, words) check_fails((int)(expr), (status), (words), #expr, __FILE__, __LINE__)
void check_fails(int got, int want, const char *words, const char *what, const char *file, int line);

/* This test, or a part of it, cannot run here, for this reason, which is printed once.  Local: one rank is enough. */
void check_skip(const char *why);

/* A file of tests/data: its path; where it is not there the test has failed, and NULL.  The text is the callee's
 * until the next call. */
const char *check_data(const char *name);
/* A file beside the checkout, in a folder "shared" (HLLM_SHARED names another): its path, or NULL after check_skip. */
const char *check_shared(const char *name);

/* A new empty folder for this test program, the same on every rank, removed when the program ends. */
const char *check_folder(void);

#endif
