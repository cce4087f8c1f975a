/* bench-show.c - figures for people and for machines. */
#include "app/bench/bench-show.h"
#include "base/arena.h"
#include "base/process.h"
#include "app/config/build.h"
#include "io/files/place.h"
#include "math/linear.h"
#include <stdlib.h>
#include <string.h>

enum { NAME_WIDTH = 22, COLUMN = 12 };

void hl_bench_note_machine(json_t *result, const hl_bench_orders *orders, const hl_peaks *peaks)
{
    json_object_set_new(result, "ranks", json_integer(orders->meter.ranks->size));
    json_object_set_new(result, "threads", json_integer(orders->threads));
    json_object_set_new(result, "math", json_string(hl_math_library()));
    json_object_set_new(result, "gemm_peak_gflops", json_real(peaks->gemm / 1e9));
    json_object_set_new(result, "stream_gbs", json_real(hl_stream_best(&peaks->stream) / 1e9));
    json_object_set_new(result, "stream_triad_gbs", json_real(peaks->stream.triad / 1e9));
}

/* The entry of a machine, made where there is none yet. */
static json_t *entry_of(json_t *list, const char *host)
{
    json_t *o;
    size_t i;
    json_array_foreach(list, i, o)
    {
        if (strcmp(json_string_value(json_object_get(o, "machine")), host) == 0) return o;
    }
    o = json_pack("{ss si}", "machine", host, "ranks", 0);
    HL_CHECK(o != NULL);
    json_array_append_new(list, o);
    return o;
}

typedef char host_name[65];

/* A name is printed, and JSON. */
static void find_name(host_name mine)
{
    memset(mine, 0, sizeof(host_name));
    hl_process_host(mine);
    for (char *c = mine; *c; c++)
        if (*c < ' ' || *c > '~') *c = '?';
}

/* The machines in the order of their first ranks, with how many ranks each has. */
static json_t *hosts_of(const hl_group *world)
{
    host_name mine, *all = hl_alloc_zero((size_t)world->size, sizeof *all);
    int *counts = hl_alloc((size_t)world->size * sizeof *counts);
    json_t *list = json_array();
    for (int r = 0; r < world->size; r++) counts[r] = 1;
    find_name(mine);
    hl_group_all_gather(world, all, mine, counts, sizeof mine);
    for (int r = 0; r < world->size; r++) {
        json_t *o = entry_of(list, all[r]);
        json_object_set_new(o, "ranks", json_integer(1 + json_integer_value(json_object_get(o, "ranks"))));
    }
    free(all);
    free(counts);
    return list;
}

void hl_bench_note_place(json_t *result, const hl_group *world)
{
    hl_place p;
    char host[65], libraries[600];
    hl_place_find(&p, world);
    hl_process_host(host);
    hl_build_libraries(libraries, sizeof libraries);
    json_object_set_new(result, "version", json_string(hl_build_version()));
    json_object_set_new(result, "commit", json_string(hl_build_commit()));
    json_object_set_new(result, "libraries", json_string(libraries));
    json_object_set_new(result, "nodes", json_integer(p.nodes));
    json_object_set_new(result, "host", json_string(host));
    json_object_set_new(result, "cores", json_integer(p.cores));
    json_object_set_new(result, "rank_cores_least", json_integer(p.cores_least));
    json_object_set_new(result, "rank_cores_most", json_integer(p.cores_most));
    json_object_set_new(result, "hosts", hosts_of(world));
}

static void print_value(const json_t *x, int width, FILE *out)
{
    if (json_is_string(x)) fprintf(out, "%-*s", width, json_string_value(x));
    else if (json_is_integer(x)) fprintf(out, "%*lld", width, (long long)json_integer_value(x));
    else if (json_is_real(x)) fprintf(out, "%*.4g", width, json_real_value(x));
    else fprintf(out, "%*s", width, "-");
}

static int width_of(const json_t *x) { return json_is_string(x) ? NAME_WIDTH : COLUMN; }

static void print_titles(const json_t *first, FILE *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)first, key, value)
        fprintf(out, json_is_string(value) ? "%-*s " : "%*s ", width_of(value), key);
    fputc('\n', out);
}

/* The first row names the columns. */
static void print_table(const json_t *rows, FILE *out)
{
    const json_t *first = json_array_get(rows, 0);
    const char *key;
    json_t *row, *value;
    size_t i;
    print_titles(first, out);
    json_array_foreach(rows, i, row)
    {
        json_object_foreach((json_t *)first, key, value)
        {
            print_value(json_object_get(row, key), width_of(value), out);
            fputc(' ', out);
        }
        fputc('\n', out);
    }
}

static void print_for_people(const json_t *result, FILE *out)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)result, key, value)
    {
        if (json_is_array(value)) continue;
        fprintf(out, "%-*s ", NAME_WIDTH, key);
        print_value(value, 0, out);
        fputc('\n', out);
    }
    json_object_foreach((json_t *)result, key, value)
    {
        if (!json_is_array(value) || json_array_size(value) == 0) continue;
        fprintf(out, "\n%s\n", key);
        print_table(value, out);
    }
}

void hl_bench_show(const json_t *result, FILE *out, bool json)
{
    if (!json) print_for_people(result, out);
    else {
        json_dumpf(result, out, JSON_INDENT(1) | JSON_REAL_PRECISION(7));
        fputc('\n', out);
    }
    fflush(out);
}
