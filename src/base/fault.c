/* fault.c - failures on purpose, so that tests can see what happens after them. */
#include "base/fault.h"
#include "base/sentence.h"
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILES = HL_FAULT_FILES | HL_FAULT_BYTES, ALL = HL_FAULT_FAILS | FILES | HL_FAULT_NUMBERS | HL_FAULT_WAITS };

static void be_killed(void) { raise(SIGKILL); }

static void be_stopped(void) { raise(SIGSTOP); }

static void hang(void)
{
    for (;;) pause();
}

typedef struct {
    const char *name;
    int kinds;         /* of points that can do it */
    int error;         /* errno, or HL_FAULT_SHORT */
    void (*act)(void); /* NULL: the point itself fails */
    const char *what;
} action;

/* The first that a point can do, from `error` on, is what it does where no action is named. */
static const action actions[] = {
    {"kill", ALL, 0, be_killed, "the rank is killed, as by a power cut"},
    {"stop", ALL, 0, be_stopped, "the rank is stopped by SIGSTOP, and goes on after SIGCONT"},
    {"hang", ALL, 0, hang, "the rank waits for ever"},
    {"error", HL_FAULT_FAILS | FILES, EIO, NULL, "it fails; of a call on a file: with EIO"},
    {"nan", HL_FAULT_NUMBERS, EDOM, NULL, "a number is none (NaN)"},
    {"flip", HL_FAULT_NUMBERS, EILSEQ, NULL, "one bit of a number is another"},
    {"enospc", FILES, ENOSPC, NULL, "no space left on the device"},
    {"eio", FILES, EIO, NULL, "input/output error"},
    {"estale", FILES, ESTALE, NULL, "stale file handle, as of NFS"},
    {"edquot", FILES, EDQUOT, NULL, "disk quota exceeded"},
    {"eintr", HL_FAULT_BYTES, EINTR, NULL, "interrupted by a signal before anything was read or written"},
    {"short", HL_FAULT_BYTES, HL_FAULT_SHORT, NULL, "only some of the bytes are read or written"},
};
enum { ACTIONS = sizeof actions / sizeof actions[0], USUAL = 3 };

/* One that is asked for. */
typedef struct {
    char point[40], how[24]; /* how: the action by name; empty: the usual one of the point */
    bool is_odd;             /* cannot be read */
    int rank;                /* -1: all */
    long first, last, times; /* between these times of being there; so often it was */
} fault;

enum { FAULTS = 16 };
static fault wished[FAULTS];
static int n_wished = -1; /* -1: HLLM_FAULT was not read yet */
static int me;

static const action *find_action(const char *name)
{
    for (int i = 0; i < ACTIONS; i++)
        if (strcmp(actions[i].name, name) == 0) return &actions[i];
    return NULL;
}

static const hl_fault_point *find_point(const char *name)
{
    for (const hl_fault_point *p = hl_fault_points; p->name; p++)
        if (strcmp(p->name, name) == 0) return p;
    return NULL;
}

/* ---- reading what is asked for */

static void read_rank(fault *f, const char *text)
{
    char *end;
    f->rank = strcmp(text, "*") == 0 ? -1 : (int)strtol(text, &end, 10);
    f->is_odd |= strcmp(text, "*") != 0 && (end == text || *end || f->rank < 0);
}

/* "3", "3+", or no count but an action. */
static bool read_count(fault *f, const char *text)
{
    char *end;
    const long n = strtol(text, &end, 10);
    if (end == text || n < 0) return false;
    f->first = n ? n : 1;
    f->last = n && *end == 0 ? n : f->last;
    f->is_odd |= *end != 0 && strcmp(end, "+") != 0;
    return true;
}

static void read_action(fault *f, const char *text)
{
    f->is_odd |= *f->how || strlen(text) >= sizeof f->how;
    snprintf(f->how, sizeof f->how, "%.23s", text);
}

static fault read_one(char *text)
{
    char *left = NULL, *part = strtok_r(text, ":", &left);
    fault f = {.rank = -1, .first = 1, .last = __LONG_MAX__};
    snprintf(f.point, sizeof f.point, "%.39s", part ? part : "");
    part = strtok_r(NULL, ":", &left);
    if (part) read_rank(&f, part);
    part = strtok_r(NULL, ":", &left);
    if (part && !read_count(&f, part)) read_action(&f, part);
    part = strtok_r(NULL, ":", &left);
    if (part) read_action(&f, part);
    f.is_odd |= left && *left;
    return f;
}

void hl_fault_set(const char *what)
{
    char text[1000], *left = NULL;
    n_wished = 0;
    snprintf(text, sizeof text, "%s", what ? what : "");
    for (char *one = strtok_r(text, ",", &left); one && n_wished < FAULTS; one = strtok_r(NULL, ",", &left))
        wished[n_wished++] = read_one(one);
}

/* ---- at a point */

void hl_fault_rank(int rank) { me = rank; }

static bool is_now(fault *f, const char *point, int rank)
{
    if (strcmp(f->point, point) != 0 || (f->rank >= 0 && f->rank != rank)) return false;
    f->times++;
    return f->times >= f->first && f->times <= f->last;
}

/* What a fault without an action does: the first of the table that its kind of point can do by itself. */
static const action *usual(const char *point)
{
    const hl_fault_point *p = find_point(point);
    for (int i = USUAL; p && i < ACTIONS; i++)
        if (actions[i].kinds & (int)p->kind) return &actions[i];
    return &actions[USUAL];
}

/* Of the faults that are due, all act, and the last says how the point fails; NULL: it does not. */
static const action *due(const char *point, int rank)
{
    const action *fails = NULL;
    const int who = rank == HL_FAULT_ME ? me : rank;
    if (n_wished < 0) hl_fault_set(getenv("HLLM_FAULT"));
    for (int i = 0; i < n_wished; i++) {
        if (!is_now(&wished[i], point, who)) continue;
        const action *a = *wished[i].how ? find_action(wished[i].how) : usual(point);
        if (a && a->act) a->act();
        else if (a) fails = a;
    }
    return fails;
}

int hl_fault_errno(const char *point, int rank)
{
    const action *a = due(point, rank);
    return a ? a->error : 0;
}

bool hl_fault(const char *point, int rank)
{
    const int error = hl_fault_errno(point, rank);
    if (error > 0) errno = error;
    return error != 0;
}

void hl_fault_numbers(const char *point, int rank, float *x, size_t n)
{
    const action *a = n ? due(point, rank) : NULL;
    float *middle = x + n / 2;
    unsigned bits;
    if (!a) return;
    memcpy(&bits, middle, sizeof bits);
    bits ^= 1U << 20;
    if (a->error == EDOM) *middle = NAN;
    else memcpy(middle, &bits, sizeof bits);
}

/* ---- what there is */

static hl_status refuse_action(const fault *f, const hl_fault_point *p)
{
    hl_sentence s = {0};
    for (int i = 0; i < ACTIONS; i++)
        if (actions[i].kinds & (int)p->kind) hl_sentence_add(&s, "%s%s", i ? ", " : "", actions[i].name);
    if (!*f->how) return HL_FAIL(HL_EUSAGE, "HLLM_FAULT: say what happens at %s: %s", f->point, s.text);
    return HL_FAIL(HL_EUSAGE, "HLLM_FAULT: %s cannot do \"%s\", but %s", f->point, f->how, s.text);
}

static hl_status check(const fault *f)
{
    const hl_fault_point *p = find_point(f->point);
    const action *a = find_action(*f->how ? f->how : usual(f->point)->name);
    if (!p)
        return HL_FAIL(HL_EUSAGE, "HLLM_FAULT: there is no point \"%s\"; hllm --faults lists points and actions",
                       f->point);
    if (f->is_odd)
        return HL_FAIL(HL_EUSAGE,
                       "HLLM_FAULT: \"%s\" is not followed by a rank or *, a count, an action, as in %s:1:3:kill; hllm "
                       "--faults lists all",
                       f->point, f->point);
    return a && (a->kinds & (int)p->kind) ? HL_OK : refuse_action(f, p);
}

hl_status hl_fault_check(void)
{
    if (n_wished < 0) hl_fault_set(getenv("HLLM_FAULT"));
    for (int i = 0; i < n_wished; i++) HL_TRY(check(&wished[i]));
    if (n_wished == FAULTS) return HL_FAIL(HL_EUSAGE, "HLLM_FAULT: %d faults are too many; name fewer", FAULTS);
    return HL_OK;
}

static void print_actions_of(int kind, FILE *out)
{
    for (int i = USUAL; i < ACTIONS; i++)
        if (actions[i].kinds & kind) fprintf(out, " %s", actions[i].name);
}

void hl_fault_print(FILE *out)
{
    fputs("# Failing on purpose\n\n"
          "`HLLM_FAULT=point:rank:count:action` makes a place fail as it really would. The rank may be `*`, for all; "
          "the count may be left out, for each time, or\n"
          "be `3+`, for the third time and later; the action may be left out, for the first one that the point lists. "
          "Several are separated by commas. This page is\n"
          "what `hllm --faults` prints.\n\n| action | what happens |\n|---|---|\n",
          out);
    for (int i = 0; i < ACTIONS; i++) fprintf(out, "| `%s` | %s |\n", actions[i].name, actions[i].what);
    fputs("\nEvery point can `kill`, `stop` and `hang`, and beside these:\n\n| point | file | what fails | actions "
          "|\n|---|---|---|---|\n",
          out);
    for (const hl_fault_point *p = hl_fault_points; p->name; p++) {
        fprintf(out, "| `%s` | `%s` | %s |", p->name, p->file, p->what);
        print_actions_of((int)p->kind, out);
        fputs(" |\n", out);
    }
}
