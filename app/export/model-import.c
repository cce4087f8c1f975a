/* model-import.c - the weights of other programs as a checkpoint of ours. */
#include "app/export/model-import.h"
#include "app/train/origin.h"
#include "app/train/state.h"
#include "app/train/weights.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "io/checkpoint/steps.h"
#include "io/files/lock.h"
#include <stdlib.h>

static hl_status take_folder(hl_lock **lock, const char *to)
{
    int64_t *steps;
    HL_TRY(hl_path_check(to));
    HL_TRY(hl_lock_take(lock, to, 0));
    const int n = hl_steps_list(to, &steps);
    if (n) free(steps);
    return n == 0 ? HL_OK : HL_FAIL(HL_EUSAGE, "%s: has checkpoints already; name another --to", to);
}

/* Of a run that has not made a step. */
static char *state_of(const hl_job *j)
{
    const hl_state s = {.best = -1, .data = hl_dataset_digest(j->data)};
    return hl_state_text(&s, hl_origin_json(j));
}

static hl_status write_step(hl_job *j, const char *to)
{
    hl_checkpoint_part part[HL_SIDES];
    char *state = state_of(j), digest[17];
    hl_weights_parts(part, &j->engine);
    const hl_status s =
        hl_checkpoint_write(j->world, to, 0, &(hl_checkpoint_content){part, HL_SIDES, false, NULL}, state, 0, -1);
    free(state);
    hl_digest_text(digest, j->initial_digest);
    if (s == HL_OK) hl_log(HL_INFO, "%s/step-0: the weights, digest %s", to, digest);
    return s;
}

hl_status hl_model_import(hl_job *j, const char *to)
{
    hl_lock *lock = NULL;
    hl_status s = hl_group_agree(j->world, j->world->rank == 0 ? take_folder(&lock, to) : HL_OK);
    if (s == HL_OK) s = write_step(j, to);
    hl_lock_release(lock);
    return s;
}
