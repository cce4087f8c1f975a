/* product.c - products of moderate size.
 *
 * BLAS copies both factors into the order of its kernel, which takes a third of the time where one has a hundred columns.  Here b
 * alone is copied, into panels as wide as the kernel, and a is read where it is, as rows or as columns (unless these are long).  The
 * kernel holds a tile of c in registers, 6 rows by up to 4 vectors of 16 numbers, and adds a number of a times a row of the panel
 * at a time (Goto and van de Geijn, Anatomy of high-performance matrix multiplication, 2008).  That takes the 32 wide registers of
 * AVX-512; on other processors BLAS multiplies.
 *
 * Every number of c is summed over k in order, in stretches of at most DEPTH that are added up in order, whatever the tile,
 * the panel and the number of threads. */
#include "math/product.h"
#include "base/arena.h"
#include "base/part.h"
#include "math/simd.h"
#include <string.h>

enum { LANES = 16, ROWS = 6, MOST = 4, DEPTH = 384, ACROSS = 512, BLOCK = 8 * ROWS };

typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

#define LOAD(x) (*(const lanes *)(x))
#define STORE(x, v) (*(lanes *)(x) = (v))
#define EACH_ROW(r, R) _Pragma("GCC unroll 6") for (int r = 0; r < R; r++)
#define EACH_VECTOR(v, V) _Pragma("GCC unroll 4") for (int v = 0; v < V; v++)

/* A stretch of k of some rows by one panel: c = or += a b, b packed, of the last vector `tail` numbers wanted. */
typedef struct {
    float *c;
    const float *a, *b;
    size_t c_row, a_row, a_column;
    int rows, K, tail;
    bool add;
} strip;

HL_INLINE void give(float *c, const lanes *sum, bool add, int n)
{
    if (n < LANES)
        for (int x = 0; x < n; x++) c[x] = add ? c[x] + (*sum)[x] : (*sum)[x];
    else if (add) STORE(c, LOAD(c) + *sum);
    else STORE(c, *sum);
}

/* R rows from `first` by V vectors, both constant where this is inlined. */
HL_INLINE void tile(const strip *s, int first, const int R, const int V)
{
    const float *a = s->a + (size_t)first * s->a_row, *b = s->b;
    float *c = s->c + (size_t)first * s->c_row;
    const size_t a_row = s->a_row, a_column = s->a_column;
    lanes sum[ROWS][MOST];
    EACH_ROW(r, R) EACH_VECTOR(v, V) sum[r][v] = (lanes){0};
    for (int k = 0; k < s->K; k++, a += a_column, b += V * LANES) {
        lanes right[MOST];
        EACH_VECTOR(v, V) right[v] = LOAD(b + v * LANES);
        EACH_ROW(r, R) EACH_VECTOR(v, V) sum[r][v] += a[(size_t)r * a_row] * right[v];
    }
    EACH_ROW(r, R) EACH_VECTOR(v, V) give(c + (size_t)r * s->c_row + v * LANES, &sum[r][v], s->add, v < V - 1 ? LANES : s->tail);
}

HL_INLINE void tiles(const strip *s, const int V)
{
    int first = 0;
    for (; first + ROWS <= s->rows; first += ROWS) tile(s, first, ROWS, V);
    switch (s->rows - first) {
    case 5: tile(s, first, 5, V); break;
    case 4: tile(s, first, 4, V); break;
    case 3: tile(s, first, 3, V); break;
    case 2: tile(s, first, 2, V); break;
    case 1: tile(s, first, 1, V); break;
    }
}

HL_WIDE static void multiply(const strip *s, int V)
{
    if (V == 4) tiles(s, 4);
    else if (V == 3) tiles(s, 3);
    else if (V == 2) tiles(s, 2);
    else tiles(s, 1);
}

/* Some columns of b, [begin, begin + width), in so many vectors. */
typedef struct {
    int begin, width, vectors;
} panel;

/* n columns become panels of nearly the same width; how many. */
static int cut(panel *p, int n)
{
    const int vectors = (n + LANES - 1) / LANES, panels = (vectors + MOST - 1) / MOST;
    for (int i = 0, at = 0; i < panels; at += p[i++].vectors) {
        const int mine = (vectors - at + panels - i - 1) / (panels - i), begin = at * LANES, rest = n - begin;
        p[i] = (panel){begin, rest < mine * LANES ? rest : mine * LANES, mine};
    }
    return panels;
}

/* Rows i and i + S exchange the numbers whose places differ from their own in the bit S, for all rows without it. */
#define EXCHANGE(x, S)                                                                                                     \
    _Pragma("GCC unroll 16") for (int i_ = 0; i_ < LANES; i_++) {                                                          \
        if (i_ & (S)) continue;                                                                                            \
        const lanes upper = (x)[i_], lower = (x)[i_ + (S)];                                                                \
        (x)[i_] = __builtin_shuffle(upper, lower, PLACES(S, LANES - (S), 0));                                              \
        (x)[i_ + (S)] = __builtin_shuffle(upper, lower, PLACES(S, LANES, S));                                              \
    }
#define PLACE(j, S, with, without) ((j) & (S) ? (j) + (with) : (j) + (without))
#define FOUR(j, S, u, v) PLACE(j, S, u, v), PLACE((j) + 1, S, u, v), PLACE((j) + 2, S, u, v), PLACE((j) + 3, S, u, v)
#define PLACES(S, u, v) ((places){FOUR(0, S, u, v), FOUR(4, S, u, v), FOUR(8, S, u, v), FOUR(12, S, u, v)})

typedef int places __attribute__((vector_size(LANES * sizeof(int))));

/* to, rows `row` apart, = the transpose of a square whose rows are `column` apart. */
HL_WIDE static void turn(float *to, size_t row, const float *from, size_t column)
{
    lanes x[LANES];
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) x[i] = LOAD(from + (size_t)i * column);
    EXCHANGE(x, 1)
    EXCHANGE(x, 2)
    EXCHANGE(x, 4)
    EXCHANGE(x, 8)
    _Pragma("GCC unroll 16") for (int i = 0; i < LANES; i++) STORE(to + (size_t)i * row, x[i]);
}

/* to, K rows `row` apart, = some columns. */
static void copy(float *restrict to, size_t row, const float *restrict from, hl_numbers b, int K, int columns)
{
    for (int k = 0; k < K; k++, to += row, from += b.row)
        if (b.column == 1) memcpy(to, from, (size_t)columns * sizeof *to);
        else
            for (int x = 0; x < columns; x++) to[x] = from[(size_t)x * b.column];
}

/* to (K, vectors) = the columns of a panel, and zeros behind them. */
static void pack(float *to, hl_numbers b, int K, const panel *p)
{
    const size_t row = (size_t)p->vectors * LANES;
    const float *from = b.at + (size_t)p->begin * b.column;
    const int squares = b.row == 1 && b.column != 1 ? p->width / LANES : 0, rest = p->width - squares * LANES, deep = squares ? K / LANES * LANES : 0;
    for (int i = 0; i < squares; i++)
        for (int k = 0; k < deep; k += LANES) turn(to + (size_t)k * row + i * LANES, row, from + (size_t)(i * LANES) * b.column + k, b.column);
    copy(to + (size_t)deep * row, row, from + (size_t)deep * b.row, b, K - deep, squares * LANES);
    copy(to + squares * LANES, row, from + (size_t)(squares * LANES) * b.column, b, K, rest);
    for (int k = 0; k < K && p->width < (int)row; k++) memset(to + (size_t)k * row + p->width, 0, (row - (size_t)p->width) * sizeof *to);
}

/* to (K, BLOCK) = a block of rows that lie side by side in memory. */
static void pack_rows(float *restrict to, const float *restrict from, size_t column, int rows, int K)
{
    for (int k = 0; k < K; k++, to += BLOCK, from += column)
        if (rows == BLOCK) memcpy(to, from, BLOCK * sizeof *to);
        else memcpy(to, from, (size_t)rows * sizeof *to);
}

/* A stretch of k by at most ACROSS columns, which `packed` holds when all have packed their panels. */
static void stretch(float *c, size_t c_row, hl_numbers a, hl_numbers b, float *packed, int M, int N, int K, bool add)
{
    panel p[ACROSS / LANES];
    const int panels = cut(p, N);
#pragma omp for
    for (int i = 0; i < panels; i++) pack(packed + (size_t)p[i].begin * (size_t)K, b, K, &p[i]);
    enum { WIDE_ROWS = 1024, FEW_PANELS = 2 }; /* columns of a in their place lie in as many pages as there are, which is slow where they are used often */
    const int blocks = (M + BLOCK - 1) / BLOCK;
    const bool turned = a.row == 1 && M > WIDE_ROWS && panels > FEW_PANELS;
    float left[BLOCK * DEPTH];
    int packed_block = -1;
#pragma omp for schedule(static)
    for (int job = 0; job < blocks * panels; job++) {
        const int m = job / panels * BLOCK, rows = M - m < BLOCK ? M - m : BLOCK;
        const panel *side = &p[job % panels];
        if (turned && packed_block != m) pack_rows(left, a.at + m, a.column, rows, K);
        packed_block = m;
        const strip s = {.c = c + (size_t)m * c_row + side->begin, .a = turned ? left : a.at + (size_t)m * a.row, .b = packed + (size_t)side->begin * (size_t)K,
                         .c_row = c_row, .a_row = turned ? 1 : a.row, .a_column = turned ? BLOCK : a.column,
                         .rows = rows, .K = K, .tail = side->width - (side->vectors - 1) * LANES, .add = add};
        multiply(&s, side->vectors);
    }
}

bool hl_product_is_here(void)
{
    return hl_has_wide_vectors();
}

bool hl_product_is_small(int M, int N, int K)
{
    enum { NUMBERS = 1 << 20, FEW_ROWS = 48 };
    const int longest = M > N ? M > K ? M : K : N > K ? N : K;
    return M >= FEW_ROWS && (double)M * N * K <= (double)longest * NUMBERS && hl_has_wide_vectors();
}

void hl_product(float *c, size_t c_row, hl_numbers a, hl_numbers b, int M, int N, int K, bool add)
{
    static _Thread_local hl_arena room; /* stays until the thread ends: a product allocates nothing */
    if (!room.growing) room = hl_arena_growing("product");
    float *const packed = HL_TAKE(&room, float, DEPTH * (ACROSS + LANES));
    const int stretches = (K + DEPTH - 1) / DEPTH;
#pragma omp parallel if (hl_is_worth_threads((size_t)M * (size_t)N))
    for (int n = 0; n < N; n += ACROSS)
        for (int i = 0; i < stretches; i++) {
            const int k = (int)hl_part_begin(K, stretches, i), end = (int)hl_part_begin(K, stretches, i + 1);
            const hl_numbers left = {a.at + (size_t)k * a.column, a.row, a.column}, right = {b.at + (size_t)k * b.row + (size_t)n * b.column, b.row, b.column};
            stretch(c + n, c_row, left, right, packed, M, N - n < ACROSS ? N - n : ACROSS, end - k, add || i > 0);
        }
    hl_arena_back(&room, 0);
}
