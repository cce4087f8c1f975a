/* ease-train.c - EASE as the model itself. */
#include "app/train/ease-train.h"
#include "app/train/ease.h"
#include "app/train/run.h"
#include "app/train/table.h"

static hl_status train(hl_run *r, hl_job *j, json_t **result)
{
    hl_evaluation v[2];
    HL_TRY(hl_table_check(j));
    HL_TRY(hl_run_open(r, j));
    HL_TRY(hl_run_begin(r));
    HL_TRY(hl_ease_evaluate(v, j));
    HL_TRY(hl_run_note_evaluation(r, &v[HL_VALID], 0));
    HL_TRY(hl_run_note_evaluation(r, &v[HL_TEST], 0));
    return hl_table_make(j, &v[HL_TEST], result);
}

hl_status hl_ease_train(hl_job *j, json_t **result)
{
    hl_run run = {0};
    hl_status s = train(&run, j, result);
    hl_run_close(&run);
    return s;
}
