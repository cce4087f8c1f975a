/* golden.c - read a golden file. */
#include "tests/golden.h"
#include "tests/check.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

int64_t h5_doubles(int64_t file, const char *path, double **out)
{
    hid_t set = H5Dopen2(file, path, H5P_DEFAULT), space = H5Dget_space(set);
    int64_t n = H5Sget_simple_extent_npoints(space);
    *out = malloc((size_t)(n > 0 ? n : 1) * sizeof **out);
    if (n > 0) H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *out);
    H5Sclose(space);
    H5Dclose(set);
    return n;
}

int64_t golden_doubles(const golden *g, const char *path, double **out) { return h5_doubles(g->file, path, out); }

double golden_number(const golden *g, const char *path)
{
    double *x, first;
    golden_doubles(g, path, &x);
    first = x[0];
    free(x);
    return first;
}

static double setting(const golden *g, const char *name)
{
    double x = 0;
    hid_t attribute = H5Aopen_by_name(g->file, "config", name, H5P_DEFAULT, H5P_DEFAULT), type = H5Aget_type(attribute);
    if (H5Tget_class(type) == H5T_ENUM) { /* a bool of h5py's */
        signed char flag = 0;
        H5Aread(attribute, type, &flag);
        x = flag;
    } else H5Aread(attribute, H5T_NATIVE_DOUBLE, &x);
    H5Tclose(type);
    H5Aclose(attribute);
    return x;
}

static bool has_setting(const golden *g, const char *name)
{
    return H5Aexists_by_name(g->file, "config", name, H5P_DEFAULT) > 0;
}

bool golden_has(const golden *g, const char *path) { return H5Lexists(g->file, path, H5P_DEFAULT) > 0; }

/* Of a matrix of the file. */
static void size_of(hsize_t size[2], const golden *g, const char *path)
{
    hid_t set = H5Dopen2(g->file, path, H5P_DEFAULT), space = H5Dget_space(set);
    H5Sget_simple_extent_dims(space, size, NULL);
    H5Sclose(space);
    H5Dclose(set);
}

static hl_transformer shape_of(const golden *g, const char *side)
{
    char name[64];
#define SIZE(field) (snprintf(name, sizeof name, "%s." field, side), setting(g, name))
    hl_transformer c = {.hidden_size = (int)SIZE("hidden_size"),
                        .intermediate_size = (int)SIZE("intermediate_size"),
                        .num_hidden_layers = (int)SIZE("num_hidden_layers"),
                        .num_attention_heads = (int)SIZE("num_attention_heads"),
                        .num_key_value_heads = (int)SIZE("num_key_value_heads"),
                        .vocab_size = (int)SIZE("vocab_size"),
                        .rms_norm_eps = SIZE("rms_norm_eps"),
                        .rope_theta = SIZE("rope_theta"),
                        .initializer_range = 0.02};
#undef SIZE
    c.head_dim = c.hidden_size / c.num_attention_heads;
    return c;
}

static const int32_t *tokens_of(const hl_corpus *c, int64_t item, int *n)
{
    const golden *g = c->self;
    *n = g->text_length[item];
    return g->text[item];
}

static int64_t first_equal_of(const hl_corpus *c, int64_t item)
{
    const golden *g = c->self;
    for (int64_t i = 0; i < item; i++)
        if (g->text_length[i] == g->text_length[item]
            && memcmp(g->text[i], g->text[item], (size_t)g->text_length[i] * sizeof(int32_t)) == 0)
            return i;
    return item;
}

static void read_texts(golden *g)
{
    hid_t group = H5Gopen2(g->file, "inputs/text", H5P_DEFAULT);
    H5G_info_t info;
    H5Gget_info(group, &info);
    H5Gclose(group);
    g->corpus =
        (hl_corpus){.items = (int64_t)info.nlinks, .self = g, .tokens = tokens_of, .first_equal = first_equal_of};
    g->text = calloc(info.nlinks, sizeof *g->text);
    g->text_length = calloc(info.nlinks, sizeof *g->text_length);
    for (int i = 0; i < (int)info.nlinks; i++) {
        char path[32];
        double *x;
        snprintf(path, sizeof path, "inputs/text/%d", i);
        int n = g->text_length[i] = (int)golden_doubles(g, path, &x);
        g->text[i] = calloc((size_t)n + 1, sizeof **g->text);
        for (int k = 0; k < n; k++) g->text[i][k] = (int32_t)x[k];
        free(x);
    }
}

static int dimensions_of(const golden *g, const char *path)
{
    hid_t set = H5Dopen2(g->file, path, H5P_DEFAULT), space = H5Dget_space(set);
    const int n = H5Sget_simple_extent_ndims(space);
    H5Sclose(space);
    H5Dclose(set);
    return n;
}

/* Of real rows alone. */
static void take_own(hl_batch *b, const double *negatives, const signed char *valid, int rows)
{
    b->negatives = 0;
    for (int r = 0; r < rows; r++)
        for (int k = 0; valid[r] && k < b->each; k++) b->negative[b->negatives++] = (int32_t)negatives[r * b->each + k];
}

/* Left padding is dropped: position i + 1 of a user is real where row i is valid, and so is position i. */
static void read_batch(golden *g, const char *positives)
{
    double *items, *negatives;
    int width = g->S + 1, at = 0;
    golden_doubles(g, positives, &items);
    int K = (int)golden_doubles(g, "inputs/neg_items", &negatives);
    hid_t set = H5Dopen2(g->file, "inputs/valid", H5P_DEFAULT), type = H5Dget_type(set);
    signed char *flags = calloc((size_t)(g->users * g->S), 1);
    H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, flags);
    H5Tclose(type);
    H5Dclose(set);
    hl_batch *b = &g->batch;
    *b = (hl_batch){.samples = g->users, .S = g->S, .negatives = K};
    b->begin = calloc((size_t)g->users + 1, sizeof *b->begin);
    b->item = calloc((size_t)(g->users * width), sizeof *b->item);
    b->negative = calloc((size_t)K, sizeof *b->negative);
    for (int u = 0; u < g->users; u++) {
        for (int i = 0; i < width; i++)
            if (flags[u * g->S + (i < g->S ? i : i - 1)] || (i > 0 && flags[u * g->S + i - 1]))
                b->item[at++] = (int32_t)items[u * width + i];
        b->begin[u + 1] = at;
    }
    b->each = dimensions_of(g, "inputs/neg_items") == 3 ? K / (g->users * g->S) : 0;
    for (int k = 0; k < K && b->each == 0; k++) b->negative[k] = (int32_t)negatives[k];
    if (b->each) take_own(b, negatives, flags, g->users * g->S);
    free(flags);
    free(items);
    free(negatives);
}

/* Blocks of SASRec, or layers of HSTU, of width D; prefix: what their settings' names begin with. */
static hl_transformer id_shape_of(const golden *g, const char *prefix, int D, const char *family)
{
    char name[64];
#define SIZE(field) (snprintf(name, sizeof name, "%s" field, prefix), setting(g, name))
    const int heads = (int)SIZE("heads"), layers = (int)SIZE("layers");
    const double eps = SIZE("layer_norm_eps");
    snprintf(name, sizeof name, "%sinner", prefix);
    return (hl_transformer){.hidden_size = D,
                            .intermediate_size = D * (has_setting(g, name) ? (int)setting(g, name) : 1),
                            .num_hidden_layers = layers,
                            .num_attention_heads = heads,
                            .num_key_value_heads = heads,
                            .head_dim = D / heads,
                            .vocab_size = 1,
                            .max_position_embeddings = g->S,
                            .rms_norm_eps = eps,
                            .initializer_range = 0.02,
                            .family = hl_family_find(family),
                            .rel_bias = golden_has(g, "weights/_hstu._attention_layers.0._rel_attn_bias._ts_w")};
#undef SIZE
}

/* The user model that a file of texts has, and what it is given beside item vectors. */
static void read_user(golden *g)
{
    hsize_t size[2] = {(hsize_t)g->item.hidden_size, 0};
    if (golden_has(g, "weights/item_adapter.weight")) {
        size_of(size, g, "weights/item_adapter.weight");
        g->item.vector_size = (int)size[0];
    }
    if (!has_setting(g, "user.heads")) g->user = shape_of(g, "user");
    else
        g->user = id_shape_of(g, "user.", (int)size[0],
                              golden_has(g, "weights/_hstu._attention_layers.0._uvqk") ? "hstu" : "sasrec");
    if (has_setting(g, "time_size")) g->user.time_size = (int)setting(g, "time_size");
    if (has_setting(g, "id_rows")) g->user.id_rows = (int)setting(g, "id_rows");
}

/* What predicts labels. */
static void read_fusion(golden *g)
{
    if (!has_setting(g, "head_size")) return;
    g->user.fusion = setting(g, "late") != 0 ? HL_FUSION_LATE : HL_FUSION_EARLY;
    g->user.head_size = (int)setting(g, "head_size");
    g->fusion_lambda = setting(g, "fusion_lambda");
}

static void read_settings(golden *g)
{
    g->users = (int)setting(g, "users");
    g->S = (int)setting(g, "S");
    g->steps = (int)setting(g, "steps");
    g->criterion = has_setting(g, "bce") ? &hl_criterion_bce : &hl_criterion_nce;
    g->nce_thres = setting(g, "nce_thres");
    g->lr = setting(g, "lr");
    g->weight_decay = setting(g, "weight_decay");
}

static const uint8_t *labels_of(const hl_corpus *c, int64_t user)
{
    const golden *g = c->self;
    return g->label + user * (g->S + 1);
}

/* Of the last items; what nobody is to read is no label. */
static void read_labels(golden *g)
{
    double *x;
    CHECK(golden_doubles(g, "inputs/labels", &x) == g->users);
    g->label = malloc((size_t)(g->users * (g->S + 1)));
    memset(g->label, 99, (size_t)(g->users * (g->S + 1)));
    for (int u = 0; u < g->users; u++) g->label[(u + 1) * (g->S + 1) - 1] = (uint8_t)x[u];
    g->corpus.labels = labels_of;
    free(x);
}

static const int64_t *times_of(const hl_corpus *c, int64_t user)
{
    const golden *g = c->self;
    return g->time + user * (g->S + 1);
}

/* A sample is the end of its user's row. */
static void read_times(golden *g)
{
    double *x;
    const int n = g->users * (g->S + 1);
    CHECK(golden_doubles(g, "inputs/times", &x) == n);
    g->time = calloc((size_t)n, sizeof *g->time);
    g->batch.user = calloc((size_t)g->users, sizeof *g->batch.user);
    g->batch.first = calloc((size_t)g->users, sizeof *g->batch.first);
    for (int i = 0; i < n; i++) g->time[i] = (int64_t)x[i];
    for (int u = 0; u < g->users; u++) {
        g->batch.user[u] = u;
        g->batch.first[u] = g->S + 1 - (g->batch.begin[u + 1] - g->batch.begin[u]);
    }
    free(x);
}

bool golden_open(golden *g, const char *name)
{
    const char *path = check_data(name);
    if (!path) return false;
    *g = (golden){.file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)};
    g->item = shape_of(g, "item");
    g->T = (int)setting(g, "T");
    g->ranks = (int)setting(g, "ranks");
    g->mean_pool = setting(g, "mean_pool") != 0;
    read_settings(g);
    read_user(g);
    read_fusion(g);
    read_texts(g);
    read_batch(g, "inputs/pos_items");
    if (golden_has(g, "inputs/times")) read_times(g);
    g->corpus.times = times_of;
    if (golden_has(g, "inputs/labels")) read_labels(g);
    return true;
}

/* Seconds, minutes and years apart. */
static void make_times(golden *g)
{
    const int n = g->S + 1;
    g->time = calloc((size_t)(g->users * n), sizeof *g->time);
    g->batch.user = calloc((size_t)g->users, sizeof *g->batch.user);
    g->batch.first = calloc((size_t)g->users, sizeof *g->batch.first);
    for (int u = 0; u < g->users; u++) {
        g->batch.user[u] = u;
        for (int i = 1; i < n; i++) g->time[u * n + i] = g->time[u * n + i - 1] + (1 << (5 * i + 3 * u) % 28) + i;
    }
}

static hl_transformer table_of(int items, int width, int D)
{
    return (hl_transformer){.hidden_size = width,
                            .intermediate_size = 1,
                            .num_attention_heads = 1,
                            .num_key_value_heads = 1,
                            .head_dim = width,
                            .vocab_size = items,
                            .initializer_range = 0.02,
                            .family = hl_family_find("table"),
                            .pooling = HL_POOL_FIRST,
                            .padding = 1,
                            .vector_size = width == D ? 0 : D};
}

bool golden_open_ids(golden *g, const char *name, const char *family)
{
    const char *path = check_data(name);
    hsize_t size[2];
    if (!path) return false;
    *g = (golden){.file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), .T = 1, .ranks = 1, .mean_pool = true};
    size_of(size, g, "weights/item_embedding.weight");
    const int D = (int)setting(g, "D"), items = (int)size[0], width = (int)size[1];
    read_settings(g);
    g->item = table_of(items, width, D);
    g->user = has_setting(g, "heads") ? id_shape_of(g, "", D, family) : shape_of(g, "user");
    g->own = (hl_corpus){.items = items, .self = g, .times = times_of};
    hl_id_corpus_open(&g->ids, &g->own);
    g->corpus = g->ids.corpus;
    read_batch(g, "inputs/items");
    if (golden_has(g, "inputs/times")) read_times(g);
    else make_times(g);
    return true;
}

/* Of these items, the golden vectors. */
static void take_vectors(golden *g, const char *items, const char *vectors, int D)
{
    double *item, *x;
    const int64_t n = golden_doubles(g, items, &item);
    CHECK(golden_doubles(g, vectors, &x) == n * D);
    for (int64_t i = 0; i < n; i++)
        if (item[i] > 0) memcpy(g->table + (int64_t)item[i] * D, x + i * D, (size_t)D * sizeof *x);
    free(item);
    free(x);
}

void golden_cache_items(golden *g)
{
    const int items = (int)g->corpus.items, D = g->user.hidden_size;
    g->table = calloc((size_t)(items * D), sizeof *g->table);
    take_vectors(g, "inputs/pos_items", "outputs/item_pos", D);
    take_vectors(g, "inputs/neg_items", "outputs/item_neg", D);
    g->item = table_of(items, D, D);
    g->item.cached = true;
    g->items_frozen = true;
    g->mean_pool = true; /* no [ITEM] token */
    g->T = 1;
    g->own = g->corpus;
    hl_id_corpus_open(&g->ids, &g->own);
    g->corpus = g->ids.corpus;
}

int64_t golden_weights(const golden *g, const char *name, double **out)
{
    char path[160];
    snprintf(path, sizeof path, "weights/%s", name);
    if (!g->table || strcmp(name, "item_embedding.weight") != 0) return golden_doubles(g, path, out);
    const size_t n = (size_t)(g->corpus.items * g->item.hidden_size);
    *out = malloc(n * sizeof **out);
    memcpy(*out, g->table, n * sizeof **out);
    return (int64_t)n;
}

void golden_close(golden *g)
{
    for (int64_t i = 0; g->text && i < g->corpus.items; i++) free(g->text[i]);
    hl_id_corpus_close(&g->ids);
    free(g->time);
    free(g->label);
    free(g->table);
    free(g->batch.user);
    free(g->batch.first);
    free(g->text);
    free(g->text_length);
    free(g->batch.begin);
    free(g->batch.item);
    free(g->batch.negative);
    H5Fclose(g->file);
}
