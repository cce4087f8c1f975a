/* ease-train.c - EASE as a row of the table of models. */
#include "app/train/details.h"
#include "app/train/ease.h"
#include "app/train/recommender.h"
#include "app/train/run.h"
#include "app/train/table.h"
#include "mpi/eval/ease.h"

static hl_status check(const hl_group *world, const hl_config *c, const char *checkpoint)
{
    (void)world, (void)c;
    if (!checkpoint) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--checkpoint %s: EASE has none, it is fitted anew each time; leave the option out",
                   checkpoint);
}

static hl_status fits(const hl_job *j) { return hl_ease_fits(j->world, hl_dataset_corpus(j->data)); }

static hl_status fit_and_test(hl_run *r, hl_job *j, json_t **result)
{
    hl_evaluation v[2];
    HL_TRY(hl_table_check(j));
    HL_TRY(hl_run_open(r, j));
    HL_TRY(hl_run_begin(r));
    hl_details_prepare(j, HL_TEST);
    HL_TRY(hl_ease_evaluate(v, j, j->ranks));
    HL_TRY(hl_run_note_evaluation(r, &v[HL_VALID], 0));
    hl_details_make(j, HL_TEST);
    HL_TRY(hl_run_note_evaluation(r, &v[HL_TEST], 0));
    return hl_table_make(j, &v[HL_TEST], result);
}

static hl_status train(hl_job *j, json_t **result)
{
    hl_run run = {0};
    hl_status s = fit_and_test(&run, j, result);
    hl_run_close(&run);
    return s;
}

static hl_status evaluate(hl_evaluation *v, hl_job *j, const char *checkpoint, hl_phase phase)
{
    hl_evaluation both[2];
    (void)checkpoint;
    HL_TRY(hl_ease_evaluate(both, j, j->ranks));
    *v = both[phase];
    return HL_OK;
}

const hl_recommender hl_recommender_EASE = {.check = check, .fits = fits, .train = train, .evaluate = evaluate};
