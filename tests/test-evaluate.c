/* test-evaluate.c - item vectors and every user's rank agree with the golden file, at any layout. */
#include "data/metric.h"
#include "io/dataset/dataset.h"
#include "io/weights/hf-config.h"
#include "io/weights/hf.h"
#include "io/dataset/prepare.h"
#include "io/weights/state-dict.h"
#include "mpi/eval/cosine.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/golden.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

enum { S = 10, T = 64 };
static const float GOLDEN_MARGIN = 2e-5f;
static const char *const keys[] = {"title", "description"};

/* The Amazon data, tokenised, and the pretrained model as both LLMs; false after a sentence where they are not here. */
typedef struct {
    char data[PATH_MAX], text[PATH_MAX], model[PATH_MAX], vector[PATH_MAX], golden[PATH_MAX];
    hl_dataset *dataset;
    hid_t file;
} amazon;

static bool find(char out[PATH_MAX], const char *name)
{
    const char *path = check_shared(name);
    if (path) snprintf(out, PATH_MAX, "%s", path);
    return path != NULL;
}

static bool amazon_open(amazon *a)
{
    *a = (amazon){0};
    if (!find(a->data, "data/dataset") || !find(a->text, "data/information")
        || !find(a->model, "models/tinystories-260k") || !find(a->vector, "golden/item_emb_tokens.safetensors")
        || !find(a->golden, "golden/eval_tinystories_amazon_industrial.h5"))
        return false;
    char folder[PATH_MAX];
    hl_prepare_report report;
    bool did;
    snprintf(folder, sizeof folder, "%s/amazon", check_folder());
    const hl_prepare_settings s = {.data_path = a->data,
                                   .text_path = a->text,
                                   .dataset = "amazon_industrial",
                                   .folder = folder,
                                   .tokenizer = a->model,
                                   .max_text_length = T,
                                   .item_prompt = "Compress the following sentence into embedding: ",
                                   .text_keys = keys,
                                   .n_text_keys = 2};
    if (!CHECK_OK(hl_prepare_when_needed(check_world(), &s, &report, &did))) return false;
    if (!CHECK_OK(hl_dataset_open(check_world(), folder, &a->dataset))) return false;
    a->file = H5Fopen(a->golden, H5F_ACC_RDONLY, H5P_DEFAULT);
    return true;
}

static void amazon_close(amazon *a)
{
    if (a->file > 0) H5Fclose(a->file);
    hl_dataset_close(a->dataset);
}

static void open_engine(hl_engine *e, const hl_mesh *mesh, const amazon *a, int zero)
{
    hl_transformer shape;
    const hl_engine_rules rules = {.plan = {.chunk_tokens = 1000,
                                            .user_micro_batch_rows = 100,
                                            .item_tokens = 1,
                                            .dedup = true,
                                            .share_prefix = zero < 3},
                                   .share_tokens = zero < 3,
                                   .nce_thres = 0.99f,
                                   .activation_budget = -1,
                                   .zero = zero,
                                   .longest_text = T,
                                   .longest_history = S};
    CHECK_OK(hl_hf_config(a->model, &shape));
    hl_engine_open(e, mesh, hl_dataset_corpus(a->dataset), &shape, &shape, &rules);
    if (e->sharding[HL_ITEM].w) {
        CHECK_OK(hl_hf_read(a->model, e->sharding[HL_ITEM].table, &e->sharding[HL_ITEM].whole, "item",
                            e->sharding[HL_ITEM].w));
        if (e->model[HL_ITEM].first)
            CHECK_OK(hl_state_dict_vector(a->vector, (size_t)shape.hidden_size,
                                          e->sharding[HL_ITEM].w
                                              + hl_params_find(e->model[HL_ITEM].table, "item_emb_tokens")->offset));
    }
    if (e->sharding[HL_USER].w)
        CHECK_OK(hl_hf_read(a->model, e->sharding[HL_USER].table, &e->sharding[HL_USER].whole, "user",
                            e->sharding[HL_USER].w));
    hl_sharding_reshard(&e->sharding[HL_ITEM]);
    hl_sharding_reshard(&e->sharding[HL_USER]);
}

static void compare_vectors(const hl_catalogue *c, const hl_engine *e, const amazon *a)
{
    double *want, furthest = 0;
    int D = hl_engine_width(e);
    h5_doubles(a->file, "item_embedding", &want);
    for (int t = 0; t < c->mine; t++)
        for (int k = 0; k < D; k++)
            furthest = fmax(furthest, fabs(c->vector[t * D + k] - want[c->item[c->begin + t] * D + k]));
    CHECK_NEAR(furthest, 0, 2e-4);
    free(want);
}

static double optimistic(const amazon *a, const char *phase, const char *metric)
{
    char name[64];
    double x = NAN;
    snprintf(name, sizeof name, "%s optimistic", metric);
    hid_t attribute = H5Aopen_by_name(a->file, phase, name, H5P_DEFAULT, H5P_DEFAULT);
    H5Aread(attribute, H5T_NATIVE_DOUBLE, &x);
    H5Aclose(attribute);
    return x;
}

/* The golden band holds everything within GOLDEN_MARGIN of the target's score.  Ranks by exact comparison lie in it;
 * those counted with the same margin are its lower end, but for scores that rounding moves across. */
static void compare_ranks(const amazon *a, const char *phase, const int64_t *rank, const int64_t *ties, int64_t users,
                          bool with_margin)
{
    char path[32];
    double *low, *high;
    int64_t outside = 0, equal = 0, ends = 0;
    snprintf(path, sizeof path, "%s/rank_low", phase);
    CHECK(h5_doubles(a->file, path, &low) == users);
    snprintf(path, sizeof path, "%s/rank_high", phase);
    h5_doubles(a->file, path, &high);
    for (int64_t u = 0; u < users; u++) {
        outside += rank[u] < (int64_t)low[u] || rank[u] > (int64_t)high[u];
        equal += rank[u] == (int64_t)low[u];
        ends += rank[u] + ties[u] == (int64_t)high[u];
    }
    if (with_margin) CHECK_NEAR((double)equal / (double)users, 1, 0.015);
    if (with_margin) CHECK_NEAR((double)ends / (double)users, 1, 0.015);
    if (!with_margin) CHECK(outside == 0);
    free(low);
    free(high);
}

static void compare_score(const amazon *a, const char *phase, const hl_score *s)
{
    static const char *const metrics[] = {"recall", "ndcg"};
    for (int m = 0; m < 2; m++)
        for (int k = 0; k < s->cuts; k++) {
            char name[32];
            snprintf(name, sizeof name, "%s@%d", metrics[m], s->cut[k]);
            CHECK_NEAR(hl_metric_value(s, HL_TIES_FIRST, metrics[m], s->cut[k]), optimistic(a, phase, name), 5e-4);
        }
}

/* The public code puts ties in the order of its top-k; each of its metrics lies between those of the two ends of the
 * band. */
static void compare_public(const amazon *a, const char *phase, const hl_score *s)
{
    char path[32];
    double *place;
    snprintf(path, sizeof path, "%s/rank_public", phase);
    CHECK(h5_doubles(a->file, path, &place) == s->users);
    for (int k = 0; k < s->cuts; k++) {
        double hits = 0, gain = 0;
        for (int64_t u = 0; u < s->users; u++) {
            bool hit = place[u] > 0 && place[u] <= s->cut[k];
            hits += hit;
            gain += hit ? 1 / log2(place[u] + 1) : 0;
        }
        CHECK(hits <= s->gains[HL_TIES_FIRST].recall[k] && hits >= s->gains[HL_TIES_LAST].recall[k]);
        CHECK(gain <= s->gains[HL_TIES_FIRST].ndcg[k] && gain >= s->gains[HL_TIES_LAST].ndcg[k]);
    }
    free(place);
}

/* The expected values are those of every place of each user's band. */
static void compare_expected(const hl_score *s, const int64_t *rank, const int64_t *ties)
{
    for (int k = 0; k < s->cuts; k++) {
        double hits = 0, gain = 0;
        for (int64_t u = 0; u < s->users; u++)
            for (int64_t p = rank[u]; p > 0 && p <= rank[u] + ties[u] && p <= s->cut[k]; p++) {
                hits += 1 / ((double)ties[u] + 1);
                gain += 1 / log2((double)p + 1) / ((double)ties[u] + 1);
            }
        CHECK_NEAR(s->gains[HL_TIES_RANDOM].recall[k], hits, 1e-9 * hits);
        CHECK_NEAR(s->gains[HL_TIES_RANDOM].ndcg[k], gain, 1e-9 * gain);
    }
}

static void evaluate_layout(const amazon *a, const hl_layout *layout, int zero)
{
    hl_mesh mesh;
    hl_engine e;
    hl_catalogue c;
    int64_t users = hl_dataset_corpus(a->dataset)->users, *rank = calloc((size_t)users, sizeof *rank),
            *ties = calloc((size_t)users, sizeof *ties);
    hl_mesh_open(&mesh, check_world(), layout);
    open_engine(&e, &mesh, a, zero);
    hl_catalogue_open(&c, &e);
    compare_vectors(&c, &e, a);
    for (hl_phase phase = HL_VALID; phase <= HL_TEST; phase++) {
        hl_score score;
        hl_eval_orders orders = {
            .phase = phase, .history = S, .users = 500, .cuts = 4, .cut = {5, 10, 50, 200}, .rank = rank, .ties = ties};
        CHECK_OK(hl_cosine_evaluate(&score, &e, &c, &orders));
        CHECK(score.users == users);
        compare_score(a, hl_phase_name[phase], &score);
        if (hl_group_has_me(&mesh.vectors)) compare_expected(&score, rank, ties);
        if (hl_group_has_me(&mesh.vectors)) compare_ranks(a, hl_phase_name[phase], rank, ties, users, false);
        orders.margin = GOLDEN_MARGIN;
        CHECK_OK(hl_cosine_evaluate(&score, &e, &c, &orders));
        compare_public(a, hl_phase_name[phase], &score);
        if (hl_group_has_me(&mesh.vectors)) compare_ranks(a, hl_phase_name[phase], rank, ties, users, true);
    }
    hl_catalogue_close(&c);
    hl_engine_close(&e);
    hl_mesh_close(&mesh);
    free(rank);
    free(ties);
}

static void ranks_are_golden(void)
{
    amazon a;
    hl_layout layout;
    int p = check_world()->size;
    if (amazon_open(&a)) {
        CHECK_OK(hl_layout_make(&layout, p,
                                &(hl_layout_wish){.kind = HL_COLOCATED, .side[HL_ITEM].dp = 0, .side[HL_USER].dp = 0}));
        evaluate_layout(&a, &layout, 0);
        if (p >= 3) {
            CHECK_OK(hl_layout_make(&layout, p,
                                    &(hl_layout_wish){.kind = HL_SEPARATE,
                                                      .side[HL_ITEM].dp = p - 2,
                                                      .side[HL_USER].dp = 1})); /* one is idle */
            evaluate_layout(&a, &layout, 0);
        }
        if (p >= 2) {
            CHECK_OK(hl_layout_make(
                &layout, p,
                &(hl_layout_wish){.kind = HL_COLOCATED, .side[HL_ITEM].pp = 2, .side[HL_USER].pp = p < 5 ? p : 5}));
            evaluate_layout(&a, &layout, 3);
        }
    }
    amazon_close(&a);
}

static const test tests[] = {
    {"item vectors and ranks on Amazon are the golden ones", ranks_are_golden},
};
HL_TESTS("evaluate", tests)
