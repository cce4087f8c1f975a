/* run-command.c - what a run of a point gives to hllm. */
#include "app/study/run-command.h"
#include "app/study/program.h"
#include "base/alloc.h"
#include "base/path.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(hl_names *to, const char *text) { hl_names_add(to, text, strlen(text)); }

static void add_int(hl_names *to, const char *option, int value)
{
    char text[30];
    snprintf(text, sizeof text, "%d", value);
    add(to, option);
    add(to, text);
}

/* A word of the launcher, with numbers for {ranks} and others; a point that says nothing of nodes has all ranks on one,
 * as far as a launcher asks. */
static void add_word(hl_names *to, const char *word, const hl_point *p)
{
    const struct {
        const char *name;
        int value;
    } known[] = {{"{ranks}", p->ranks},
                 {"{threads}", p->threads},
                 {"{nodes}", p->nodes ? p->nodes : 1},
                 {"{ranks_per_node}", p->nodes ? p->ranks_per_node : p->ranks}};
    const int n_known = sizeof known / sizeof known[0];
    char *text = NULL;
    size_t n, step;
    FILE *out = hl_alloc_stream(&text, &n);
    for (; *word; word += step) {
        step = 0;
        for (int i = 0; i < n_known && !step; i++) {
            if (strncmp(word, known[i].name, strlen(known[i].name)) != 0) continue;
            step = strlen(known[i].name);
            fprintf(out, "%d", known[i].value);
        }
        if (step) continue;
        fputc(*word, out);
        step = 1;
    }
    fclose(out);
    hl_names_add(to, text, n);
    free(text);
}

/* --quick measures the best product in a second or two; the bandwidth of the memory would take longer than steps. */
static void add_steps(hl_names *to, const hl_run_of *r)
{
    add(to, "bench");
    add(to, "step");
    for (int i = 0; i < r->point->arguments.n; i++) add(to, r->point->arguments.at[i]);
    add_int(to, "--warmup", r->study->warmup);
    add_int(to, "--steps", r->study->steps);
    add(to, "--quick");
    add(to, "--json");
}

/* Every repetition has a seed of its own, and a folder of its own for what it trains. */
static void add_model(hl_names *to, const hl_run_of *r)
{
    char text[30], path[PATH_MAX];
    const hl_point *of = r->point->taken ? r->point->taken : r->point;
    for (int i = 0; i < of->arguments.n; i++) add(to, of->arguments.at[i]);
    snprintf(text, sizeof text, "%lld", (long long)(r->point->seed + r->repetition - 1));
    add(to, "--seed");
    add(to, text);
    hl_path(path, "%s/run", r->folder);
    add(to, "--checkpoint_dir");
    add(to, path);
}

static void add_training(hl_names *to, const hl_run_of *r)
{
    add(to, "train");
    add_model(to, r);
}

/* Of what was trained there; popularity has no weights. */
static void add_ranking(hl_names *to, const hl_run_of *r)
{
    char path[PATH_MAX];
    add(to, "eval");
    add_model(to, r);
    hl_path(path, "%s/run", r->folder);
    if (hl_path_is_there(path, "latest")) {
        add(to, "--checkpoint");
        add(to, path);
    }
    add(to, "--phase");
    add(to, r->point->is_candidate || r->study->on_valid ? "valid" : "test");
    hl_path(path, "%s/ranks.h5", r->folder);
    add(to, "--ranks");
    add(to, path);
    add(to, "--json");
}

static const hl_run_stage steps[] = {{"", add_steps}, {0}};
static const hl_run_stage trainings[] = {{"train-", add_training}, {"", add_ranking}, {0}};
const hl_run_stage *const hl_run_stages[HL_TASKS] = {[HL_TASK_STEPS] = steps, [HL_TASK_TRAIN] = trainings};

void hl_run_command(hl_names *to, const hl_run_stage *stage, const hl_run_of *r)
{
    char program[PATH_MAX];
    for (int i = 0; i < r->study->launcher.n; i++) add_word(to, r->study->launcher.at[i], r->point);
    hl_program_path(program);
    add(to, program);
    stage->arguments(to, r);
}
