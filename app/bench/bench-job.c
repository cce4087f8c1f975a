/* bench-job.c - the job of a configuration, to measure its steps. */
#include "app/bench/bench-job.h"
#include "app/config/arguments.h"
#include "app/config/build.h"
#include "base/digest.h"
#include "base/process.h"

static hl_status check(const hl_job *j)
{
    if (hl_windows_count(&j->windows) > 0) return HL_OK;
    return HL_FAIL(HL_EFORMAT,
                   "%s has no user with four interactions or more, so there is no step to measure; use other data",
                   j->config->dataset);
}

static hl_status open_and(hl_bench_of_job *measure, json_t *result, const hl_bench_orders *orders, const hl_config *c)
{
    hl_job job = {0};
    const char *no_steps = hl_model_facts_of[c->model].no_steps;
    if (no_steps) return HL_FAIL(HL_EUSAGE, "%s; measure another model", no_steps);
    hl_status s = hl_job_open(&job, orders->meter.ranks, c, true);
    if (s == HL_OK) s = check(&job);
    if (s == HL_OK) s = measure(result, orders, &job);
    hl_job_close(&job);
    return s;
}

hl_status hl_bench_job(hl_bench_of_job *measure, json_t *result, const hl_bench_orders *orders, int argc, char **argv)
{
    hl_config c;
    hl_status s = hl_arguments_config(&c, orders->meter.ranks, argc, argv);
    if (s == HL_OK) s = open_and(measure, result, orders, &c);
    hl_config_free(&c);
    return s;
}

/* ---- what a result depends on */

static void note_digest(json_t *result, const char *key, uint64_t digest)
{
    char text[17];
    hl_digest_text(text, digest);
    json_object_set_new(result, key, json_string(text));
}

void hl_bench_note_origin(json_t *result, const hl_job *j)
{
    char processor[200];
    hl_process_processor(processor, sizeof processor);
    json_object_set_new(result, "processor", json_string(processor));
    json_object_set_new(result, "flags", json_string(hl_build_flags()));
    note_digest(result, "config_digest", hl_config_digest(j->config));
    note_digest(result, "data_digest", hl_dataset_digest(j->data));
}
