/* reference-train.c - popularity and chance as rows of the table of models, so that others can be compared with them
 * user by user. */
#include "app/train/details.h"
#include "app/train/recommender.h"
#include "app/train/run.h"
#include "app/train/table.h"
#include "base/clock.h"
#include "mpi/eval/reference.h"
#include <string.h>

static hl_status check(const hl_group *world, const hl_config *c, const char *checkpoint)
{
    (void)world;
    if (!checkpoint) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "--checkpoint %s: %s has none, it follows from the data; leave the option out",
                   checkpoint, hl_model_facts_of[c->model].name);
}

/* The scorer of the model's name. */
static const hl_scorer_kind *kind_of(const hl_config *c)
{
    int i = 0;
    while (i < HL_REFERENCES - 1 && strcmp(hl_references[i]->name, hl_model_facts_of[c->model].name) != 0) i++;
    return hl_references[i];
}

static hl_status evaluate(hl_evaluation *v, hl_job *j, const char *checkpoint, hl_phase phase)
{
    hl_scorer s;
    const double began = hl_seconds();
    hl_eval_orders orders = hl_evaluation_orders(j->config, phase);
    (void)checkpoint;
    orders.rank = j->ranks[phase].rank, orders.ties = j->ranks[phase].ties;
    *v = (hl_evaluation){.phase = phase};
    hl_scorer_open(&s, kind_of(j->config), j->world, hl_dataset_corpus(j->data));
    const hl_status status = hl_evaluate(&v->score, &s, &orders);
    hl_scorer_close(&s);
    v->seconds = hl_seconds() - began;
    return status;
}

static hl_status note_both(hl_run *r, hl_job *j, json_t **result)
{
    hl_evaluation v;
    HL_TRY(hl_table_check(j));
    HL_TRY(hl_run_open(r, j));
    HL_TRY(hl_run_begin(r));
    HL_TRY(evaluate(&v, j, NULL, HL_VALID));
    HL_TRY(hl_run_note_evaluation(r, &v, 0));
    hl_details_prepare(j, HL_TEST);
    HL_TRY(evaluate(&v, j, NULL, HL_TEST));
    hl_details_make(j, HL_TEST);
    HL_TRY(hl_run_note_evaluation(r, &v, 0));
    return hl_table_make(j, &v, result);
}

static hl_status train(hl_job *j, json_t **result)
{
    hl_run run = {0};
    const hl_status s = note_both(&run, j, result);
    hl_run_close(&run);
    return s;
}

const hl_recommender hl_recommender_popularity = {.check = check, .train = train, .evaluate = evaluate};
const hl_recommender hl_recommender_random = {.check = check, .train = train, .evaluate = evaluate};
