/* earlier.c - the training that a run folder holds, before data are prepared. */
#include "app/train/earlier.h"
#include "base/path.h"
#include "app/train/origin.h"
#include "app/train/state.h"
#include "io/checkpoint/checkpoint.h"
#include "io/checkpoint/steps.h"
#include <limits.h>
#include <stdlib.h>

/* The state of the newest checkpoint that tells one, NULL where none does; path is its folder. */
static char *newest_state(char path[PATH_MAX], hl_state *state, const char *folder)
{
    int64_t *steps;
    char *text = NULL;
    int n = hl_steps_list(folder, &steps);
    for (int i = 0; i < n && !text; i++) {
        hl_step_path(path, folder, steps[i], "");
        if (hl_checkpoint_peek(&text, path) != HL_OK) continue;
        if (hl_state_read(state, text, path) == HL_OK) break;
        free(text);
        text = NULL;
    }
    free(steps);
    return text;
}

static hl_status compare(const hl_config *c, const char *state, const char *path)
{
    hl_config was;
    hl_status s = HL_OK;
    if (hl_origin_options(&was, state, path)) s = hl_config_may_resume(c, &was, path, false);
    hl_config_free(&was);
    return s;
}

/* Rank 0. */
static hl_status find(hl_earlier *e, const hl_config *c)
{
    char path[PATH_MAX];
    hl_state state;
    HL_TRY(hl_path_check(c->checkpoint_dir));
    char *text = newest_state(path, &state, c->checkpoint_dir);
    if (!text) return HL_OK;
    *e = (hl_earlier){true, state.data};
    hl_status s = compare(c, text, path);
    free(text);
    return s;
}

hl_status hl_earlier_find(hl_earlier *e, const hl_group *world, const hl_config *c)
{
    bool goes_on = c->resume || c->val_only;
    *e = (hl_earlier){0};
    HL_TRY_ALL(world, world->rank == 0 && goes_on ? find(e, c) : HL_OK);
    hl_group_broadcast(world, e, sizeof *e, 0);
    return HL_OK;
}
