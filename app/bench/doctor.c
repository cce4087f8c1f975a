/* doctor.c - is this machine fit for a job, and how fast is it? */
#include "app/bench/doctor.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/process.h"
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* In this order; what forks comes before what starts threads. */
static const hl_doctor_check checks[] = {
    {"launch", true, hl_doctor_launch},
    {"system", false, hl_doctor_system},
    {"environment", false, hl_doctor_environment},
    {"cma", false, hl_doctor_cma},
    {"files", true, hl_doctor_files},
    {"libraries", true, hl_doctor_libraries},
    {"cores", true, hl_doctor_cores},
    {"memory", false, hl_doctor_memory},
    {"limits", false, hl_doctor_limits},
    {"shm", false, hl_doctor_shm},
    {"tmp", false, hl_doctor_tmp},
    {"folders", true, hl_doctor_folders},
    {"speed", true, hl_doctor_speed},
    {"wire", true, hl_doctor_wire},
};
enum { CHECKS = sizeof checks / sizeof checks[0] };

static const char *const grades[HL_GRADES] = {"ok", "note", "warning", "failure"};

/* ---- findings */

static hl_finding *add(hl_doctor *d)
{
    HL_RESERVE(d->found, d->room, d->n + 1);
    d->found[d->n] = (hl_finding){.check = d->check};
    return &d->found[d->n++];
}

hl_finding *hl_doctor_say(hl_doctor *d, hl_grade grade, const char *remedy, const char *format, ...)
{
    static hl_finding nobodys;
    hl_process me;
    va_list args;
    const bool counts = !checks[d->check].is_of_job || d->world->rank == 0;
    hl_finding *f = counts ? add(d) : &nobodys;
    hl_process_find(&me);
    f->grade = grade;
    memcpy(f->host, me.host, sizeof f->host);
    snprintf(f->remedy, sizeof f->remedy, "%s", remedy ? remedy : "");
    va_start(args, format);
    vsnprintf(f->what, sizeof f->what, format, args);
    va_end(args);
    return f;
}

void hl_finding_figure(hl_finding *f, const char *name, double value)
{
    for (int i = 0; i < HL_FINDING_FIGURES; i++) {
        if (f->figure[i].name[0]) continue;
        snprintf(f->figure[i].name, sizeof f->figure[i].name, "%s", name);
        f->figure[i].value = value;
        return;
    }
}

/* ---- running */

static void gather(hl_doctor *d)
{
    const hl_group *world = d->world;
    int *counts = hl_alloc_zero((size_t)world->size, sizeof *counts),
        *one = hl_alloc((size_t)world->size * sizeof *one), all = 0;
    for (int r = 0; r < world->size; r++) one[r] = 1;
    hl_group_all_gather(world, counts, &d->n, one, sizeof d->n);
    for (int r = 0; r < world->size; r++) all += counts[r];
    hl_finding *list = hl_alloc((size_t)all * sizeof *list);
    hl_group_all_gather(world, list, d->found, counts, sizeof *list);
    free(d->found);
    d->found = list;
    d->n = all;
    d->room = (size_t)all;
    free(one);
    free(counts);
}

static bool is_same(const hl_finding *a, const hl_finding *b)
{
    return a->check == b->check && a->grade == b->grade && strcmp(a->what, b->what) == 0
           && strcmp(a->remedy, b->remedy) == 0;
}

/* What several machines say goes once, with "n1 and 3 more". */
static void join_machines(hl_doctor *d)
{
    int n = 0;
    int *times = hl_alloc_zero((size_t)d->n + 1, sizeof *times);
    for (int i = 0; i < d->n; i++) {
        int k = 0;
        while (k < n && !is_same(&d->found[k], &d->found[i])) k++;
        if (k == n) d->found[n++] = d->found[i];
        times[k]++;
    }
    for (int k = 0; k < n; k++)
        if (times[k] > 1)
            snprintf(d->found[k].host + strlen(d->found[k].host), sizeof d->found[k].host - strlen(d->found[k].host),
                     " and %d more", times[k] - 1);
    d->n = n;
    free(times);
}

void hl_doctor_run(hl_doctor *d, const hl_group *world, const hl_config *config, bool has_mpi)
{
    *d = (hl_doctor){.world = world, .config = config, .has_mpi = has_mpi};
    hl_group_split_node(&d->node, world);
    for (d->check = 0; d->check < CHECKS; d->check++)
        if (checks[d->check].is_of_job || d->node.rank == 0) checks[d->check].look(d);
    hl_group_close(&d->node);
    gather(d);
    join_machines(d);
}

void hl_doctor_close(hl_doctor *d)
{
    free(d->found);
    d->found = NULL;
}

/* ---- showing */

hl_grade hl_doctor_worst(const hl_doctor *d)
{
    hl_grade worst = HL_FINE;
    for (int i = 0; i < d->n; i++)
        if (d->found[i].grade > worst) worst = d->found[i].grade;
    return worst;
}

static int count(const hl_doctor *d, hl_grade grade)
{
    int n = 0;
    for (int i = 0; i < d->n; i++) n += d->found[i].grade == grade;
    return n;
}

static bool has_several_machines(const hl_doctor *d)
{
    for (int i = 0; i < d->n; i++)
        if (strcmp(d->found[i].host, d->found[0].host) != 0) return true;
    return false;
}

static void print_one(const hl_finding *f, bool with_host, FILE *out)
{
    fprintf(out, "%-8s %-12s %s%s%s\n", grades[f->grade], checks[f->check].name, with_host ? f->host : "",
            with_host ? ": " : "", f->what);
    if (f->remedy[0]) fprintf(out, "%-8s %-12s -> %s\n", "", "", f->remedy);
}

void hl_doctor_print(const hl_doctor *d, FILE *out)
{
    for (int check = 0; check < CHECKS; check++)
        for (int i = 0; i < d->n; i++)
            if (d->found[i].check == check)
                print_one(&d->found[i], !checks[check].is_of_job && has_several_machines(d), out);
    for (hl_grade g = HL_FINE; g < HL_GRADES; g++)
        fprintf(out, "%s%d %s%s", g ? ", " : "", count(d, g), grades[g], g && count(d, g) != 1 ? "s" : "");
    putc('\n', out);
}

static json_t *figures_json(const hl_finding *f)
{
    json_t *o = json_object();
    for (int i = 0; i < HL_FINDING_FIGURES && f->figure[i].name[0]; i++)
        json_object_set_new(o, f->figure[i].name, json_real(f->figure[i].value));
    return o;
}

/* Names of folders may hold any bytes; JSON holds UTF-8. */
static json_t *text_json(const char *text)
{
    json_t *o = json_string(text);
    return o ? o : json_string("(not UTF-8)");
}

json_t *hl_doctor_json(const hl_doctor *d)
{
    json_t *list = json_array();
    for (int i = 0; i < d->n; i++) {
        const hl_finding *f = &d->found[i];
        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o, s:o, s:o}", "check", checks[f->check].name, "grade",
                                              grades[f->grade], "host", text_json(f->host), "what", text_json(f->what),
                                              "remedy", text_json(f->remedy), "figures", figures_json(f)));
    }
    return json_pack("{s:i, s:i, s:s, s:i, s:i, s:o}", "schema", 1, "ranks", d->world->size, "worst",
                     grades[hl_doctor_worst(d)], "warnings", count(d, HL_DOUBTFUL), "failures", count(d, HL_FAILS),
                     "findings", list);
}
