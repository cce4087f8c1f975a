/* prepare-current.c - does the dataset that is there still fit its settings and sources? */
#include "io/dataset/prepare-current.h"
#include "base/log.h"
#include "io/files/source.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

static bool same_keys(const hl_recipe *a, const hl_recipe *b)
{
    if (a->n_text_keys != b->n_text_keys) return false;
    for (int i = 0; i < a->n_text_keys; i++)
        if (strcmp(a->text_keys[i], b->text_keys[i]) != 0) return false;
    return true;
}

static bool same_split(const hl_split_rule *a, const hl_split_rule *b)
{
    return a->kind == b->kind && (a->kind == HL_LEAVE_TWO_OUT || (a->valid == b->valid && a->test == b->test));
}

/* What was made otherwise than it is wanted; NULL: nothing. */
static const char *difference(const hl_recipe *has, const hl_recipe *want)
{
    if (has->tokenizer_digest != want->tokenizer_digest || strcmp(has->tokenizer, want->tokenizer) != 0)
        return "another tokenizer";
    if (has->max_text_length != want->max_text_length) return "another MAX_TEXT_LENGTH";
    if (strcmp(has->item_prompt, want->item_prompt) != 0) return "another item_prompt";
    if (!same_keys(has, want)) return "other text_keys";
    if (!same_split(&has->split, &want->split)) return "another split";
    if (strcmp(has->label_field, want->label_field) != 0 || strcmp(has->label_positive, want->label_positive) != 0)
        return "other labels";
    return hl_recipe_digest(has) == hl_recipe_digest(want) ? NULL : "shards of another size";
}

/* Size and time are believed; where only the time is another, the content decides. */
static hl_status has_changed(const char *path, const hl_source_facts *was, bool *changed)
{
    hl_source now;
    *changed = false;
    if (access(path, F_OK) != 0) return HL_OK;
    hl_status s = hl_source_open(&now, path);
    if (s == HL_OK && now.size != was->size) *changed = true;
    else if (s == HL_OK && now.mtime != was->mtime) {
        s = hl_source_finish(&now);
        *changed = now.digest != was->digest;
    }
    hl_source_close(&now);
    return s;
}

enum { WHY = PATH_MAX + 60 };

/* why: what is another than when it was made, "" where nothing is. */
static hl_status compare(char why[WHY], const hl_manifest *m, const hl_prepare_settings *s, const hl_recipe *want)
{
    const char *other = difference(&m->recipe, want);
    snprintf(why, WHY, "%s%s", other ? "was made with " : "", other ? other : "");
    for (int i = 0; i < hl_prepare_sources(s) && !*why; i++) {
        char path[PATH_MAX];
        bool changed;
        HL_TRY(hl_prepare_source(path, s, i));
        HL_TRY(has_changed(path, &m->sources[i], &changed));
        if (changed) snprintf(why, WHY, "%s has changed since it was made", path);
    }
    return HL_OK;
}

/* It is to be made again: may it go? */
static hl_status may_go(const char *folder, const hl_manifest *m, const hl_prepare_settings *s, const char *why)
{
    bool is_needed = s->run && hl_manifest_digest(m) == s->run_data;
    if (!is_needed) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%s: %s, and the run in %s was trained on it, so it is not made anew; restore what it was made of, "
                   "or choose another checkpoint_dir, and another "
                   "dataset_dir to keep it",
                   folder, why, s->run);
}

static hl_status look(const hl_prepare_settings *s, const hl_tokenizer *t, hl_manifest *m, bool *is_current)
{
    char folder[PATH_MAX];
    hl_folder_state state;
    *is_current = false;
    HL_TRY(hl_prepare_folder(folder, s));
    HL_TRY(hl_manifest_look(m, folder, &state));
    if (state == HL_FOLDER_FREE) hl_log(HL_INFO, "%s: no dataset there yet", folder);
    if (state == HL_FOLDER_OLD) hl_log(HL_INFO, "%s: was made by another version of this program", folder);
    if (state != HL_FOLDER_DATASET) return HL_OK;
    char why[WHY];
    hl_recipe want = hl_prepare_recipe(s, t);
    HL_TRY(compare(why, m, s, &want));
    *is_current = !*why;
    if (*is_current) return HL_OK;
    hl_log(HL_INFO, "%s: %s", folder, why);
    return may_go(folder, m, s, why);
}

/* On one rank. */
static hl_status look_alone(const hl_prepare_settings *s, bool *is_current, hl_prepare_report *r)
{
    hl_tokenizer *t = NULL;
    hl_manifest m = {0};
    hl_status status = hl_tokenizer_open(&t, s->tokenizer);
    if (status == HL_OK) status = look(s, t, &m, is_current);
    if (status == HL_OK && *is_current) status = hl_prepare_check_report(s, &m.report, &m.examples);
    *r = m.report;
    hl_manifest_free(&m);
    hl_tokenizer_close(t);
    return status;
}

hl_status hl_prepare_is_current(const hl_group *g, const hl_prepare_settings *s, bool *is_current, hl_prepare_report *r)
{
    *is_current = false;
    HL_TRY_ALL(g, hl_prepare_check(s));
    HL_TRY_ALL(g, g->rank == 0 ? look_alone(s, is_current, r) : HL_OK);
    hl_group_broadcast(g, is_current, sizeof *is_current, 0);
    hl_group_broadcast(g, r, sizeof *r, 0);
    return HL_OK;
}
