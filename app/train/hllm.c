/* hllm.c - HLLM, and the models of item ids, which are trained as it is, as rows of the table of models. */
#include "base/log.h"
#include "app/train/recommender.h"
#include "app/train/train.h"
#include "app/train/weights.h"
#include <string.h>

/* Whoever evaluates without a checkpoint may have forgotten it. */
static void tell_of_initial(const hl_group *world, const hl_config *c)
{
    char best[PATH_MAX];
    bool has_run = hl_weights_find(best, world, c->checkpoint_dir) == HL_OK && strcmp(best, c->checkpoint_dir) != 0;
    if (has_run && world->rank == 0)
        hl_log(
            HL_WARN,
            "without --checkpoint the initial weights are evaluated; the weights of the run in %s are --checkpoint %s",
            c->checkpoint_dir, best);
    if (!has_run) hl_log(HL_INFO, "without --checkpoint the initial weights are evaluated");
}

static hl_status check(const hl_group *world, const hl_config *c, const char *checkpoint)
{
    if (checkpoint) return hl_weights_check(world, c, checkpoint);
    tell_of_initial(world, c);
    return HL_OK;
}

static hl_status evaluate(hl_evaluation *v, hl_job *j, const char *checkpoint, hl_phase phase)
{
    if (checkpoint) HL_TRY(hl_weights_read(j, checkpoint, HL_WEIGHTS_AS_TRAINED));
    return hl_evaluation_run(v, j, phase, NULL);
}

const hl_recommender hl_recommender_HLLM = {.check = check, .train = hl_train, .evaluate = evaluate};
const hl_recommender hl_recommender_SASRec = {.check = check, .train = hl_train, .evaluate = evaluate};
const hl_recommender hl_recommender_HSTU = {.check = check, .train = hl_train, .evaluate = evaluate};
const hl_recommender hl_recommender_LLMIDRec = {.check = check, .train = hl_train, .evaluate = evaluate};
