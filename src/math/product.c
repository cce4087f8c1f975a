/* product.c - products of moderate size.
 *
 * BLAS copies both factors into the order of its kernel, and its threads wait for each other at each turn, which takes a third of the
 * time where one has a hundred columns.  Here b alone is copied, into panels as wide as the kernel, and a is read where it is, as rows or
 * as columns, unless these are far apart.  A panel stays in a cache while strips of a's rows go by (Goto and van de Geijn, Anatomy
 * of high-performance matrix multiplication, 2008); product-lanes.h has the tiles.
 *
 * Every number of c is summed over k in order, in stretches of at most the kernel's depth that are added up in order, whatever the
 * tile, the panel and the number of threads. */
#include "math/product.h"
#include "base/arena.h"
#include "base/part.h"
#include "math/product-kernel.h"
#include "math/simd.h"
#include <omp.h>
#include <string.h>

enum { ACROSS = 512, WORTH_THREADS = 1 << 19 }; /* columns at once; products of two numbers that are worth waking the threads for */

static const hl_product_kernel *kernel_here(void)
{
    return hl_has_wide_vectors() ? &hl_product_16 : &hl_product_8;
}

/* Some columns of b, [begin, begin + width), in so many vectors. */
typedef struct {
    int begin, width, vectors;
} panel;

/* n columns become panels of nearly the same width; how many. */
static int cut(panel *p, int n, const hl_product_kernel *kernel)
{
    const int lanes = kernel->lanes, vectors = (n + lanes - 1) / lanes, panels = (vectors + kernel->most - 1) / kernel->most;
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
    const int squares = b.row == 1 && b.column != 1 ? p->width / lanes : 0, turned = squares * lanes, deep = squares ? K / lanes * lanes : 0;
    for (int i = 0; i < squares; i++)
        for (int k = 0; k < deep; k += lanes) kernel->turn(to + (size_t)k * row + i * lanes, row, from + (size_t)(i * lanes) * b.column + k, b.column);
    copy(to + (size_t)deep * row, row, from + (size_t)deep * b.row, b, K - deep, turned);
    copy(to + turned, row, from + (size_t)turned * b.column, b, K, p->width - turned);
    for (int k = 0; k < K && p->width < (int)row; k++) memset(to + (size_t)k * row + p->width, 0, (row - (size_t)p->width) * sizeof *to);
}

/* All panels, a few rows of one at a time, so that threads read what lies side by side. */
static void pack_all(float *packed, hl_numbers b, int K, const panel *p, int panels, const hl_product_kernel *kernel)
{
    enum { SOME = 32 };
    const int pieces = (K + SOME - 1) / SOME;
#pragma omp for schedule(static)
    for (int job = 0; job < pieces * panels; job++) {
        const panel *mine = &p[job % panels];
        const int k = job / panels * SOME, rest = K - k;
        const hl_numbers from = {b.at + (size_t)k * b.row, b.row, b.column};
        pack(packed + (size_t)mine->begin * (size_t)K + (size_t)(k * mine->vectors * kernel->lanes), from, rest < SOME ? rest : SOME, mine, kernel);
    }
}

enum { R = HL_PRODUCT_ROWS };

/* Some rows of a in strips of R: number (r, k) of strip i is at[i * strip + r * row + k * column]. */
typedef struct {
    const float *at;
    size_t strip, row, column;
} rows_of_a;

static rows_of_a in_place(hl_numbers a)
{
    return (rows_of_a){a.at, R * a.row, a.row, a.column};
}

/* to = rows that lie side by side, strip by strip.  Copying 8 numbers is faster than copying 6: what is too much is written over,
 * or lies between two strips. */
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

static rows_of_a copied(float *to, hl_numbers a, int rows, int K)
{
    const size_t depth = (size_t)K, strip = R * depth + HL_PRODUCT_LEAST;
    if (a.column != 1) {
        copy_columns(to, strip, a.at, a.column, rows, K);
        return (rows_of_a){to, strip, 1, R};
    }
    for (int r = 0; r < rows; r++) memcpy(to + (size_t)(r / R) * strip + (size_t)(r % R) * depth, a.at + (size_t)r * a.row, depth * sizeof *to);
    return (rows_of_a){to, strip, depth, 1};
}

/* Are rows of a better copied?  Where many panels meet rows or columns that lie in pages of their own. */
static bool is_far(hl_numbers a, int panels, const hl_product_kernel *kernel)
{
    return panels >= kernel->many && (a.column == 1 ? a.row : a.column) >= (size_t)kernel->far;
}

/* A stretch of k by at most ACROSS columns, which `packed` holds when all have packed their panels.  A thread takes some rows
 * after the other and all panels with them; rows are divided evenly, in whole strips. */
static void stretch(float *c, size_t c_row, hl_numbers a, hl_numbers b, float *packed, float *left, int M, int N, int K, bool add)
{
    const hl_product_kernel *kernel = kernel_here();
    panel p[ACROSS / HL_PRODUCT_LEAST];
    const int panels = cut(p, N, kernel), strips = (M + R - 1) / R, blocks = (strips + kernel->strips - 1) / kernel->strips;
    const bool far = is_far(a, panels, kernel);
    int ready = -1;
    rows_of_a mine = {0};
    pack_all(packed, b, K, p, panels, kernel);
#pragma omp for schedule(static)
    for (int job = 0; job < blocks * panels; job++) {
        const int i = job / panels, m = R * (int)hl_part_begin(strips, blocks, i), end = R * (int)hl_part_begin(strips, blocks, i + 1), rows = (end < M ? end : M) - m;
        const panel *side = &p[job % panels];
        const hl_numbers some = {a.at + (size_t)m * a.row, a.row, a.column};
        if (ready != i) mine = far ? copied(left, some, rows, K) : in_place(some);
        ready = i;
        const hl_product_strips s = {.c = c + (size_t)m * c_row + side->begin, .a = mine.at, .b = packed + (size_t)side->begin * (size_t)K, .c_row = c_row,
                                     .a_strip = mine.strip, .a_row = mine.row, .a_column = mine.column, .rows = rows, .K = K,
                                     .tail = side->width - (side->vectors - 1) * kernel->lanes, .add = add};
        kernel->multiply(&s, side->vectors);
    }
}

bool hl_product_is_small(int M, int N, int K)
{
    enum { FEW_ROWS = 48 };
    const int longest = M > N ? M > K ? M : K : N > K ? N : K;
    return M >= FEW_ROWS && (double)M * N * K <= (double)longest * kernel_here()->small && hl_has_vectors();
}

void hl_product(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: a product allocates nothing */
    const hl_product_kernel *kernel = kernel_here();
    if (!room.growing) room = hl_arena_growing("product");
    float *const packed = HL_TAKE(&room, float, kernel->depth * (ACROSS + kernel->lanes));
    const size_t rows = (size_t)(kernel->strips * (R * kernel->depth + HL_PRODUCT_LEAST)); /* of a thread, in copies */
    float *const copies = HL_TAKE(&room, float, rows * (size_t)omp_get_max_threads());
    const int stretches = (K + kernel->depth - 1) / kernel->depth;
#pragma omp parallel if ((double)M * N * K >= WORTH_THREADS)
    for (int n = 0; n < N; n += ACROSS)
        for (int i = 0; i < stretches; i++) {
            const int k = (int)hl_part_begin(K, stretches, i), end = (int)hl_part_begin(K, stretches, i + 1);
            const hl_numbers x = {a.at + (size_t)k * a.column, a.row, a.column}, y = {b.at + (size_t)k * b.row + (size_t)n * b.column, b.row, b.column};
            stretch(c + n, c_row, x, y, packed, copies + rows * (size_t)omp_get_thread_num(), M, N - n < ACROSS ? N - n : ACROSS, end - k, add || i > 0);
        }
    hl_arena_back(&room, 0);
}
