/* job-labels.c - are there labels to learn from? */
#include "app/train/job-labels.h"
#include "base/log.h"
#include "base/part.h"

/* The last item of each window is a target. */
static int64_t count_positive(const hl_job *j, int64_t windows)
{
    const hl_group *g = j->world;
    const hl_corpus *c = j->corpus;
    int64_t positive = 0;
    for (int64_t i = hl_part_begin(windows, g->size, g->rank); i < hl_part_begin(windows, g->size, g->rank + 1); i++) {
        int64_t user;
        int n, all;
        const int32_t *window = hl_windows_at(&j->windows, i, &user, &n);
        positive += c->labels(c, user)[window - c->sequence(c, user, &all) + n - 1];
    }
    hl_group_all_reduce_int(g, &positive, 1);
    return positive;
}

void hl_job_labels_tell(const hl_job *j)
{
    const hl_config *c = j->config;
    if (c->fusion == HL_FUSION_NONE) return;
    const int64_t windows = hl_windows_count(&j->windows), positive = count_positive(j, windows);
    if (j->world->rank != 0 || windows == 0) return;
    hl_log(HL_INFO, "labels: %lld of the training's %lld targets are positive (%s%s%s)", (long long)positive,
           (long long)windows, c->label_field, *c->label_positive ? " " : "", c->label_positive);
    if (positive == 0 || positive == windows)
        hl_log(HL_WARN,
               "all labels of the training's targets are alike, of which nothing is learnt; see label_field and "
               "label_positive");
}
