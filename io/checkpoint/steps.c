/* steps.c - the folders step-N of a run, and which of them is the latest and the best. */
#include "io/checkpoint/steps.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/folder.h"
#include "io/files/regular.h"
#include <dirent.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void hl_step_path(char out[PATH_MAX], const char *folder, int64_t step, const char *end)
{
    hl_path(out, "%s/step-%lld%s", folder, (long long)step, end);
}

/* N of "step-N", written as we write it; -1 for any other name. */
static int64_t step_of(const char *name)
{
    char again[32];
    if (strncmp(name, "step-", 5) != 0 || strlen(name) > 5 + 18) return -1;
    long long step = strtoll(name + 5, NULL, 10);
    snprintf(again, sizeof again, "step-%lld", step);
    return step >= 0 && strcmp(again, name) == 0 ? step : -1;
}

/* N of step-N.tmp or step-N.old, which a kill leaves behind, with the ending; -1 for any other name. */
static int64_t leftover_of(const char *name, const char **end)
{
    char stem[32];
    *end = strrchr(name, '.');
    bool is_one =
        *end && (strcmp(*end, ".tmp") == 0 || strcmp(*end, ".old") == 0) && *end - name < (ptrdiff_t)sizeof stem;
    if (!is_one) return -1;
    snprintf(stem, sizeof stem, "%.*s", (int)(*end - name), name);
    return step_of(stem);
}

/* How many of a checkpoint's files there are at a path. */
enum { FILES = 3 };
static int count_files(const char *step_path)
{
    static const char *const files[FILES] = {"manifest.json", "model.h5", "optimizer.h5"};
    char path[PATH_MAX];
    int n = 0;
    for (int i = 0; i < FILES; i++) {
        hl_path(path, "%s/%s", step_path, files[i]);
        n += access(path, F_OK) == 0;
    }
    return n;
}

bool hl_step_is_ours(const char *folder, int64_t step)
{
    char path[PATH_MAX];
    hl_step_path(path, folder, step, "");
    return count_files(path) > 0;
}

/* Is it a whole one, by its manifest?  Nothing else is removed. */
static bool has_our_manifest(const char *folder, int64_t step)
{
    char step_path[PATH_MAX], path[PATH_MAX], head[100] = "";
    hl_step_path(step_path, folder, step, "");
    hl_path(path, "%s/manifest.json", step_path);
    FILE *f;
    if (hl_regular_stream(&f, path, HL_ESTORE, "move it away") != HL_OK) return false;
    size_t n = fread(head, 1, sizeof head - 1, f);
    fclose(f);
    head[n] = 0;
    return strstr(head, "\"hllm checkpoint\"") != NULL;
}

int64_t hl_step_named(const char *folder, const char *name)
{
    char path[PATH_MAX], *text;
    size_t n;
    int64_t step = -1;
    hl_path(path, "%s/%s", folder, name);
    if (access(path, F_OK) == 0 && hl_regular_read(path, 64, &text, &n) == HL_OK) {
        text[strcspn(text, "\n")] = 0;
        step = step_of(text);
        free(text);
    }
    return step;
}

hl_status hl_step_name(const char *folder, const char *name, int64_t step)
{
    char path[PATH_MAX], text[32];
    hl_path(path, "%s/%s", folder, name);
    snprintf(text, sizeof text, "step-%lld\n", (long long)step);
    return hl_atomic_write(path, text, strlen(text));
}

static int newest_first(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x > y ? -1 : x < y;
}

/* The steps that a run has, newest first; release with free. */
static int scan(const char *folder, int64_t **steps)
{
    int n = 0;
    size_t room = 0;
    DIR *d = opendir(folder);
    *steps = NULL;
    for (struct dirent *e; d && (e = readdir(d));) {
        int64_t step = step_of(e->d_name);
        if (step < 0 || !hl_step_is_ours(folder, step)) continue;
        HL_RESERVE(*steps, room, n + 1);
        (*steps)[n++] = step;
    }
    if (d) closedir(d);
    if (n) qsort(*steps, (size_t)n, sizeof **steps, newest_first);
    return n;
}

/* steps (n) come newest first. */
static void put_in_order(int64_t *steps, int n, int64_t latest)
{
    int64_t *sorted = hl_alloc((size_t)n * sizeof *sorted);
    int k = 0;
    for (int i = 0; i < n; i++)
        if (steps[i] <= latest) sorted[k++] = steps[i];
    for (int i = 0; i < n; i++)
        if (steps[i] > latest) sorted[k++] = steps[i];
    memcpy(steps, sorted, (size_t)n * sizeof *sorted);
    free(sorted);
}

int hl_steps_list(const char *folder, int64_t **steps)
{
    int n = scan(folder, steps);
    if (n) put_in_order(*steps, n, hl_step_named(folder, "latest"));
    return n;
}

static void remove_or_warn(const char *path)
{
    if (hl_folder_remove(path) != HL_OK) hl_log(HL_WARN, "%s", hl_error_text());
}

/* It loses its name first, so that half of it is never taken for a whole. */
static void remove_step(const char *folder, int64_t step)
{
    char path[PATH_MAX], old[PATH_MAX];
    hl_step_path(path, folder, step, "");
    hl_step_path(old, folder, step, ".old");
    if (hl_atomic_move(path, old) == HL_OK) remove_or_warn(old);
    else hl_log(HL_WARN, "%s", hl_error_text());
}

/* A kill between two renames has left the old one without its name. */
static void give_name_back(const char *old, const char *folder, int64_t step)
{
    char path[PATH_MAX];
    hl_step_path(path, folder, step, "");
    if (hl_atomic_move(old, path) == HL_OK)
        hl_log(HL_INFO, "%s: has its name back, which a replacement that did not end took away", path);
    else hl_log(HL_WARN, "%s", hl_error_text());
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

void hl_steps_clean(const char *folder)
{
    char path[PATH_MAX], whole[PATH_MAX];
    const char *end;
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        int64_t step = leftover_of(e->d_name, &end);
        if (step < 0) continue;
        hl_path(path, "%s/%s", folder, e->d_name);
        hl_step_path(whole, folder, step, "");
        bool is_lost = strcmp(end, ".old") == 0 && !exists(whole) && count_files(path) == FILES;
        if (is_lost) give_name_back(path, folder, step);
        else remove_or_warn(path);
    }
    if (d) closedir(d);
}

void hl_steps_tell_others(const char *folder)
{
    DIR *d = opendir(folder);
    for (struct dirent *e; d && (e = readdir(d));) {
        int64_t step = step_of(e->d_name);
        if (step >= 0 && !hl_step_is_ours(folder, step))
            hl_log(HL_WARN, "%s/%s: is not a checkpoint, whatever its name; it is left alone", folder, e->d_name);
    }
    if (d) closedir(d);
}

void hl_steps_prune(const char *folder, int keep, int64_t best)
{
    int64_t *steps, latest = hl_step_named(folder, "latest");
    int n = scan(folder, &steps);
    for (int i = keep; keep > 0 && i < n; i++)
        if (steps[i] != latest && steps[i] != best && has_our_manifest(folder, steps[i])) remove_step(folder, steps[i]);
    free(steps);
}
