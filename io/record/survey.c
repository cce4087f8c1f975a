/* survey.c - an old file of lines is looked through: which of them stay. */
#include "io/record/survey.h"
#include "base/digest.h"
#include "io/files/regular.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hl_survey_mark(hl_survey_lines *m, const char *line, size_t n)
{
    m->lines++;
    m->digest = hl_digest_join(m->digest, hl_digest(line, n));
}

static bool is_of_kind(const json_t *line, const char *kind)
{
    const char *is = json_string_value(json_object_get(line, "kind"));
    return is && strcmp(is, kind) == 0;
}

/* A line of a later step than `after`, or one of that step that will be written again? */
static bool is_later(const json_t *line, int64_t after, const char *redo)
{
    const json_t *step = json_object_get(line, "step");
    if (!json_is_integer(step)) return false;
    bool comes_again = redo && is_of_kind(line, redo) && json_integer_value(step) == after;
    return json_integer_value(step) > after || comes_again;
}

hl_survey hl_survey_take(FILE *f, FILE *copy, int64_t after, const char *redo)
{
    hl_survey s = {0};
    char *text = NULL;
    size_t room = 0;
    off_t at = 0;
    int gone = 0;
    for (ssize_t n; !s.torn && !s.strange && (n = getline(&text, &room, f)) > 0; at += n) {
        json_t *line = json_loadb(text, (size_t)n, 0, NULL);
        s.torn = text[n - 1] != '\n';
        s.strange = s.torn ? text[0] != '{' && text[0] != 0 : !json_is_object(line);
        bool stays = !s.torn && !s.strange && !is_later(line, after, redo);
        s.lines++;
        gone += !stays;
        if (stays) {
            s.keep = at + n;
            s.between = gone;
            s.steps += is_of_kind(line, "step");
            hl_survey_mark(&s.mark, text, (size_t)n);
            if (copy) fwrite(text, 1, (size_t)n, copy);
        }
        json_decref(line);
    }
    free(text);
    return s;
}

hl_survey_lines hl_survey_mark_first(FILE *f, int64_t lines)
{
    hl_survey_lines mark = {0};
    char *text = NULL;
    size_t room = 0;
    for (ssize_t n; mark.lines < lines && (n = getline(&text, &room, f)) > 0;) hl_survey_mark(&mark, text, (size_t)n);
    free(text);
    return mark;
}

hl_status hl_survey_copy(const char *path, const char *copy_path, int64_t after, const char *redo)
{
    FILE *f, *copy;
    HL_TRY(hl_regular_stream(&f, path, HL_ESTORE, "move it away"));
    copy = fopen(copy_path, "we");
    if (copy) hl_survey_take(f, copy, after, redo);
    bool is_done = copy && !ferror(f) && !ferror(copy) && fflush(copy) == 0 && fsync(fileno(copy)) == 0;
    int reason = errno;
    fclose(f);
    if (copy) is_done &= fclose(copy) == 0;
    return is_done ? HL_OK
                   : HL_FAIL(HL_ESTORE, "%s: cannot write: %s; see who may write there, or move %s away", copy_path,
                             strerror(reason), path);
}
