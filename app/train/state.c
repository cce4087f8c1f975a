/* state.c - where a training is: what a checkpoint keeps beside the tensors. */
#include "app/train/state.h"
#include "base/digest.h"
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static json_t *mark_json(hl_survey_lines m)
{
    char digest[17];
    hl_digest_text(digest, m.digest);
    return json_pack("{sI ss}", "lines", (json_int_t)m.lines, "digest", digest);
}

/* Of older programs there is none. */
static hl_survey_lines mark_of(json_t *o)
{
    json_int_t lines = 0;
    const char *digest = "";
    if (!o || json_unpack(o, "{sI ss}", "lines", &lines, "digest", &digest) != 0) return (hl_survey_lines){0};
    return (hl_survey_lines){lines, strtoull(digest, NULL, 16)};
}

char *hl_state_text(const hl_state *s, json_t *origin)
{
    char data[17], config[17];
    hl_digest_text(data, s->data);
    hl_digest_text(config, s->config);
    json_t *o =
        json_pack("{sI sI sf sI sf sI si sb ss ss ss sb so so so}", "step", (json_int_t)s->step, "updates",
                  (json_int_t)s->updates, "epoch_loss", s->epoch_loss, "epoch_steps", (json_int_t)s->epoch_steps,
                  "best", s->best, "best_step", (json_int_t)s->best_step, "bad", s->bad, "ended", s->ended, "data",
                  data, "config", config, "job", s->job, "due", s->due, "begun", hl_begun_json(&s->begun), "metrics",
                  mark_json(s->metrics), "ledger", mark_json(s->ledger));
    HL_CHECK(o != NULL);
    if (origin) json_object_set_new(o, "origin", origin);
    char *text = json_dumps(o, JSON_INDENT(1) | JSON_REAL_PRECISION(17));
    json_decref(o);
    return text;
}

/* Can a training have come here?  A file from elsewhere may say anything. */
static bool is_possible(const hl_state *s)
{
    return s->step >= 0 && s->updates >= 0 && s->updates <= s->step && s->epoch_steps >= 0 && s->epoch_steps <= s->step
           && isfinite(s->epoch_loss) && s->bad >= 0 && isfinite(s->best) && s->best_step >= 0
           && s->best_step <= s->step;
}

hl_status hl_state_read(hl_state *s, const char *text, const char *path)
{
    json_t *o = json_loads(text, 0, NULL);
    json_int_t step, updates, epoch_steps, best_step;
    const char *data, *config, *job = "";
    json_t *begun = NULL, *metrics = NULL, *ledger = NULL;
    int ended, due = false;
    *s = (hl_state){0};
    bool fits =
        o
        && json_unpack(o, "{sI sI sF sI sF sI si sb ss ss s?s s?b s?o s?o s?o}", "step", &step, "updates", &updates,
                       "epoch_loss", &s->epoch_loss, "epoch_steps", &epoch_steps, "best", &s->best, "best_step",
                       &best_step, "bad", &s->bad, "ended", &ended, "data", &data, "config", &config, "job", &job,
                       "due", &due, "begun", &begun, "metrics", &metrics, "ledger", &ledger)
               == 0;
    if (fits) {
        s->step = step, s->updates = updates, s->epoch_steps = epoch_steps, s->best_step = best_step, s->ended = ended,
        s->due = due;
        hl_begun_read(&s->begun, begun); /* what cannot be read is begun anew */
        s->metrics = mark_of(metrics), s->ledger = mark_of(ledger);
        snprintf(s->job, sizeof s->job, "%s", job);
        s->data = strtoull(data, NULL, 16), s->config = strtoull(config, NULL, 16);
    }
    json_decref(o);
    if (!fits)
        return HL_FAIL(HL_EFORMAT,
                       "%s: its training state is not this program's; continue with the version that wrote it", path);
    if (is_possible(s)) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s: its training state cannot be: step %lld, %lld updates, %lld steps and a loss of %g in this "
                   "epoch, best %g at step %lld; take an older checkpoint, "
                   "and move this one away",
                   path, (long long)s->step, (long long)s->updates, (long long)s->epoch_steps, s->epoch_loss, s->best,
                   (long long)s->best_step);
}
