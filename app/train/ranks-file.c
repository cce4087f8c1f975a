/* ranks-file.c - the ranks of an evaluation as a file. */
#include "app/train/ranks-file.h"
#include "app/config/build.h"
#include "app/config/options.h"
#include "app/train/job-weights.h"
#include "base/alloc.h"
#include "base/digest.h"
#include "base/log.h"
#include "io/dataset/target-ranks.h"
#include "mpi/eval/popularity.h"
#include <stdio.h>
#include <stdlib.h>

/* A path may have any bytes, an attribute is UTF-8. */
static void put_text(json_t *o, const char *key, const char *text)
{
    json_t *x = json_string(text);
    json_object_set_new(o, key, x ? x : json_string(""));
}

static void put_digest(json_t *o, const char *key, uint64_t digest)
{
    char text[17];
    hl_digest_text(text, digest);
    put_text(o, key, text);
}

static uint64_t digest_of_ids(const hl_corpus *c)
{
    uint64_t digest = 0;
    for (int64_t i = 1; i < c->items; i++) {
        int n;
        const char *id = c->item_id(c, i, &n);
        digest = hl_digest_join(digest, hl_digest(id, (size_t)n));
    }
    return digest;
}

/* What two files must have in common to be compared. */
static void put_protocol(json_t *o, const hl_job *j, hl_phase phase)
{
    const hl_corpus *c = hl_dataset_corpus(j->data);
    char split[120], *mask = hl_option_text(j->config, &hl_options[hl_option_find("history_mask")]);
    snprintf(split, sizeof split, "%s", hl_split_name[c->split.rule.kind]);
    if (c->split.rule.kind == HL_TEMPORAL)
        snprintf(split, sizeof split, "%s, validation from %lld, test from %lld", hl_split_name[HL_TEMPORAL],
                 (long long)c->split.valid_from, (long long)c->split.test_from);
    put_text(o, "phase", hl_phase_name[phase]);
    put_text(o, "split", split);
    put_text(o, "history_mask", mask);
    free(mask);
    put_digest(o, "interactions", hl_dataset_manifest(j->data)->sources[HL_INTERACTIONS].digest);
    json_object_set_new(o, "catalogue", json_integer(c->items - 1));
    put_digest(o, "catalogue_digest", digest_of_ids(c));
}

static void put_model(json_t *o, const hl_job *j, const hl_evaluation *v, const char *checkpoint, uint64_t weights)
{
    char *options = hl_config_text(j->config);
    put_text(o, "model", hl_model_facts_of[j->config->model].name);
    if (v->l2) json_object_set_new(o, "l2", json_integer(v->l2));
    else put_digest(o, "model_digest", weights);
    put_text(o, "checkpoint", checkpoint ? checkpoint : "");
    json_object_set_new(o, "seed", json_integer(j->config->seed));
    put_digest(o, "config_digest", hl_config_digest(j->config));
    put_text(o, "options", options);
    free(options);
}

static json_t *about(const hl_job *j, const hl_evaluation *v, const char *checkpoint, uint64_t weights)
{
    json_t *o = json_object();
    put_text(o, "program", hl_build_version());
    put_text(o, "commit", hl_build_commit());
    put_text(o, "dataset", j->config->dataset);
    put_digest(o, "dataset_digest", hl_dataset_digest(j->data));
    put_protocol(o, j, v->phase);
    put_model(o, j, v, checkpoint, weights);
    return o;
}

hl_status hl_ranks_file_write(const hl_job *j, const hl_evaluation *v, const char *checkpoint, const char *path)
{
    const hl_corpus *corpus = hl_dataset_corpus(j->data);
    const hl_user_ranks *r = &j->ranks[v->phase];
    const bool has_weights = !hl_model_facts_of[j->config->model].no_steps;
    json_t *o = about(j, v, checkpoint, has_weights ? hl_job_weights_digest(j) : 0);
    int64_t *met = hl_alloc((size_t)corpus->items * sizeof *met);
    hl_popularity_count(met, j->world, corpus);
    const hl_target_ranks_content content = {corpus, v->phase, r->rank, r->ties, met, o};
    const hl_status s = hl_target_ranks_write(j->world, path, &content);
    if (s == HL_OK) hl_log(HL_INFO, "%s: the ranks of %lld users", path, (long long)v->score.users);
    free(met);
    json_decref(o);
    return s;
}
