/* stops.c - how often a job was stopped by a signal without getting further. */
#include "app/train/stops.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include "io/checkpoint/steps.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
    int n;
    hl_reached at; /* the furthest that one of them had come */
} stops;

static void path_of(char out[PATH_MAX], const char *folder) { hl_path(out, "%s/stops", folder); }

/* No file, or a strange one: none so far. */
static stops read_stops(const char *folder)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    stops s = {0};
    path_of(path, folder);
    if (access(path, F_OK) != 0 || hl_regular_read(path, 200, &text, &n) != HL_OK) return s;
    if (sscanf(text, "%d stops at step %" SCNd64 " with %" SCNd64 " users ranked", &s.n, &s.at.step, &s.at.users) != 3)
        s = (stops){0};
    free(text);
    return s;
}

static hl_status write_stops(const char *folder, const stops *s)
{
    char path[PATH_MAX], text[200];
    path_of(path, folder);
    snprintf(text, sizeof text, "%d stops at step %" PRId64 " with %" PRId64 " users ranked\n", s->n, s->at.step,
             s->at.users);
    HL_TRY(hl_folder_make(folder));
    return hl_atomic_write(path, text, strlen(text));
}

static void forget(const char *folder)
{
    char path[PATH_MAX];
    path_of(path, folder);
    unlink(path);
}

static bool is_further(hl_reached a, hl_reached b)
{
    return a.step > b.step || (a.step == b.step && a.users > b.users);
}

/* Rank 0; what it says of the stop itself stays the sentence. */
static hl_status count(const char *folder, hl_reached reached)
{
    char sentence[1000];
    stops s = read_stops(folder);
    snprintf(sentence, sizeof sentence, "%s", hl_error_text());
    if (is_further(reached, s.at)) s = (stops){0, reached};
    if (++s.n >= HL_STOPS_MOST) {
        forget(folder);
        return HL_FAIL(HL_EFAIL,
                       "%s: stopped %d times in a row without getting beyond step %" PRId64
                       "; it is not to be put back into the queue: see why it has so little time "
                       "(a time limit, preemption), then the same command continues (%.300s)",
                       folder, s.n, s.at.step, sentence);
    }
    if (write_stops(folder, &s) != HL_OK) hl_log(HL_WARN, "%s", hl_error_text());
    hl_error_set(sentence);
    return HL_ESTOP;
}

hl_status hl_stops_count(const hl_group *world, const char *folder, hl_reached reached, hl_status s)
{
    if (s != HL_ESTOP && s != HL_OK) return s;
    if (hl_path_check(folder) != HL_OK) return s;
    if (s == HL_OK && world->rank == 0) forget(folder);
    if (s == HL_OK) return s;
    return hl_group_agree(world, world->rank == 0 ? count(folder, reached) : HL_ESTOP);
}
