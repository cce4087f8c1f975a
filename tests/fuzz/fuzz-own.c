/* fuzz-own.c - readers of what hllm has written. */
#include "app/study/compare.h"
#include "app/study/jobs.h"
#include "app/study/site.h"
#include "app/study/study-record.h"
#include "base/arena.h"
#include "base/digest.h"
#include "io/checkpoint/checkpoint-manifest.h"
#include "io/checkpoint/steps.h"
#include "io/dataset/manifest.h"
#include "io/dataset/shard.h"
#include "io/record/ledger-read.h"
#include "io/record/record.h"
#include "tests/fuzz/fuzz.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The digest is made good, so that what is behind it is reached. */
hl_status fuzz_checkpoint_manifest(const char *text, size_t n)
{
    hl_checkpoint_manifest v;
    char digest[17], *again;
    json_t *root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
    hl_status s = hl_checkpoint_manifest_parse(&v, text, n, "manifest.json");
    if (s == HL_OK) HL_CHECK(v.files > 0 && v.block > 0);
    hl_checkpoint_manifest_free(&v);
    if (json_is_object(root)) {
        json_object_del(root, "digest");
        again = json_dumps(root, JSON_COMPACT | JSON_SORT_KEYS);
        hl_digest_text(digest, hl_digest(again, strlen(again)));
        free(again);
        json_object_set_new(root, "digest", json_string(digest));
        again = json_dumps(root, JSON_COMPACT);
        s = hl_checkpoint_manifest_parse(&v, again, strlen(again), "manifest.json");
        if (s == HL_OK) {
            char *out = hl_checkpoint_manifest_text(&v);
            free(out);
        }
        hl_checkpoint_manifest_free(&v);
        free(again);
    }
    json_decref(root);
    return s;
}

hl_status fuzz_manifest(const char *text, size_t n)
{
    hl_manifest m = {0};
    hl_status s = hl_manifest_parse(&m, "folder", text, n);
    if (s == HL_OK) {
        FILE *out = fopen("/dev/null", "w");
        for (int t = 0; t < HL_TABLES; t++) HL_CHECK(m.rows[t] >= 0 && hl_manifest_shards(&m, (hl_table)t) >= 0);
        (void)hl_manifest_digest(&m);
        hl_manifest_print(&m, out);
        hl_manifest_print_json(&m, out);
        fclose(out);
    }
    hl_manifest_free(&m);
    return s;
}

/* Places as a damaged index could have them, of a shard of 4096 bytes. */
hl_status fuzz_shard(const char *text, size_t n)
{
    static const hl_shard_array arrays[] = {{"a", HL_BYTES}, {"b", HL_INT32}, {"c", HL_INT64}, {"d", HL_UINT64}};
    static const int size[] = {1, 4, 8, 8};
    static int64_t bytes[512];
    const hl_shard s = {(const char *)bytes, sizeof bytes};
    hl_shard_place places[4] = {{0}};
    hl_shard_data data[4];
    memcpy(places, text, n < sizeof places ? n : sizeof places);
    HL_TRY(hl_shard_use(data, &s, places, "shard", arrays, 4));
    for (int i = 0; i < 4; i++)
        HL_CHECK((const char *)data[i].at >= s.bytes
                 && (const char *)data[i].at + data[i].n * size[i] <= s.bytes + s.size);
    return HL_OK;
}

hl_status fuzz_record(const char *text, size_t n)
{
    hl_record *r;
    struct stat st;
    const char *path = fuzz_file("metrics.jsonl", text, n);
    hl_status s = hl_record_open(&r, path, 2, "eval");
    hl_record_close(r);
    if (s != HL_OK) return s;
    HL_CHECK(stat(path, &st) == 0 && st.st_size <= (off_t)n);
    HL_CHECK(hl_record_open(&r, path, 2, "eval") == HL_OK); /* what is left is a record */
    hl_record_close(r);
    return HL_OK;
}

hl_status fuzz_ledger(const char *text, size_t n)
{
    hl_ledger_reader *r;
    const hl_ledger_line *line = NULL;
    hl_status s = hl_ledger_reader_open(&r, fuzz_file("ledger.jsonl", text, n));
    do s = s == HL_OK ? hl_ledger_reader_next(&line, r) : s;
    while (s == HL_OK && line);
    hl_ledger_reader_close(r);
    return s;
}

hl_status fuzz_latest(const char *text, size_t n)
{
    fuzz_file("latest", text, n);
    HL_CHECK(hl_step_named(fuzz_folder(), "latest") >= -1);
    return HL_OK;
}

hl_status fuzz_study(const char *text, size_t n)
{
    hl_study s;
    hl_status status = hl_study_parse(&s, text, n, "fuzz.yaml");
    if (status == HL_OK)
        HL_CHECK(s.base.n > 0 && s.repetitions > 0 && s.steps > 0 && s.fixed >= 0 && s.fixed < HL_FIXED);
    hl_study_free(&s);
    return status;
}

/* What was read is written, and reads back as the same. */
hl_status fuzz_study_record(const char *text, size_t n)
{
    hl_study s, t;
    hl_points p, q;
    fuzz_file("study.json", text, n);
    hl_status status = hl_study_record_read(&s, &p, fuzz_folder());
    if (status == HL_OK) {
        HL_CHECK(hl_study_record_write(&s, &p, fuzz_folder()) == HL_OK);
        HL_CHECK(hl_study_record_read(&t, &q, fuzz_folder()) == HL_OK);
        HL_CHECK(q.n == p.n && t.repetitions == s.repetitions && strcmp(t.name, s.name) == 0);
        for (int i = 0; i < p.n; i++) HL_CHECK(strcmp(q.at[i].folder, p.at[i].folder) == 0);
        hl_points_free(&q);
        hl_study_free(&t);
    }
    hl_points_free(&p);
    hl_study_free(&s);
    return status;
}

hl_status fuzz_study_jobs(const char *text, size_t n)
{
    json_t *jobs;
    char out[80];
    if (mkdir(fuzz_path("slurm"), 0777) != 0) HL_CHECK(errno == EEXIST);
    fuzz_file("slurm/jobs.json", text, n);
    hl_status s = hl_jobs_read(&jobs, fuzz_folder());
    if (s == HL_OK) (void)hl_jobs_waiting(out, jobs, NULL, "a/1");
    json_decref(jobs);
    return s;
}

hl_status fuzz_study_table(const char *text, size_t n)
{
    hl_compare_rows r;
    (void)n;
    hl_status s = hl_compare_parse(&r, text, "report.csv");
    if (s == HL_OK)
        for (int i = 0; i < r.n; i++) HL_CHECK(r.at[i].seconds > 0 && r.at[i].users > 0);
    hl_compare_free(&r);
    return s;
}

hl_status fuzz_site(const char *text, size_t n)
{
    hl_site s;
    (void)n;
    hl_status status = hl_site_parse(&s, text, "site.conf");
    if (status == HL_OK)
        for (int k = 0; k < HL_SITE_KEYS; k++) HL_CHECK(!strchr(s.value[k], '\n'));
    hl_site_free(&s);
    return status;
}
