/* grown.c - made-up data that grow with the ranks. */
#include "app/study/grown.h"
#include "base/arena.h"
#include "base/log.h"
#include "base/path.h"
#include "base/printable.h"
#include "app/study/child.h"
#include "app/study/program.h"
#include "io/files/regular.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_BYTES = 1 << 20 };

/* ---- where */

/* The path without "/name" at its end.  False where it ends otherwise. */
static bool cut_name(char out[PATH_MAX], const char *path, const char *name)
{
    size_t n = strlen(path), tail = strlen(name);
    while (n > 1 && path[n - 1] == '/') n--;
    const bool ends = n > tail + 1 && path[n - tail - 1] == '/' && strncmp(path + n - tail, name, tail) == 0;
    return ends && hl_path_fits(out, "%.*s", (int)(n - tail - 1), path);
}

/* Data that are not there yet may be made; those that are there must be made up. */
static hl_status check_origin(const hl_grown *g, const hl_config *c)
{
    char file[PATH_MAX];
    hl_path(file, "%s.csv", c->dataset);
    if (hl_path_is_there(g->from, "oracle.json") || !hl_path_is_there(c->data_path, file)) return HL_OK;
    return HL_FAIL(HL_EUSAGE,
                   "%s: fixed: unique_items needs data that grow, and hllm synth has not made these (there is no "
                   "oracle.json beside them); take fixed: users_per_rank for data that are what they are",
                   c->data_path);
}

hl_status hl_grown_find(hl_grown *g, const hl_config *c, int times)
{
    char texts[PATH_MAX];
    const char *tokens = c->dataset_dir;
    *g = (hl_grown){.times = times};
    HL_TRY(hl_path_check(c->data_path));
    HL_TRY(hl_path_check(tokens));
    if (!cut_name(g->from, c->data_path, "dataset") || !cut_name(texts, c->text_path, "information")
        || strcmp(g->from, texts) != 0)
        return HL_FAIL(
            HL_EUSAGE,
            "data_path %.300s and text_path %.300s: fixed: unique_items needs DIR/dataset and DIR/information "
            "of one folder DIR, as hllm synth makes it",
            c->data_path, c->text_path);
    HL_TRY(check_origin(g, c));
    HL_TRY(hl_path_make(g->to, "%s-x%d", g->from, times));
    return *tokens ? hl_path_make(g->tokens, "%s-x%d", tokens, times) : HL_OK;
}

/* ---- making it */

static void add(hl_names *to, const char *word) { hl_names_add(to, word, strlen(word)); }

void hl_grown_arguments(hl_names *to, const char *from, const char *grown, int times)
{
    char text[30];
    snprintf(text, sizeof text, "%d", times);
    const char *const words[] = {"synth", grown, "--like", from, "--times", text};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) add(to, words[i]);
}

static hl_status say_why(int status, const char *err, const char *grown)
{
    static const char begin[] = "hllm: error: ";
    char *text = NULL;
    size_t n;
    const bool is_read = hl_regular_read(err, MOST_BYTES, &text, &n) == HL_OK;
    char *line = is_read ? strstr(text, begin) : NULL;
    if (line) line += strlen(begin), line[strcspn(line, "\n")] = 0, hl_printable(line);
    hl_status s = HL_FAIL(HL_EFAIL, "%s could not be made up (status %d): %.1000s", grown, status,
                          line ? line : "hllm synth said nothing");
    free(text);
    return s;
}

hl_status hl_grown_make(const char *from, const char *grown, int times, const char *dir)
{
    char program[PATH_MAX], out[PATH_MAX], err[PATH_MAX];
    int status = 0;
    hl_names words = {0};
    hl_program_path(program);
    hl_path(out, "%s/synth.out", dir);
    hl_path(err, "%s/synth.err", dir);
    add(&words, program);
    hl_grown_arguments(&words, from, grown, times);
    hl_log(HL_INFO, "making up %s, the world of %s %d times as large", grown, from, times);
    char **argv = hl_alloc_zero((size_t)words.n + 1, sizeof *argv);
    memcpy(argv, words.at, (size_t)words.n * sizeof *argv);
    hl_status s = hl_child_run(&status, argv, out, err);
    if (s == HL_OK && status) s = say_why(status, err, grown);
    if (s == HL_OK) unlink(out), unlink(err);
    free(argv);
    hl_names_free(&words);
    return s;
}
