/* product.c - products, made for narrow ones; with vectors of 16 numbers for nearly all.
 *
 * Some columns of b are copied into panels as wide as the kernel, and a is read where it is, as rows or as columns,
 * unless these are far apart.  A panel stays in a cache while strips of a's rows go by (Goto and van de Geijn,
 * Anatomy of high-performance matrix multiplication, 2008); product-lanes.h has the tiles.
 *
 * Threads of BLAS have equal shares and wait for each other, so that a product is as slow as the core that has most
 * else to do, and a narrow one spends a third of its time waiting.  Here they take small jobs from a queue
 * (work-queue.h).
 *
 * Every number of c is summed over k in order, in stretches of at most the kernel's depth that are added up in
 * order, whatever the tile, the panel and the number of threads. */
#include "math/product.h"
#include "base/arena.h"
#include "base/minmax.h"
#include "base/part.h"
#include "math/kernels.h"
#include "math/product-kernel.h"
#include "math/simd.h"
#include "math/transpose.h"
#include "math/work-queue.h"
#include <omp.h>
#include <string.h>

enum { WORTH_THREADS = 1 << 19 }; /* products of two numbers that are worth waking the threads for */

static const hl_product_kernel *kernel_here(void) { return hl_has_wide_vectors() ? &hl_product_16 : &hl_product_8; }

/* Some columns of b, [begin, begin + width), in so many vectors. */
typedef struct {
    int begin, width, vectors;
} panel;

/* n columns become panels of nearly the same width; how many. */
static int cut(panel *p, int n, const hl_product_kernel *kernel)
{
    const int lanes = kernel->lanes, vectors = (n + lanes - 1) / lanes,
              panels = (vectors + kernel->most - 1) / kernel->most;
    for (int i = 0, at = 0; i < panels; at += p[i++].vectors) {
        const int mine = (vectors - at + panels - i - 1) / (panels - i), begin = at * lanes, rest = n - begin;
        p[i] = (panel){begin, rest < mine * lanes ? rest : mine * lanes, mine};
    }
    return panels;
}

/* to, K rows `row` apart, = some columns. */
static void copy(float *restrict to, size_t row, const float *restrict from, hl_numbers b, int K, int columns)
{
    enum { SOME = HL_PRODUCT_LEAST };
    for (int k = 0; k < K; k++, to += row, from += b.row) {
        int x = 0;
        for (; b.column == 1 && x + SOME <= columns; x += SOME) memcpy(to + x, from + x, SOME * sizeof *to);
        for (; x < columns; x++) to[x] = from[(size_t)x * b.column];
    }
}

/* to (K, vectors) = the columns of a panel, and zeros behind them. */
static void pack(float *to, hl_numbers b, int K, const panel *p, const hl_product_kernel *kernel)
{
    const int lanes = kernel->lanes;
    const size_t row = (size_t)(p->vectors * lanes);
    const float *from = b.at + (size_t)p->begin * b.column;
    const int squares = b.row == 1 && b.column != 1 ? p->width / lanes : 0, turned = squares * lanes,
              deep = squares ? K / lanes * lanes : 0;
    for (int i = 0; i < squares; i++)
        for (int k = 0; k < deep; k += lanes)
            kernel->turn(to + (size_t)k * row + i * lanes, row, from + (size_t)(i * lanes) * b.column + k, b.column);
    copy(to + (size_t)deep * row, row, from + (size_t)deep * b.row, b, K - deep, turned);
    copy(to + turned, row, from + (size_t)turned * b.column, b, K, p->width - turned);
    for (int k = 0; k < K && p->width < (int)row; k++)
        memset(to + (size_t)k * row + p->width, 0, (row - (size_t)p->width) * sizeof *to);
}

/* What is multiplied in one turn: some rows of b, and some of their columns as panels, packed one after the other. */
typedef struct {
    const hl_product_kernel *kernel;
    hl_numbers b;
    float *packed;
    int k, K, n, panels; /* rows [k, k + K), columns from n */
    panel panel[HL_PRODUCT_ACROSS / HL_PRODUCT_LEAST];
} side;

static float *panel_at(const side *s, const panel *p) { return s->packed + (size_t)p->begin * (size_t)s->K; }

/* ---- packing: a job is a few rows of one panel, so that threads read what lies side by side */

enum { FEW = 32 };

static int pack_jobs(const side *s) { return (s->K + FEW - 1) / FEW * s->panels; }

static void pack_job(const side *s, int job)
{
    const int k = job / s->panels * FEW, rest = s->K - k;
    const panel *p = &s->panel[job % s->panels];
    const hl_numbers from = {s->b.at + (size_t)k * s->b.row, s->b.row, s->b.column};
    pack(panel_at(s, p) + (size_t)(k * p->vectors * s->kernel->lanes), from, hl_min(rest, FEW), p, s->kernel);
}

/* ---- multiplying: a job is a block of rows by some of the panels */

enum { R = HL_PRODUCT_ROWS };

/* Some rows of a in strips of R: number (r, k) of strip i is at[i * strip + r * row + k * column]. */
typedef struct {
    const float *at;
    size_t strip, row, column;
} rows_of_a;

static rows_of_a in_place(hl_numbers a) { return (rows_of_a){a.at, R * a.row, a.row, a.column}; }

/* to = rows that lie side by side, strip by strip.  Copying 8 numbers is faster than copying 6: what is too much is
 * written over, or lies between two strips. */
HL_FAST static void copy_columns(float *to, size_t strip, const float *from, size_t column, int rows, int K)
{
    enum { MORE = HL_PRODUCT_LEAST };
    for (int k = 0; k < K; k++, to += R, from += column) {
        float *at = to;
        int r = 0;
        for (; r + MORE <= rows; r += R, at += strip) memcpy(at, from + r, MORE * sizeof *to);
        for (; r < rows; r += R, at += strip)
            for (int i = 0; i < R && r + i < rows; i++) at[i] = from[r + i];
    }
}

/* to = rows that lie one after the other, by squares that are turned; what is left of K or has fewer rows, number by
 * number. */
HL_FAST static void copy_rows(float *to, size_t strip, const float *from, size_t row, int rows, int K)
{
    for (int first = 0; first < rows; first += R, to += strip, from += R * row) {
        const int some = rows - first < R ? rows - first : R;
        int k = 0;
        for (; some == R && k + HL_BLOCK <= K; k += HL_BLOCK) {
            const float *const square = from + k;
            hl_eight x[HL_BLOCK] = {0};
            for (int r = 0; r < R; r++) x[r] = *(const hl_eight *)(square + (size_t)r * row);
            hl_transpose(x);
            for (int i = 0; i < HL_BLOCK; i++)
                *(hl_eight *)(to + (k + i) * R) = x[i]; /* more than R, but the next writes over it */
        }
        for (; k < K; k++)
            for (int r = 0; r < some; r++) to[k * R + r] = (from + (size_t)r * row)[k];
    }
}

static rows_of_a copied(float *to, hl_numbers a, int rows, int K)
{
    const size_t strip = R * (size_t)K + HL_PRODUCT_LEAST;
    if (a.column == 1) copy_rows(to, strip, a.at, a.row, rows, K);
    else copy_columns(to, strip, a.at, a.column, rows, K);
    return (rows_of_a){to, strip, 1, R};
}

/* Are rows of a better copied?  Where many panels meet rows or columns that lie in pages of their own. */
static bool is_far(hl_numbers a, int panels, const hl_product_kernel *kernel)
{
    return panels >= kernel->many && (a.column == 1 ? a.row : a.column) >= (size_t)kernel->far;
}

/* c (M, all columns) = or += a b: in each turn blocks of whole strips by groups of panels. */
typedef struct {
    float *c;
    size_t c_row;
    hl_numbers a;
    int M, blocks, groups;
    bool add;
} task;

static void multiply_job(const task *t, const side *s, int job, float *room)
{
    const hl_product_kernel *kernel = s->kernel;
    const int strips = (t->M + R - 1) / R, i = job / t->groups, group = job % t->groups;
    const int m = R * (int)hl_part_begin(strips, t->blocks, i), end = R * (int)hl_part_begin(strips, t->blocks, i + 1),
              rows = hl_min(end, t->M) - m;
    const hl_numbers some = {t->a.at + (size_t)m * t->a.row + (size_t)s->k * t->a.column, t->a.row, t->a.column};
    const rows_of_a mine = is_far(some, s->panels, kernel) ? copied(room, some, rows, s->K) : in_place(some);
    for (int j = (int)hl_part_begin(s->panels, t->groups, group); j < hl_part_begin(s->panels, t->groups, group + 1);
         j++) {
        const panel *p = &s->panel[j];
        const hl_product_strips strip = {.c = t->c + (size_t)m * t->c_row + s->n + p->begin,
                                         .a = mine.at,
                                         .b = panel_at(s, p),
                                         .c_row = t->c_row,
                                         .a_strip = mine.strip,
                                         .a_row = mine.row,
                                         .a_column = mine.column,
                                         .rows = rows,
                                         .K = s->K,
                                         .tail = p->width - (p->vectors - 1) * kernel->lanes,
                                         .add = t->add || s->k > 0};
        kernel->multiply(&strip, p->vectors);
    }
}

bool hl_product_is_faster(int M, int N, int K)
{
    const hl_product_kernel *kernel = kernel_here();
    const int longest = M > N ? M > K ? M : K : N > K ? N : K;
    return M >= kernel->rows && (double)M * N * K <= (double)longest * kernel->sides && hl_has_vectors();
}

/* All turns: the columns in `across` parts of nearly the same width, and that for each stretch of K. */
typedef struct {
    int across, stretches;
} turns;

static turns turns_of(int N, int K, const hl_product_kernel *kernel)
{
    return (turns){(N + kernel->across - 1) / kernel->across, (K + kernel->depth - 1) / kernel->depth};
}

static side side_of(const turns *t, int turn, hl_numbers b, float *packed, int N, int K,
                    const hl_product_kernel *kernel)
{
    const int widest = kernel->lanes * kernel->most, panels = (N + widest - 1) / widest, part = turn % t->across,
              i = turn / t->across;
    const int n = widest * (int)hl_part_begin(panels, t->across, part),
              n_end = widest * (int)hl_part_begin(panels, t->across, part + 1);
    const int k = (int)hl_part_begin(K, t->stretches, i), k_end = (int)hl_part_begin(K, t->stretches, i + 1);
    side s = {.kernel = kernel,
              .b = {b.at + (size_t)k * b.row + (size_t)n * b.column, b.row, b.column},
              .packed = packed,
              .k = k,
              .K = k_end - k,
              .n = n};
    s.panels = cut(s.panel, hl_min(n_end, N) - n, kernel);
    return s;
}

static void pack_all(const side *s, hl_work_queue *queue)
{
    enum { SOME = 8 };
    const int jobs = pack_jobs(s);
    for (int job, end; hl_work_queue_take(queue, jobs, SOME, &job, &end);) {
        const int n = end - job;
        for (; job < end; job++) pack_job(s, job);
        hl_work_queue_done(queue, n);
    }
    hl_work_queue_wait(queue, jobs);
}

static void multiply_all(const task *t, const side *s, hl_work_queue *queue, float *room)
{
    for (int job, end; hl_work_queue_take(queue, t->blocks * t->groups, 1, &job, &end);) {
        multiply_job(t, s, job, room);
        hl_work_queue_done(queue, 1);
    }
}

/* Jobs are many enough that a thread which is held up does not hold up all: of fewer rows, and groups of panels only
 * where rows are few. None has more strips than a thread has room to copy. */
static task task_of(float *c, size_t c_row, hl_numbers a, int M, bool add, const hl_product_kernel *kernel)
{
    enum {
        JOBS = 2,
        FEWEST = 16
    }; /* of a thread in a turn; strips of a job, since the first to meet a panel brings it in */
    const int strips = (M + R - 1) / R, wanted = JOBS * omp_get_max_threads();
    const int least = (strips + kernel->strips - 1) / kernel->strips, most = (strips + FEWEST - 1) / FEWEST,
              some = hl_min(most, wanted);
    const int blocks = hl_max(some, least);
    return (task){c, c_row, a, M, blocks, (wanted + blocks - 1) / blocks, add};
}

/* Threads pack some of b and multiply it, turn by turn.  One that finds nothing left packs for the next turn while
 * others multiply, and waits only for what it needs itself: that all of a turn is packed, that its columns have what
 * the stretch before adds to them, and for room, of which there is twice as much. */
void hl_product(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: a product allocates nothing */
    if (M == 0 || N == 0) return;
    if (!room.name) room = hl_arena_growing("product");
    const hl_product_kernel *kernel = kernel_here();
    const turns all = turns_of(N, K, kernel);
    const int n = all.across * all.stretches;
    const size_t size = (size_t)(kernel->depth * (kernel->across + kernel->lanes)),
                 rows = (size_t)(kernel->strips * (R * kernel->depth + HL_PRODUCT_LEAST));
    float *const packed = HL_TAKE(&room, float, 2 * size), *const copies =
                                                               HL_TAKE_ROWS(&room, float, rows, omp_get_max_threads());
    hl_work_queue *const packing = hl_work_queue_lay(n, &room), *const multiplying = hl_work_queue_lay(n, &room);
    const task t = task_of(c, c_row, a, M, add, kernel);
    const int jobs = t.blocks * t.groups;
#pragma omp parallel if ((double)M * N * K >= WORTH_THREADS)
    for (int i = 0; i < n; i++) {
        const side s = side_of(&all, i, b, packed + (i % 2 ? size : 0), N, K, kernel);
        if (i >= 2) hl_work_queue_wait(&multiplying[i - 2], jobs);
        pack_all(&s, &packing[i]);
        if (i >= all.across) hl_work_queue_wait(&multiplying[i - all.across], jobs);
        multiply_all(&t, &s, &multiplying[i], copies + rows * (size_t)omp_get_thread_num());
    }
    hl_arena_back(&room, 0);
}
