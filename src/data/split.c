/* split.c - which interactions of a user are for training, for validation and for test. */
#include "data/split.h"

const char *const hl_split_name[HL_SPLITS] = {[HL_LEAVE_TWO_OUT] = "leave_two_out", [HL_TEMPORAL] = "temporal"};

hl_status hl_split_check(const hl_split_rule *rule)
{
    if (rule->kind == HL_LEAVE_TWO_OUT) return HL_OK;
    if (!(rule->valid > 0 && rule->test > 0))
        return HL_FAIL(HL_EUSAGE,
                       "split: shares of %g for validation and %g for test: a temporal split needs some of both; give "
                       "split.valid and split.test above 0",
                       rule->valid, rule->test);
    if (rule->valid + rule->test < 1) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "split: shares of %g for validation and %g for test leave nothing for training; their sum must be below 1",
        rule->valid, rule->test);
}

/* How many of the times, which ascend, are before this one. */
static int count_before(const int64_t *time, int n, int64_t moment)
{
    int low = 0;
    while (low < n) {
        const int middle = low + (n - low) / 2;
        if (time[middle] < moment) low = middle + 1;
        else n = middle;
    }
    return low;
}

hl_split_parts hl_split_cut(const hl_split *s, const int64_t *time, int n)
{
    if (s->rule.kind == HL_LEAVE_TWO_OUT) return (hl_split_parts){n > 2 ? n - 2 : 0, n > 1 ? n - 1 : 0, n};
    return (hl_split_parts){count_before(time, n, s->valid_from), count_before(time, n, s->test_from), n};
}

int hl_split_target(int begin, int end) { return end > begin && end > 1 ? end - 1 : -1; }
