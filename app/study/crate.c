/* crate.c - the folder of a study as a research object. */
#include "app/study/crate.h"
#include "base/arena.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/path.h"
#include "base/process.h"
#include "app/config/build.h"
#include "app/study/crate-files.h"
#include "app/study/measure.h"
#include "app/study/outcome.h"
#include "app/study/sbom.h"
#include "app/study/study-record.h"
#include "app/study/tuning.h"
#include "io/files/atomic.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- citation */

static const char citation[] =
    "# Written by hllm study crate: how to cite the program that made this study, and the model that it trains.\n"
    "cff-version: 1.2.0\n"
    "message: Cite hllm by its version and commit, and the paper below for the model.\n"
    "type: software\n"
    "title: hllm\n"
    "authors:\n"
    "  - name: The authors of hllm\n"
    "version: \"%s\"\n"
    "commit: \"%s\"\n"
    "license: Apache-2.0\n"
    "references:\n"
    "  - type: article\n"
    "    title: \"HLLM: Enhancing Sequential Recommendations via Hierarchical Large Language Models for Item and User "
    "Modeling\"\n"
    "    authors:\n"
    "      - {family-names: Chen, given-names: Junyi}\n"
    "      - {family-names: Chi, given-names: Lu}\n"
    "      - {family-names: Peng, given-names: Bingyue}\n"
    "      - {family-names: Yuan, given-names: Zehuan}\n"
    "    year: 2024\n"
    "    url: \"https://arxiv.org/abs/2409.12740\"\n";

static hl_status write_citation(const char *dir)
{
    char path[PATH_MAX], text[sizeof citation + 200];
    const int n = snprintf(text, sizeof text, citation, hl_build_version(), hl_build_commit());
    hl_path(path, "%s/CITATION.cff", dir);
    return hl_atomic_write(path, text, (size_t)n);
}

static hl_status write_object(const char *dir, const char *name, const json_t *o)
{
    char path[PATH_MAX];
    char *text = json_dumps(o, JSON_INDENT(1) | JSON_PRESERVE_ORDER);
    HL_CHECK(text != NULL);
    hl_path(path, "%s/%s", dir, name);
    hl_status s = hl_atomic_write(path, text, strlen(text));
    free(text);
    return s;
}

static hl_status write_sbom(const char *dir, const char *unique)
{
    json_t *o = hl_sbom(unique);
    hl_status s = write_object(dir, "sbom.spdx.json", o);
    json_decref(o);
    return s;
}

/* ---- entities */

static void add(json_t *graph, json_t *entity)
{
    HL_CHECK(entity != NULL);
    json_array_append_new(graph, entity);
}

/* An entity that others refer to, once. */
static void add_once(json_t *graph, json_t *entity)
{
    HL_CHECK(entity != NULL);
    const json_t *o, *id = json_object_get(entity, "@id");
    size_t i;
    json_array_foreach(graph, i, o)
    {
        if (!json_equal(json_object_get(o, "@id"), id)) continue;
        json_decref(entity);
        return;
    }
    json_array_append_new(graph, entity);
}

/* A text as the end of an "#id". */
static char *local_id(const char *kind, const char *text)
{
    char *address = hl_crate_address(text), *id = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&id, &n);
    fprintf(out, "#%s-%s", kind, address);
    fclose(out);
    free(address);
    return id;
}

/* Its reference. */
static json_t *add_program(json_t *graph, const char *version, const char *commit, const char *libraries)
{
    char text[300];
    snprintf(text, sizeof text, "%.100s (commit %.100s)", version, commit);
    char *id = local_id("hllm", text);
    add_once(graph, json_pack("{ss ss ss ss ss* ss ss}", "@id", id, "@type", "SoftwareApplication", "name", "hllm",
                              "version", text, "softwareRequirements", libraries, "description",
                              "trains and evaluates HLLM, the hierarchical large language model for sequential "
                              "recommendation, on CPU clusters",
                              "license", "https://spdx.org/licenses/Apache-2.0"));
    json_t *reference = hl_crate_reference(id);
    free(id);
    return reference;
}

static void add_machines(json_t *graph, json_t *instruments, const json_t *result)
{
    const json_t *host;
    size_t i;
    json_array_foreach(json_object_get(result, "hosts"), i, host)
    {
        const char *name = hl_outcome_text(host, "machine");
        char *id = local_id("machine", name);
        add_once(graph, json_pack("{ss ss ss ss}", "@id", id, "@type", "IndividualProduct", "name", name, "description",
                                  hl_outcome_text(result, "processor")));
        json_array_append_new(instruments, hl_crate_reference(id));
        free(id);
    }
}

/* Of the files of a run. */
static void add_result(json_t *action, const char *run, const char *name)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", run, name);
    char *id = hl_crate_address(path);
    json_object_set_new(action, "result", hl_crate_reference(id));
    free(id);
}

static json_t *inputs(const char *dir)
{
    json_t *list = json_array();
    char name[40];
    json_array_append_new(list, hl_crate_reference("study.json"));
    if (hl_path_is_there(dir, "study.yaml")) json_array_append_new(list, hl_crate_reference("study.yaml"));
    for (int i = 1; snprintf(name, sizeof name, "base-%d.yaml", i), hl_path_is_there(dir, name); i++)
        json_array_append_new(list, hl_crate_reference(name));
    return list;
}

/* One that was made, or has failed. */
static void add_run(json_t *graph, json_t *mentions, const char *dir, const hl_point *p, int repetition)
{
    char run[HL_MEASURE_NAME], title[400];
    json_t *result = hl_measure_result(dir, p, repetition), *instruments = json_array();
    char *failure = result ? NULL : hl_measure_failure(dir, p, repetition), *id;
    hl_measure_name(run, p, repetition);
    snprintf(title, sizeof title, p->is_candidate ? "%.300s, a candidate" : "%.300s, repetition %d", p->name,
             repetition);
    id = local_id("run", run);
    json_t *action = json_pack(
        "{ss ss ss so s{ss}}", "@id", id, "@type", "CreateAction", "name", title, "object", inputs(dir), "actionStatus",
        "@id", result ? "http://schema.org/CompletedActionStatus" : "http://schema.org/FailedActionStatus");
    HL_CHECK(action != NULL);
    if (result) {
        json_array_append_new(instruments,
                              add_program(graph, hl_outcome_text(result, "version"), hl_outcome_text(result, "commit"),
                                          hl_outcome_text(result, "libraries")));
        add_machines(graph, instruments, result);
        json_object_set_new(action, "instrument", instruments);
        json_object_set_new(action, "endTime", json_string(hl_outcome_text(result, "time")));
        add_result(action, run, "result.json");
    } else {
        json_decref(instruments);
        json_object_set_new(action, "error", json_string(failure ? failure : ""));
        add_result(action, run, "failed.json");
    }
    if (result || failure) {
        add(graph, json_incref(action));
        json_array_append_new(mentions, hl_crate_reference(id));
    }
    json_decref(action);
    json_decref(result);
    free(failure);
    free(id);
}

/* The tables and pictures that are there, made of all records by the program that made them; this one, as far as is
 * known. */
static void add_report(json_t *graph, json_t *mentions, const char *dir)
{
    static const char *const names[] = {"report.csv", "report-tuning.csv", "report-phases.csv", "report.extrap.jsonl",
                                        "report.tex", "report.svg",        "report.pdf",        "report.html"};
    json_t *results = json_array();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (hl_path_is_there(dir, names[i])) json_array_append_new(results, hl_crate_reference(names[i]));
    add(graph, json_pack("{ss ss ss so s[o] so}", "@id", "#report", "@type", "CreateAction", "name",
                         "hllm study report", "object", inputs(dir), "instrument",
                         add_program(graph, hl_build_version(), hl_build_commit(), NULL), "result", results));
    json_array_append_new(mentions, hl_crate_reference("#report"));
}

static void add_head(json_t *graph, const char *name, json_t *parts, json_t *mentions)
{
    hl_process now;
    char description[600];
    hl_process_find(&now);
    snprintf(
        description, sizeof description,
        "Steps of a training by hllm, measured at several points of ranks, threads and options: study %.200s. The "
        "bill of materials sbom.spdx.json is of the program that wrote this crate; each run's record says its own.",
        name);
    json_array_insert_new(graph, 0,
                          json_pack("{ss ss s{ss} s{ss}}", "@id", "ro-crate-metadata.json", "@type", "CreativeWork",
                                    "conformsTo", "@id", "https://w3id.org/ro/crate/1.1", "about", "@id", "./"));
    json_array_insert_new(graph, 1,
                          json_pack("{ss ss ss ss ss ss so so}", "@id", "./", "@type", "Dataset", "name", name,
                                    "description", description, "datePublished", now.since, "license",
                                    "No license is stated here; whoever publishes this folder states one, as "
                                    "https://spdx.org/licenses/CC-BY-4.0",
                                    "hasPart", parts, "mentions", mentions));
}

/* ---- the whole */

/* schema.org has sha256, the terms of RO-Crate 1.1 have not. */
static hl_status write_crate(const hl_study *s, hl_points *p, const char *dir)
{
    HL_TRY(hl_tuning_settle(s, p, dir));
    json_t *graph = json_array(), *parts = json_array(), *mentions = json_array();
    hl_status status = hl_crate_files(graph, parts, dir);
    const size_t files = json_array_size(parts);
    for (int i = 0; i < p->n; i++)
        for (int r = 1; r <= s->repetitions; r++) add_run(graph, mentions, dir, &p->at[i], r);
    for (int i = 0; p->candidates && i < p->candidates->n; i++) add_run(graph, mentions, dir, &p->candidates->at[i], 1);
    add_report(graph, mentions, dir);
    add_head(graph, s->name, parts, mentions);
    json_t *o = json_pack("{s[s{ss}] so}", "@context", "https://w3id.org/ro/crate/1.1/context", "sha256",
                          "http://schema.org/sha256", "@graph", graph);
    HL_CHECK(o != NULL);
    if (status == HL_OK) status = write_object(dir, "ro-crate-metadata.json", o);
    json_decref(o);
    if (status == HL_OK) hl_log(HL_INFO, "%s/ro-crate-metadata.json: %zu files", dir, files);
    return status;
}

/* Documents of one program are told apart by the study and the moment. */
static void name_document(char unique[17], const hl_study *s)
{
    hl_process now;
    hl_process_find(&now);
    const uint64_t when = hl_digest_join(hl_digest(now.since, strlen(now.since)), (uint64_t)now.pid);
    hl_digest_text(unique, hl_digest_join(hl_digest(s->name, strlen(s->name)), when));
}

hl_status hl_crate_write(const char *dir)
{
    hl_study s;
    hl_points p;
    char unique[17];
    hl_status status = hl_study_record_read(&s, &p, dir);
    if (status == HL_OK) {
        name_document(unique, &s);
        status = write_citation(dir);
        if (status == HL_OK) status = write_sbom(dir, unique);
        if (status == HL_OK) status = write_crate(&s, &p, dir);
    }
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}
