/* test-families.c - every family gives Hugging Face's hidden states and gradients, at every layout.
 *
 * A folder of the golden families has a model as save_pretrained writes it, and vectors.h5: packed sequences, hidden
 * states in double precision, gradients of sum(hidden * r). */
#include "base/minmax.h"
#include "io/weights/hf-config.h"
#include "io/weights/hf-names.h"
#include "io/weights/hf.h"
#include "math/rows.h"
#include "model/item.h"
#include "model/stack.h"
#include "mpi/train/mesh.h"
#include "mpi/comm/pipe.h"
#include "tests/check-mpi.h"
#include "tests/check.h"
#include "tests/golden.h"
#include <hdf5.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const hl_group *world(void) { return check_world(); }

/* A model and what is known of it; the same on every rank. */
typedef struct {
    const char *family;
    hl_transformer shape;
    hl_params whole;
    float *w, *x; /* all weights; rows of the token table (T, D) */
    hid_t file;
    hl_state_dict *files;
    int *token;
    double *id, *length, *r, *hidden;
    int T, segments;
} model;

static const char *path_of(char path[PATH_MAX], const char *family, const char *file)
{
    char name[200];
    snprintf(name, sizeof name, "golden/families/%s/config.json", family);
    const char *config = check_shared(name);
    if (!config) return NULL;
    snprintf(path, PATH_MAX, "%s", config);
    snprintf(strrchr(path, '/'), 40, "%s%s", *file ? "/" : "", file);
    return path;
}

static const hl_param *tokens_of(const model *m)
{
    char name[100];
    const hl_family_layer *f = hl_transformer_family(&m->shape)->layer;
    snprintf(name, sizeof name, "item_llm.%s%s", f->root, f->tokens);
    return hl_params_find(&m->whole, name);
}

static hl_transformer_layers layers_of(const model *m, const hl_tensor_group *tp)
{
    return hl_transformer_layers_of(&m->shape, tp->stage, tp->stages, 1);
}

static bool open_model(model *m, const char *family)
{
    char folder[PATH_MAX], vectors[PATH_MAX];
    *m = (model){.family = family};
    if (!path_of(folder, family, "") || !path_of(vectors, family, "vectors.h5")) return false;
    if (!CHECK_OK(hl_hf_config(folder, &m->shape))) return false;
    hl_transformer_params(&m->whole, &m->shape, "item", true, layers_of(m, &hl_alone), &hl_alone);
    m->w = hl_alloc(m->whole.count * sizeof *m->w);
    CHECK_OK(hl_hf_read(folder, &m->whole, &m->whole, "item", m->w));
    CHECK_OK(hl_state_dict_open(&m->files, folder));
    m->file = H5Fopen(vectors, H5F_ACC_RDONLY, H5P_DEFAULT);
    m->T = (int)h5_doubles(m->file, "inputs/ids", &m->id);
    m->segments = (int)h5_doubles(m->file, "inputs/lens", &m->length);
    h5_doubles(m->file, "inputs/r", &m->r);
    h5_doubles(m->file, "outputs/hidden", &m->hidden);
    const size_t D = (size_t)m->shape.hidden_size;
    m->token = hl_alloc((size_t)m->T * sizeof *m->token);
    for (int i = 0; i < m->T; i++) m->token[i] = (int)m->id[i];
    m->x = hl_alloc((size_t)m->T * D * sizeof *m->x);
    for (int i = 0; i < m->T; i++)
        memcpy(m->x + (size_t)i * D, m->w + tokens_of(m)->offset + (size_t)m->id[i] * D, D * sizeof *m->x);
    return true;
}

static void close_model(model *m)
{
    free(m->w);
    free(m->x);
    free(m->token);
    free(m->id);
    free(m->length);
    free(m->r);
    free(m->hidden);
    hl_params_free(&m->whole);
    hl_state_dict_close(m->files);
    H5Fclose(m->file);
}

/* ---- one replica on all ranks */

typedef struct {
    const char *name;
    int pp, rows, slices;
    bool sequence_parallel;
} layout;

/* What is possible on p ranks. */
static bool is_possible(const layout *l, int p)
{
    const int tp = p / l->pp;
    if (p % l->pp || (l->sequence_parallel && tp == 1)) return false;
    if (l->rows && (tp % l->rows || tp == 1)) return false;
    return l->slices == 0 || l->slices % tp == 0;
}

static const layout layouts[] = {{"tp", 1, 0, 0, false},   {"sequence", 1, 0, 0, true},    {"exact", 1, 0, 2, false},
                                 {"pp", 2, 0, 0, false},   {"pp sequence", 2, 0, 0, true}, {"pp exact", 2, 0, 2, false},
                                 {"grid", 1, 2, 0, false}, {"grid rows", 1, 4, 0, false}};
enum { LAYOUTS = sizeof layouts / sizeof layouts[0] };

typedef struct {
    const model *of;
    hl_mesh mesh;
    hl_pipe pipe;
    hl_params table;
    hl_stack stack;
    hl_arena arena, scratch;
    hl_pack pack;
    hl_stack_saved saved;
    float *w, *dw;
} replica;

static int longest_of(const hl_pack *pack)
{
    int longest = 0;
    for (int i = 0; i < pack->segments; i++) longest = hl_max(longest, pack->position[pack->begin[i + 1] - 1] + 1);
    return longest;
}

static void open_replica(replica *a, const model *m, const layout *l, const hl_pack *pack)
{
    const int p = world()->size;
    hl_layout made;
    *a = (replica){.of = m, .arena = hl_arena_growing("rows"), .scratch = hl_arena_growing("scratch"), .pack = *pack};
    CHECK_OK(hl_layout_make(&made, p, &(hl_layout_wish){HL_COLOCATED, {{1, 1, 1}, {1, p / l->pp, l->pp}}}));
    made.sequence_parallel = l->sequence_parallel;
    hl_layout_take_grids(&made, (const int[]){0, l->rows}, HL_SUMMA);
    hl_mesh_open(&a->mesh, world(), &made);
    hl_pipe_open(&a->pipe, &a->mesh.side[HL_USER].pp);
    const hl_tensor_group *tp = &a->mesh.side[HL_USER].tensor_group;
    hl_transformer_params(&a->table, &m->shape, "item", true, layers_of(m, tp), tp);
    hl_stack_open(&a->stack, &m->shape, &a->table, "item", layers_of(m, tp),
                  &(hl_stack_settings){.positions = longest_of(pack), .slices = l->slices / tp->size}, tp);
    a->w = hl_alloc((a->table.count + 1) * sizeof *a->w);
    a->dw = hl_alloc_zero(a->table.count + 1, sizeof *a->dw);
    for (int k = 0; k < a->table.n; k++) {
        const hl_param *its = &a->table.at[k];
        hl_param_take(a->w, m->w + hl_params_find(&m->whole, its->name)->offset, its, 0, a->table.count);
    }
    hl_stack_saved_lay(&a->saved, &a->stack, &a->pack, &a->arena);
}

static void close_replica(replica *a)
{
    free(a->w);
    free(a->dw);
    hl_stack_close(&a->stack);
    hl_params_free(&a->table);
    hl_pipe_close(&a->pipe);
    hl_mesh_close(&a->mesh);
    hl_arena_free(&a->scratch);
    hl_arena_free(&a->arena);
}

/* y (rows that come out, D) and dx (T, D) on all ranks, the gradients in a->dw, from x and dy. */
static void run(replica *a, float *y, float *dx, const float *x, const float *dy)
{
    const hl_stack *m = &a->stack;
    const int T = a->pack.T, D = m->shape.hidden_size;
    const size_t all = (size_t)T * (size_t)D, out = (size_t)hl_pack_rows(&a->pack) * (size_t)D;
    if (!m->first) hl_pipe_recv(&a->pipe, HL_FORWARD, T, D);
    float *to = m->last ? y : hl_pipe_room(&a->pipe, HL_FORWARD, all);
    hl_stack_forward(to, &a->saved, m, a->w, m->first ? x : hl_pipe_received(&a->pipe, HL_FORWARD), &a->pack,
                     &a->scratch);
    if (!m->last) hl_pipe_send(&a->pipe, HL_FORWARD, T, D);
    if (!m->last) hl_pipe_recv(&a->pipe, HL_BACKWARD, T, D);
    float *back = m->first ? dx : hl_pipe_room(&a->pipe, HL_BACKWARD, all);
    hl_stack_backward(back, a->dw, m->last ? dy : hl_pipe_received(&a->pipe, HL_BACKWARD), &a->saved, m, a->w, &a->pack,
                      &a->scratch);
    if (!m->first) hl_pipe_send(&a->pipe, HL_BACKWARD, T, D);
    hl_params_join(&a->table, a->dw, &a->mesh.side[HL_USER].tensor_group, &a->scratch);
    hl_group_broadcast(world(), y, out * sizeof *y, world()->size - 1);
    hl_group_broadcast(world(), dx, all * sizeof *dx, 0);
}

/* ---- comparing */

static double most_of(const double *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
    return most;
}

static double apart(const float *x, const double *y, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) most = fmax(most, fabs((double)x[i] - y[i]));
    return most;
}

/* Of a part of a tensor, what is left in front of the gradient that was read. */
static int64_t take_part(double *x, int64_t n, int part, int parts)
{
    memmove(x, x + n / parts * part, (size_t)(n / parts) * sizeof *x);
    return n / parts;
}

/* A tensor's gradient, under its name in the weight file. */
static int64_t golden_gradient(const model *m, const char *tensor, double **want)
{
    char path[200];
    const hl_hf_place x = hl_hf_names_find(m->files, tensor);
    if (!CHECK(x.tensor)) return 0;
    snprintf(path, sizeof path, "grads/%s", x.tensor->name);
    const int64_t n = h5_doubles(m->file, path, want);
    return take_part(*want, n, x.part, x.parts);
}

/* The largest error of my share of a tensor's gradient, of its largest number. */
static double gradient_error(const replica *a, const hl_param *p)
{
    double *want, worst = 0;
    CHECK(golden_gradient(a->of, p->name + strlen("item_llm."), &want) == hl_param_whole(p));
    for (int64_t i = 0; i < hl_param_stretches(p); i++) {
        const hl_stretch s = hl_param_stretch(p, i);
        worst = fmax(worst, apart(a->dw + p->offset + s.local, want + s.global, s.n));
    }
    double most = most_of(want, (size_t)hl_param_whole(p));
    free(want);
    const char *key = strstr(p->name, "self.key.bias");
    if (key) { /* softmax does not see it: its gradient is rounding, by the size of that of the queries' */
        char query[112];
        snprintf(query, sizeof query, "%.*sself.query.bias", (int)(key - p->name), p->name);
        const int64_t n = golden_gradient(a->of, query + strlen("item_llm."), &want);
        most = most_of(want, (size_t)n);
        free(want);
    }
    return worst / most;
}

/* Of the token table, dx by the tokens of its rows. */
static double token_error(const model *m, const float *dx)
{
    const hl_param *p = tokens_of(m);
    const size_t D = (size_t)m->shape.hidden_size, n = (size_t)hl_param_whole(p);
    float *sum = hl_alloc_zero(n, sizeof *sum);
    double *want;
    for (int i = 0; i < m->T; i++) hl_add(sum + (size_t)m->id[i] * D, dx + (size_t)i * D, D);
    golden_gradient(m, p->name + strlen("item_llm."), &want);
    const double error = apart(sum, want, n) / most_of(want, n);
    free(sum);
    free(want);
    return error;
}

/* The sequences one after the other; all of them from the row `prefix` on, whose rows come before them once. */
static void pack_of(hl_pack *pack, const int *length, int n, int prefix, hl_arena *arena)
{
    int *begin = (int *)HL_TAKE(arena, int, n + 2) + 1;
    begin[-1] = 0;
    begin[0] = prefix;
    for (int i = 0; i < n; i++) begin[i + 1] = begin[i] + length[i] - prefix;
    int *position = HL_TAKE(arena, int, begin[n]);
    for (int k = 0; k < prefix; k++) position[k] = k;
    for (int i = 0; i < n; i++)
        for (int k = begin[i]; k < begin[i + 1]; k++) position[k] = prefix + k - begin[i];
    *pack = (hl_pack){.T = begin[n], .segments = n, .begin = begin, .position = position, .prefix = prefix};
}

/* gradients: are there golden ones? */
static void check_layout(const model *m, const layout *l, bool gradients)
{
    const size_t n = (size_t)m->T * (size_t)m->shape.hidden_size;
    float *y = hl_alloc(n * sizeof *y), *dx = hl_alloc(n * sizeof *dx), *dy = hl_alloc(n * sizeof *dy);
    int length[16];
    hl_arena arena = hl_arena_growing("pack");
    hl_pack pack;
    replica a;
    for (int i = 0; i < m->segments; i++) length[i] = (int)m->length[i];
    for (size_t i = 0; i < n; i++) dy[i] = (float)m->r[i];
    pack_of(&pack, length, m->segments, 0, &arena);
    const bool tokens = hl_transformer_learns_positions(&m->shape);
    if (tokens) pack.token = m->token;
    open_replica(&a, m, l, &pack);
    run(&a, y, dx, m->x, dy);
    double gradient = gradients && !tokens ? token_error(m, dx) : 0, hidden = apart(y, m->hidden, n);
    for (int k = 0; gradients && k < a.table.n; k++)
        if (tokens || a.table.at[k].layer >= 0 || strstr(a.table.at[k].name, ".norm."))
            gradient = fmax(gradient, gradient_error(&a, &a.table.at[k]));
    gradient = hl_group_max(world(), gradient);
    CHECK(hidden <= 1e-5);
    CHECK(gradient <= 1e-4);
    if (world()->rank == 0)
        printf("     %s, %s on %d: hidden %.1e, gradients %.1e\n", m->family, l->name, world()->size, hidden, gradient);
    close_replica(&a);
    hl_arena_free(&arena);
    free(y);
    free(dx);
    free(dy);
}

static void check_layouts(const char *family, bool gradients)
{
    model m;
    if (!open_model(&m, family)) return;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_possible(&layouts[i], world()->size)) check_layout(&m, &layouts[i], gradients);
    close_model(&m);
}

static void check_family(const char *family) { check_layouts(family, true); }

/* Of weights as they are stored, without gradients. */
static void check_hidden(const char *family) { check_layouts(family, false); }

/* ---- forms that a step takes by itself: last rows, and what all begin with once */

enum { LONGEST = 60, PREFIX = 20 };
static const int lengths[] = {21, LONGEST, 33, 24};

/* Sequences that begin with the same tokens of the last golden one, and go on with others of it: rows of the token
 * table, as one pack or with the prefix once. */
static float *rows_of(const model *m, int prefix)
{
    const size_t D = (size_t)m->shape.hidden_size;
    const float *text = m->x + (size_t)(m->T - 64) * D;
    float *x = hl_alloc(4 * LONGEST * D * sizeof *x), *at = x;
    for (int i = 0; i < 4; i++)
        for (int k = i > 0 ? prefix : 0; k < lengths[i]; k++, at += D)
            memcpy(at, text + (size_t)(k < PREFIX ? k : k + i) * D, D * sizeof *x);
    return x;
}

/* last rows (4, D) and the gradients of all weights, one after the other. */
static float *last_rows(size_t *n, const model *m, const layout *l, bool last_only, int prefix)
{
    const size_t D = (size_t)m->shape.hidden_size, all = 4 * LONGEST * D;
    float *y = hl_alloc_zero(all, sizeof *y), *dx = hl_alloc(all * sizeof *dx), *dy = hl_alloc_zero(all, sizeof *dy);
    float *x = rows_of(m, prefix);
    hl_arena arena = hl_arena_growing("pack");
    hl_pack pack;
    replica a;
    pack_of(&pack, lengths, 4, prefix, &arena);
    pack.last_only = last_only;
    open_replica(&a, m, l, &pack);
    for (int i = 0; i < 4; i++)
        for (size_t k = 0; k < D; k++)
            dy[(size_t)(last_only ? i : pack.begin[i + 1] - 1) * D + k] = (float)m->r[(size_t)i * D + k];
    run(&a, y, dx, x, dy);
    *n = 4 * D + a.table.count;
    float *both = hl_alloc(*n * sizeof *both);
    for (int i = 0; i < 4; i++)
        memcpy(both + (size_t)i * D, y + (size_t)(last_only ? i : pack.begin[i + 1] - 1) * D, D * sizeof *y);
    memcpy(both + 4 * D, a.dw, a.table.count * sizeof *both);
    close_replica(&a);
    hl_arena_free(&arena);
    free(x);
    free(y);
    free(dx);
    free(dy);
    return both;
}

static void check_forms_of(const model *m, const layout *l)
{
    size_t n;
    const size_t D = (size_t)m->shape.hidden_size;
    float *want = last_rows(&n, m, l, false, 0);
    double most_y = 0, most_dw = 0;
    for (size_t i = 0; i < n; i++)
        *(i < 4 * D ? &most_y : &most_dw) = fmax(i < 4 * D ? most_y : most_dw, fabs((double)want[i]));
    for (int form = 0; form < 2; form++) {
        float *got = last_rows(&n, m, l, true, form ? PREFIX : 0);
        double y = 0, dw = 0;
        for (size_t i = 0; i < n; i++)
            *(i < 4 * D ? &y : &dw) = fmax(i < 4 * D ? y : dw, fabs((double)got[i] - (double)want[i]));
        CHECK(y <= 1e-5 * most_y);
        CHECK(dw <= 1e-5 * most_dw);
        free(got);
    }
    free(want);
}

static void check_forms(const char *family)
{
    model m;
    if (!open_model(&m, family)) return;
    for (int i = 0; i < LAYOUTS; i++)
        if (is_possible(&layouts[i], world()->size)) check_forms_of(&m, &layouts[i]);
    close_model(&m);
}

/* A base that grows with the longest text is that of this text. */
static void each_sequence_alone_turns_by_its_own_length(void)
{
    model m;
    double *alone;
    if (!open_model(&m, "llama_dynamic")) return;
    h5_doubles(m.file, "outputs/hidden_alone", &alone);
    for (int i = 0, at = 0; i < m.segments; at += (int)m.length[i++]) {
        const int n = (int)m.length[i];
        const size_t D = (size_t)m.shape.hidden_size, all = (size_t)n * D;
        float *y = hl_alloc(all * sizeof *y), *dx = hl_alloc(all * sizeof *dx), *dy = hl_alloc_zero(all, sizeof *dy);
        hl_arena arena = hl_arena_growing("pack");
        hl_pack pack;
        replica a;
        pack_of(&pack, &n, 1, 0, &arena);
        open_replica(&a, &m, &layouts[0], &pack);
        run(&a, y, dx, m.x + (size_t)at * D, dy);
        CHECK(apart(y, alone + (size_t)at * D, all) <= 1e-5);
        close_replica(&a);
        hl_arena_free(&arena);
        free(y);
        free(dx);
        free(dy);
    }
    free(alone);
    close_model(&m);
}

/* ---- what becomes of the rows: the Item LLM of one rank */

static const int32_t *tokens_of_text(const hl_corpus *c, int64_t item, int *n)
{
    const model *m = c->self;
    int at = 0;
    for (int i = 0; i < item; i++) at += (int)m->length[i];
    *n = (int)m->length[item];
    return m->token + at;
}

typedef struct {
    hl_model model;
    hl_arena arena, scratch;
    hl_pack pack;
    void *saved;
    float *w, *dw;
} encoder;

static void open_encoder(encoder *a, const model *m, const hl_transformer *shape)
{
    static const int32_t all[] = {0, 1, 2, 3, 4};
    const hl_corpus corpus = {.items = 5, .self = m, .tokens = tokens_of_text};
    *a = (encoder){.arena = hl_arena_growing("rows"), .scratch = hl_arena_growing("scratch")};
    hl_model_open(&a->model, &hl_item_llm, &(hl_model_settings){.shape = shape, .longest = 64}, &hl_alone);
    const hl_params *t = a->model.table;
    a->w = hl_alloc(t->count * sizeof *a->w);
    a->dw = hl_alloc_zero(t->count, sizeof *a->dw);
    hl_params_init(t, a->w, 3);
    for (int k = 0; k < m->whole.n; k++) {
        const hl_param *from = &m->whole.at[k];
        memcpy(a->w + hl_params_find(t, from->name)->offset, m->w + from->offset, from->count * sizeof *a->w);
    }
    a->model.kind->pack(&a->pack, &a->model, &corpus, all, m->segments, &a->arena);
    a->saved = hl_arena_take(&a->arena, a->model.kind->saved);
    a->model.kind->trace(a->saved, &a->model, &a->pack, &a->arena);
}

static void close_encoder(encoder *a)
{
    free(a->w);
    free(a->dw);
    hl_model_close(&a->model);
    hl_arena_free(&a->scratch);
    hl_arena_free(&a->arena);
}

static void encode(float *y, encoder *a)
{
    a->model.kind->forward(y, a->saved, &a->model, a->w, NULL, &a->pack, &a->scratch);
}

/* How fast sum(y r) grows along a direction of the weights, by two differences and by the gradient. */
static void check_slope(encoder *a, float *y, size_t n, const double *r)
{
    const float step = 2e-3f;
    const hl_params *t = a->model.table;
    float *was = hl_alloc(t->count * sizeof *was), *dy = hl_alloc(n * sizeof *dy);
    double by_gradient = 0, up = 0, down = 0;
    memcpy(was, a->w, t->count * sizeof *was);
    for (size_t i = 0; i < n; i++) dy[i] = (float)r[i];
    encode(y, a);
    a->model.kind->backward(NULL, a->dw, dy, a->saved, &a->model, a->w, &a->pack, &a->scratch);
    for (size_t i = 0; i < t->count; i++) by_gradient += (double)a->dw[i] * a->dw[i];
    const double scale = step / sqrt(by_gradient);
    for (int sign = -1; sign <= 1; sign += 2) {
        double *to = sign < 0 ? &down : &up;
        for (size_t i = 0; i < t->count; i++) a->w[i] = was[i] + (float)(sign * scale * a->dw[i]);
        encode(y, a);
        for (size_t i = 0; i < n; i++) *to += y[i] * r[i];
    }
    CHECK_NEAR((up - down) / (2 * scale) / by_gradient, 1, 5e-3);
    memcpy(a->w, was, t->count * sizeof *was);
    free(was);
    free(dy);
}

/* want (segments, D): the vectors without an adapter. */
static void check_vectors(const model *m, hl_pooling pooling, const double *want)
{
    enum { WIDE = 32 };
    hl_transformer shape = m->shape;
    const size_t D = (size_t)shape.hidden_size, n = (size_t)m->segments * D;
    float *y = hl_alloc(n * sizeof *y);
    encoder a;
    shape.pooling = pooling;
    open_encoder(&a, m, &shape);
    encode(y, &a);
    CHECK(apart(y, want, n) <= 1e-5);
    check_slope(&a, y, n, m->r);
    close_encoder(&a);
    shape.vector_size = WIDE;
    open_encoder(&a, m, &shape);
    CHECK(a.model.width == WIDE);
    encode(y, &a);
    const float *w = a.w + hl_params_find(a.model.table, "item_adapter.weight")->offset;
    for (size_t i = 0; i < (size_t)m->segments * WIDE; i++) {
        double sum = 0;
        for (size_t k = 0; k < D; k++) sum += w[i % WIDE * D + k] * want[i / WIDE * D + k];
        CHECK_NEAR(y[i], sum, 1e-5);
    }
    check_slope(&a, y, (size_t)m->segments * WIDE, m->r);
    close_encoder(&a);
    free(y);
}

/* Last rows as they are, and 1 long. */
static void the_last_token_is_pooled_as_qwen3_embedding_does(void)
{
    model m;
    double *pooled, *unit;
    if (!open_model(&m, "qwen3_embedding")) return;
    const int64_t n = h5_doubles(m.file, "outputs/pooled", &pooled);
    CHECK(h5_doubles(m.file, "outputs/pooled_normalised", &unit) == n);
    check_vectors(&m, HL_POOL_LAST, unit);
    for (int i = 0, at = 0; i < m.segments; i++) {
        at += (int)m.length[i];
        for (int k = 0; k < m.shape.hidden_size; k++)
            CHECK_NEAR(pooled[i * m.shape.hidden_size + k], m.hidden[(at - 1) * m.shape.hidden_size + k],
                       1e-6); /* of floats */
    }
    free(pooled);
    free(unit);
    close_model(&m);
}

static void the_first_token_and_the_mean_of_bert_are_pooled(void)
{
    model m;
    if (!open_model(&m, "bert")) return;
    const int D = m.shape.hidden_size;
    double *first = hl_alloc((size_t)(m.segments * D) * sizeof *first),
           *mean = hl_alloc_zero((size_t)(m.segments * D), sizeof *mean);
    for (int i = 0, at = 0; i < m.segments; at += (int)m.length[i++]) {
        memcpy(first + i * D, m.hidden + at * D, (size_t)D * sizeof *first);
        for (int k = 0; k < (int)m.length[i] * D; k++) mean[i * D + k % D] += m.hidden[at * D + k] / m.length[i];
    }
    check_vectors(&m, HL_POOL_FIRST, first);
    check_vectors(&m, HL_POOL_MEAN, mean);
    free(first);
    free(mean);
    close_model(&m);
}

/* As the public code counts them: the last token of each text at the last position. */
static void positions_of_texts_end_alike(void)
{
    model m;
    double *shifted;
    if (!open_model(&m, "bert")) return;
    const int D = m.shape.hidden_size;
    h5_doubles(m.file, "outputs/hidden_shifted", &shifted);
    for (int i = 0, at = 0; i < m.segments; at += (int)m.length[i++])
        memmove(shifted + i * D, shifted + at * D, (size_t)D * sizeof *shifted);
    m.shape.positions_end = true;
    check_vectors(&m, HL_POOL_FIRST, shifted);
    free(shifted);
    close_model(&m);
}

static void llama(void) { check_family("llama"); }
static void llama_tied(void) { check_family("llama_tied"); }
static void llama_rope_parameters(void) { check_family("llama_rope_parameters"); }
static void llama_bias(void) { check_family("llama_bias"); }
static void llama_sharded(void) { check_hidden("llama_sharded"); }
static void last_rows_of_llama_bias(void) { check_forms("llama_bias"); }
static void baichuan2(void) { check_family("baichuan2"); }
static void linear(void) { check_family("llama_linear"); }
static void dynamic(void) { check_family("llama_dynamic"); }
static void yarn(void) { check_family("llama_yarn"); }
static void yarn_mscale(void) { check_family("llama_yarn_mscale"); }
static void yarn_untruncated(void) { check_family("llama_yarn_v5"); }
static void llama3(void) { check_family("llama_llama3"); }
static void llama3_in_rope_parameters(void) { check_family("llama_llama3_v5"); }
static void llama_bin(void) { check_hidden("llama_bin"); }
static void bert_bin(void) { check_hidden("bert_bin"); }
static void bert(void) { check_family("bert"); }
static void bert_tanh(void) { check_family("bert_gelu_new"); }

/* Texts that end at position 64 rather than begin at 0. */
static void bert_counts_positions_as_it_is_told(void)
{
    model m;
    double *shifted;
    hl_arena arena = hl_arena_growing("pack");
    hl_pack pack;
    int length[16];
    replica a;
    if (!open_model(&m, "bert")) return;
    const size_t all = (size_t)m.T * (size_t)m.shape.hidden_size;
    float *y = hl_alloc(all * sizeof *y), *dx = hl_alloc(all * sizeof *dx), *dy = hl_alloc_zero(all, sizeof *dy);
    h5_doubles(m.file, "outputs/hidden_shifted", &shifted);
    for (int i = 0; i < m.segments; i++) length[i] = (int)m.length[i];
    pack_of(&pack, length, m.segments, 0, &arena);
    int *position = HL_TAKE(&arena, int, pack.T);
    for (int i = 0; i < m.segments; i++)
        for (int k = pack.begin[i]; k < pack.begin[i + 1]; k++) position[k] = 64 - pack.begin[i + 1] + k;
    pack.position = position;
    pack.token = m.token;
    for (int i = 0; i < LAYOUTS; i++) {
        if (!is_possible(&layouts[i], world()->size)) continue;
        open_replica(&a, &m, &layouts[i], &pack);
        run(&a, y, dx, NULL, dy);
        CHECK(apart(y, shifted, all) <= 1e-5);
        close_replica(&a);
    }
    hl_arena_free(&arena);
    free(shifted);
    free(y);
    free(dx);
    free(dy);
    close_model(&m);
}

static void qwen3_embedding(void) { check_family("qwen3_embedding"); }
static void llama_head_dim(void) { check_family("llama_head_dim"); }
static void mistral(void) { check_family("mistral"); }
static void mistral_full(void) { check_family("mistral_full"); }
static void qwen2(void) { check_family("qwen2"); }
static void qwen2_window(void) { check_family("qwen2_window"); }
static void last_rows_of_qwen2(void) { check_forms("qwen2_window"); }
static void qwen3(void) { check_family("qwen3"); }
static void last_rows_of_qwen3(void) { check_forms("qwen3"); }
static void last_rows_of_mistral(void) { check_forms("mistral"); }

static const test tests[] = {
    {"Llama", llama},
    {"Llama with a head_dim of its own", llama_head_dim},
    {"Llama whose head is its token table", llama_tied},
    {"Llama with rope_parameters", llama_rope_parameters},
    {"Llama with biases everywhere", llama_bias},
    {"last rows, and a shared prefix, give the same with biases everywhere", last_rows_of_llama_bias},
    {"Llama in several files, in bf16", llama_sharded},
    {"Baichuan2 with q, k and v in one tensor", baichuan2},
    {"linear scaling of positions", linear},
    {"dynamic scaling of positions", dynamic},
    {"dynamic scaling goes by the longest sequence", each_sequence_alone_turns_by_its_own_length},
    {"yarn", yarn},
    {"yarn with mscale and betas", yarn_mscale},
    {"yarn with an attention factor, not truncated", yarn_untruncated},
    {"Llama 3's scaling of positions", llama3},
    {"Llama 3's scaling in rope_parameters", llama3_in_rope_parameters},
    {"Mistral with its window", mistral},
    {"Mistral without a window", mistral_full},
    {"last rows, and a shared prefix, give the same with a window", last_rows_of_mistral},
    {"Qwen2 with its biases, and a window that is off", qwen2},
    {"Qwen2 with a window in some layers", qwen2_window},
    {"last rows, and a shared prefix, give the same with biases", last_rows_of_qwen2},
    {"Qwen3 with norms of its heads", qwen3},
    {"BERT", bert},
    {"BERT with the approximate GELU", bert_tanh},
    {"BERT of an old .bin file, in bf16", bert_bin},
    {"Llama of a .bin file", llama_bin},
    {"BERT at other positions", bert_counts_positions_as_it_is_told},
    {"Qwen3-Embedding, saved without a head", qwen3_embedding},
    {"the last token is the vector, 1 long, as Qwen3-Embedding's", the_last_token_is_pooled_as_qwen3_embedding_does},
    {"the first token and the mean of BERT are vectors", the_first_token_and_the_mean_of_bert_are_pooled},
    {"positions of texts may end alike", positions_of_texts_end_alike},
    {"last rows, and a shared prefix, give the same with norms of heads", last_rows_of_qwen3},
};

HL_TESTS("families", tests)
