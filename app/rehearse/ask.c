/* ask.c - a step is rehearsed: hllm-rehearse is started by smpirun, and answers. */
#include "app/rehearse/ask.h"
#include "app/study/child.h"
#include "app/study/program.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/path.h"
#include "io/files/folder.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where what travels lies. */
typedef struct {
    char folder[PATH_MAX], question[PATH_MAX], answer[PATH_MAX], out[PATH_MAX], err[PATH_MAX], program[PATH_MAX];
} places;

static void find_program(char out[PATH_MAX])
{
    char here[PATH_MAX];
    hl_program_path(here);
    *strrchr(here, '/') = 0;
    hl_path(out, "%s/hllm-rehearse", here);
}

hl_status hl_ask_check(void)
{
    char program[PATH_MAX];
    if (!*HL_SMPIRUN)
        return HL_FAIL(HL_EUSAGE, "this hllm was built without SimGrid, on which steps are rehearsed; on Debian: apt "
                                  "install libsimgrid-dev, then configure --with-smpi and make");
    find_program(program);
    if (access(program, R_OK) == 0) return HL_OK;
    return HL_FAIL(HL_EUSAGE, "%s: is not there; make builds it beside hllm", program);
}

static hl_status open_places(places *p)
{
    const char *tmp = getenv("TMPDIR");
    find_program(p->program);
    HL_TRY(hl_path_make(p->folder, "%s/hllm-rehearse-XXXXXX", tmp && *tmp ? tmp : "/tmp"));
    if (!mkdtemp(p->folder)) return HL_FAIL(HL_ESTORE, "%s: cannot be made; set TMPDIR to a local folder", p->folder);
    hl_path(p->question, "%s/question", p->folder);
    hl_path(p->answer, "%s/answer", p->folder);
    hl_path(p->out, "%s/out", p->folder);
    hl_path(p->err, "%s/err", p->folder);
    return HL_OK;
}

/* Nothing but messages and what app/rehearse/timed.c says takes simulated time.  Messages of 4 KB or more are not
 * copied before they are wanted. */
static const char *const always[] = {
    "--cfg=smpi/simulate-computation:no",
    "--cfg=smpi/privatization:dlopen",
    "--cfg=smpi/shared-malloc:local",
    "--cfg=smpi/send-is-detached-thresh:4096",
    "--cfg=smpi/wtime:0",
    "--cfg=smpi/test:0",
    "--log=root.threshold:critical",
};
static const char *const plain[] = {"--cfg=network/model:CM02", "--cfg=network/crosstraffic:0"};

enum { ARGUMENTS = 32 };

static int add(const char *argument[ARGUMENTS], int n, const char *const *more, int count)
{
    for (int i = 0; i < count; i++) argument[n + i] = more[i];
    return n + count;
}

/* smpirun makes files where TMPDIR says. */
static hl_status run_in(int *status, const places *p, const char *const *argument)
{
    const char *tmp = getenv("TMPDIR");
    char *before = tmp ? hl_alloc_text(tmp) : NULL;
    setenv("TMPDIR", p->folder, 1);
    const hl_status s = hl_child_run(status, (char *const *)argument, p->out, p->err);
    if (before) setenv("TMPDIR", before, 1);
    else unsetenv("TMPDIR");
    free(before);
    return s;
}

static hl_status run(int *status, const places *p, const hl_ask_orders *o)
{
    char ranks[20];
    const char *argument[ARGUMENTS] = {HL_SMPIRUN, "-np", ranks, "-platform", o->platform, "-hostfile", o->hosts};
    int n = 7;
    snprintf(ranks, sizeof ranks, "%d", o->ranks);
    n = add(argument, n, always, sizeof always / sizeof always[0]);
    if (o->is_plain) n = add(argument, n, plain, sizeof plain / sizeof plain[0]);
    argument[n++] = p->program;
    argument[n++] = p->question;
    argument[n++] = p->answer;
    return run_in(status, p, argument);
}

/* What the ranks have said, and else the last line of SimGrid. */
static void relay(char *last, size_t room, const char *path)
{
    char line[1200];
    bool has_said = false;
    FILE *f = fopen(path, "re");
    *last = 0;
    while (f && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\n")] = 0;
        const bool is_ours = strncmp(line, "hllm: ", 6) == 0;
        if (is_ours) fprintf(stderr, "%s\n", line);
        has_said |= is_ours;
        if (*line) snprintf(last, room, ": %.250s", line);
    }
    if (has_said) *last = 0;
    if (f) fclose(f);
}

static hl_status ask(hl_question_answer *a, const hl_question *q, const hl_ask_orders *o, const places *p)
{
    int status = 0;
    char last[300];
    HL_TRY(hl_question_write(p->question, q, sizeof *q));
    HL_TRY(run(&status, p, o));
    relay(last, sizeof last, p->err);
    if (access(p->answer, R_OK) == 0) return hl_question_read(a, sizeof *a, p->answer);
    return HL_FAIL(HL_EFAIL, "the rehearsal on %d ranks of %s has ended without an answer%s", o->ranks, o->platform,
                   last);
}

hl_status hl_ask(hl_question_answer *answer, const hl_question *question, const hl_ask_orders *orders)
{
    places p;
    const double began = hl_seconds();
    HL_TRY(open_places(&p));
    const hl_status s = ask(answer, question, orders, &p);
    hl_folder_remove(p.folder);
    answer->took = hl_seconds() - began;
    return s;
}
