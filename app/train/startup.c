/* startup.c - where the time goes until the first step, and what is opened and read for it. */
#include "app/train/startup.h"
#include "base/clock.h"
#include "io/files/reads.h"
#include <stdio.h>

const char *const hl_startup_name[HL_STARTUPS] = {
    [HL_STARTUP_LAUNCH] = "launch",   [HL_STARTUP_CONFIGURATION] = "configuration",
    [HL_STARTUP_CHECKS] = "checks",   [HL_STARTUP_PREPARE] = "prepare",
    [HL_STARTUP_DATASET] = "dataset", [HL_STARTUP_LAYOUT] = "layout",
    [HL_STARTUP_WEIGHTS] = "weights", [HL_STARTUP_RESUME] = "resume",
};

const char *const hl_startup_figure_name[HL_STARTUP_FIGURES] = {
    [HL_STARTUP_SECONDS] = "phases", [HL_STARTUP_OPENS] = "opens", [HL_STARTUP_BYTES] = "read"};

/* What this rank has used until some moment, and in each phase. */
typedef struct {
    double figure[HL_STARTUP_FIGURES];
} used;

static used of_phase[HL_STARTUPS], before;
static int current = -1; /* the phase that goes on; -1: none */

static used now(void)
{
    const hl_reads r = hl_reads_so_far();
    return (used){{hl_seconds(), (double)r.opens, (double)r.bytes}};
}

/* What was used since the last call belongs to the phase that went on. */
static void settle(void)
{
    const used is = now();
    for (int f = 0; current >= 0 && f < HL_STARTUP_FIGURES; f++)
        of_phase[current].figure[f] += is.figure[f] - before.figure[f];
    before = is;
}

void hl_startup_enter(hl_startup_phase phase)
{
    settle();
    current = (int)phase;
}

void hl_startup_end(hl_startup *s, const hl_group *world)
{
    settle();
    current = -1;
    s->waited = hl_fact_of(hl_group_waited(), world->rank);
    for (int f = 0; f < HL_STARTUP_FIGURES; f++) {
        double all = 0;
        for (int p = 0; p < HL_STARTUPS; p++) {
            s->phase[f][p] = hl_fact_of(of_phase[p].figure[f], world->rank);
            all += of_phase[p].figure[f];
        }
        s->whole[f] = hl_fact_of(all, world->rank);
    }
    hl_facts_agree((hl_fact *)s, sizeof *s / sizeof(hl_fact), world);
}

void hl_startup_text(char *out, size_t room, const hl_startup *s, int ranks)
{
    int at = snprintf(out, room, "started in %.3g s:", s->whole[HL_STARTUP_SECONDS].sum / ranks);
    for (int p = 0; p < HL_STARTUPS && (size_t)at < room; p++)
        at += snprintf(out + at, room - (size_t)at, "%s %s %.2g", p ? "," : "", hl_startup_name[p],
                       s->phase[HL_STARTUP_SECONDS][p].sum / ranks);
    if ((size_t)at >= room) return;
    snprintf(out + at, room - (size_t)at,
             " (%.2g waiting); %.0f files opened and %.4g MB read by all, %.0f and %.4g MB at most by one",
             s->waited.sum / ranks, s->whole[HL_STARTUP_OPENS].sum, s->whole[HL_STARTUP_BYTES].sum / 1e6,
             s->whole[HL_STARTUP_OPENS].max, s->whole[HL_STARTUP_BYTES].max / 1e6);
}
