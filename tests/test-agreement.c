/* test-agreement.c - ranks that have something else than rank 0 are all told the same: what, who, where. */
#include "mpi/comm/agreement.h"
#include "base/process.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include <stdio.h>
#include <string.h>

static bool is_last(void) { return check_world()->rank == check_world()->size - 1; }

static bool has_others(void) { return check_world()->size > 1; }

static hl_settings three(const char *b)
{
    hl_settings s = {0};
    hl_settings_add(&s, "a", "1");
    hl_settings_add(&s, "b", b);
    hl_settings_add(&s, "c", "");
    return s;
}

/* Release it too. */
static hl_status agree(hl_settings s)
{
    hl_status status = hl_settings_agree(check_world(), &s, HL_EUSAGE, "make them equal");
    hl_settings_free(&s);
    return status;
}

static void equal_lists_are_agreed_upon(void)
{
    CHECK_OK(agree(three("2")));
    CHECK_OK(agree((hl_settings){0}));
}

static void a_value_that_differs_is_named_with_both_ranks_and_hosts(void)
{
    hl_process me;
    char sentence[400];
    hl_process_find(&me);
    hl_status s = agree(three(is_last() && has_others() ? "3" : "2"));
    snprintf(sentence, sizeof sentence,
             "b is 2 on rank 0 of %s and 3 on rank %d of %s (1 of %d ranks differ from rank 0); make them equal",
             me.host, check_world()->size - 1, me.host, check_world()->size);
    if (has_others()) CHECK_FAILS(s, HL_EUSAGE, sentence);
    else CHECK_OK(s);
}

static void of_several_differences_the_first_is_named(void)
{
    hl_settings s = three(check_world()->rank % 2 ? "3" : "2");
    if (is_last() && has_others()) strcpy(s.at[0].value, "7");
    hl_status status = agree(s);
    if (has_others()) CHECK_FAILS(status, HL_EUSAGE, "a is 1 on rank 0");
    else CHECK_OK(status);
}

static void what_one_list_lacks_is_not_given_there(void)
{
    hl_settings s = three("2");
    if (is_last() && has_others()) hl_settings_add(&s, "aa", "9");
    hl_settings_sort(&s);
    hl_status status = agree(s);
    if (has_others()) CHECK_FAILS(status, HL_EUSAGE, "aa is not given on rank 0");
    else CHECK_OK(status);
    s = three("2");
    if (!is_last()) hl_settings_add(&s, "aa", "9");
    hl_settings_sort(&s);
    status = agree(s);
    if (has_others()) CHECK_FAILS(status, HL_EUSAGE, "not given on rank");
    else CHECK_OK(status);
}

static void order_does_not_matter_where_lists_are_sorted(void)
{
    hl_settings s = {0};
    hl_settings_add(&s, is_last() ? "x" : "y", "1");
    hl_settings_add(&s, is_last() ? "y" : "x", "1");
    hl_settings_sort(&s);
    CHECK_OK(agree(s));
}

static void long_values_and_odd_bytes_are_shown_as_far_as_a_terminal_takes_them(void)
{
    char text[5000];
    memset(text, 'x', sizeof text);
    text[0] = '\033';
    text[sizeof text - 1] = 0;
    if (is_last()) text[sizeof text - 2] = 'y'; /* far behind what is shown */
    hl_status status = agree(three(text));
    if (has_others()) CHECK_FAILS(status, HL_EUSAGE, "b is ?xxx");
    else CHECK_OK(status);
}

static void values_are_counted_where_they_differ(void)
{
    char counts[400], wanted[100];
    CHECK(!hl_settings_count(counts, sizeof counts, check_world(), "avx2"));
    CHECK(*counts == 0);
    bool differ = hl_settings_count(counts, sizeof counts, check_world(), is_last() ? "plain" : "avx2");
    CHECK(differ == has_others());
    if (!differ) return;
    snprintf(wanted, sizeof wanted, "avx2 on %d rank", check_world()->size - 1);
    CHECK(strstr(counts, wanted) == counts);
    snprintf(wanted, sizeof wanted, "plain on 1 rank (rank %d of ", check_world()->size - 1);
    CHECK(strstr(counts, wanted) != NULL);
}

static const test tests[] = {
    {"equal lists are agreed upon", equal_lists_are_agreed_upon},
    {"a value that differs is named with both ranks and hosts",
     a_value_that_differs_is_named_with_both_ranks_and_hosts},
    {"of several differences the first is named", of_several_differences_the_first_is_named},
    {"what one list lacks is not given there", what_one_list_lacks_is_not_given_there},
    {"order does not matter where lists are sorted", order_does_not_matter_where_lists_are_sorted},
    {"long values and odd bytes are shown as far as a terminal takes them",
     long_values_and_odd_bytes_are_shown_as_far_as_a_terminal_takes_them},
    {"values are counted where they differ", values_are_counted_where_they_differ},
};
HL_TESTS("agreement", tests)
