/* trace-file.c - the events of all ranks, as Perfetto and Chrome read them. */
#include "app/bench/trace-file.h"
#include "app/config/build.h"
#include "base/arena.h"
#include "base/array.h"
#include "base/path.h"
#include "base/process.h"
#include "io/files/atomic.h"
#include "io/files/remedy.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *hl_trace_name(int act) { return act == HL_ACTS ? "plan" : hl_act_table[act].name; }

/* ---- who a rank is */

typedef struct {
    int events, first_of_node;
    double offset, bound;
    char host[65], place[160];
} teller;

/* "item dp 0 pp 1 tp 0" of each side that the rank is in. */
static void place_of(char *out, size_t room, const hl_mesh *m)
{
    size_t n = 0;
    out[0] = 0;
    for (hl_side k = 0; k < HL_SIDES; k++) {
        const hl_mesh_side *s = &m->side[k];
        if (!hl_group_has_me(&s->tp)) continue;
        n += (size_t)snprintf(out + n, room - n, ", %s dp %d pp %d tp %d", hl_side_name[k], s->dp.rank, s->pp.rank,
                              s->tp.rank);
        HL_CHECK(n < room);
    }
}

static teller myself(const hl_trace *t, const hl_clock_offset *clock, const hl_job *j)
{
    teller me = {.events = t->n, .offset = clock->offset, .bound = clock->bound};
    hl_group node;
    hl_group_split_node(&node, j->world);
    me.first_of_node = j->world->rank;
    hl_group_broadcast(&node, &me.first_of_node, sizeof me.first_of_node, 0);
    hl_group_close(&node);
    hl_process_host(me.host);
    place_of(me.place, sizeof me.place, &j->mesh);
    return me;
}

/* ---- the file */

typedef struct {
    FILE *f; /* of the first rank; others have none */
    double zero;
    int lines;
    bool failed;
} writer;

/* A line takes the object. */
static void line(writer *w, json_t *o)
{
    HL_CHECK(o != NULL);
    w->failed |= fputs(w->lines++ ? ",\n" : "\n", w->f) == EOF
                 || json_dumpf(o, w->f, JSON_COMPACT | JSON_REAL_PRECISION(15)) != 0;
    json_decref(o);
}

static void write_teller(writer *w, const teller *t, int rank)
{
    char name[200];
    if (t->first_of_node == rank)
        line(w, json_pack("{ss ss si s{ss}}", "ph", "M", "name", "process_name", "pid", rank, "args", "name", t->host));
    snprintf(name, sizeof name, "rank %d%s", rank, t->place);
    line(w, json_pack("{ss ss si si s{ss}}", "ph", "M", "name", "thread_name", "pid", t->first_of_node, "tid", rank,
                      "args", "name", name));
    line(w, json_pack("{ss ss si si s{si}}", "ph", "M", "name", "thread_sort_index", "pid", t->first_of_node, "tid",
                      rank, "args", "sort_index", rank));
}

static const char *kind_of(int act)
{
    static const char *const kinds[] = {
        [HL_COMPUTE] = "compute", [HL_EXCHANGE] = "exchange", [HL_RECEIVE] = "receive", [HL_LOCAL] = "local"};
    return act == HL_ACTS ? "plan" : kinds[hl_act_table[act].kind];
}

static void write_event(writer *w, const hl_trace_event *e, const teller *t, int rank)
{
    const double from = (e->begin + t->offset - w->zero) * 1e6, took = (e->end - e->begin) * 1e6;
    json_t *args = json_pack("{sf}", "waited_us", e->waited * 1e6);
    if (e->micro_batch >= 0) json_object_set_new(args, "micro_batch", json_integer(e->micro_batch));
    line(w, json_pack("{ss ss ss sf sf si si so}", "ph", "X", "name", hl_trace_name(e->act), "cat", kind_of(e->act),
                      "ts", from, "dur", took, "pid", t->first_of_node, "tid", rank, "args", args));
}

/* Everybody hears what `rank` tells; the first writes it. */
static void hear(writer *w, int rank, const teller *me, const hl_trace *mine, const hl_group *world)
{
    teller t = *me;
    hl_trace_event *event;
    hl_group_broadcast(world, &t, sizeof t, rank);
    event = hl_alloc((size_t)t.events * sizeof *event);
    if (world->rank == rank) memcpy(event, mine->at, (size_t)t.events * sizeof *event);
    hl_group_broadcast(world, event, (size_t)t.events * sizeof *event, rank);
    if (w->f) {
        write_teller(w, &t, rank);
        for (int i = 0; i < t.events; i++) write_event(w, &event[i], &t, rank);
    }
    free(event);
}

static void begin_file(writer *w, const hl_job *j)
{
    json_t *o = json_pack("{ss ss ss si}", "program", hl_build_version(), "commit", hl_build_commit(), "layout",
                          j->layout, "ranks", j->world->size);
    fputs("{\"displayTimeUnit\": \"ms\", \"otherData\": ", w->f);
    HL_CHECK(o != NULL);
    w->failed |= json_dumpf(o, w->f, JSON_COMPACT) != 0;
    json_decref(o);
    fputs(",\n\"traceEvents\": [", w->f);
}

/* Closes the file; it gets its name where all is in it. */
static hl_status end_file(writer *w, const char *other, const char *path)
{
    w->failed |= fputs("\n]}\n", w->f) == EOF;
    w->failed |= ferror(w->f) != 0;
    w->failed |= fclose(w->f) != 0;
    hl_status s = w->failed ? hl_remedy_fail(other, "write", errno) : hl_atomic_move(other, path);
    if (s != HL_OK) unlink(other);
    return s;
}

hl_status hl_trace_file(const char *path, const hl_trace *t, const hl_clock_offset *clock, double zero, const hl_job *j)
{
    char other[PATH_MAX];
    writer w = {.zero = zero};
    hl_status s = HL_OK;
    const teller me = myself(t, clock, j);
    if (j->world->rank == 0) {
        hl_path(other, "%s.new", path);
        w.f = fopen(other, "w");
        if (!w.f) s = hl_remedy_fail(other, "create", errno);
    }
    HL_TRY(hl_group_agree(j->world, s));
    if (w.f) begin_file(&w, j);
    for (int r = 0; r < j->world->size; r++) hear(&w, r, &me, t, j->world);
    if (w.f) s = end_file(&w, other, path);
    return hl_group_agree(j->world, s);
}
