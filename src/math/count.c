/* count.c - how many scores of a row lie above a threshold. */
#include "math/count.h"
#include "math/simd.h"

HL_FAST static void count_row(int64_t *above, int64_t *equal, float *restrict score, const float *restrict scale,
                              const int *restrict weight, float low, float high, int N)
{
    int64_t a = 0, e = 0;
    for (int begin = 0; begin < N; begin += 4096) { /* short enough for 32-bit sums of the weights of a tile */
        int end = begin + 4096 < N ? begin + 4096 : N, above32 = 0, equal32 = 0;
#pragma omp simd reduction(+ : above32, equal32)
        for (int n = begin; n < end; n++) {
            score[n] *= scale[n];
            above32 += hl_count_is_above(score[n], high) ? weight[n] : 0;
            equal32 += ((score[n] >= low) & (score[n] <= high)) ? weight[n] : 0;
        }
        a += above32;
        e += equal32;
    }
    *above += a;
    *equal += e;
}

void hl_count_scores(int64_t *above, int64_t *equal, float *scores, const float *scale, const int *weight,
                     const float *threshold, float margin, int M, int N)
{
#pragma omp parallel for if (hl_is_worth_threads((size_t)M * (size_t)N))
    for (int m = 0; m < M; m++)
        count_row(&above[m], &equal[m], scores + (int64_t)m * N, scale, weight, threshold[m] - margin,
                  threshold[m] + margin, N);
}

HL_FAST void hl_count_doubles(int64_t *above, int64_t *equal, const double *score, double low, double high, int n)
{
    int64_t a = 0, e = 0;
#pragma omp simd reduction(+ : a, e)
    for (int k = 0; k < n; k++) {
        a += !(score[k] <= high);
        e += (score[k] >= low) & (score[k] <= high);
    }
    *above += a;
    *equal += e;
}

HL_FAST static int any_near(const float *restrict scores, int n, float low, float high)
{
    int any = 0;
#pragma omp simd reduction(| : any)
    for (int k = 0; k < n; k++) any |= (scores[k] >= low) & (scores[k] <= high);
    return any;
}

int hl_count_find_near(const float *scores, int from, int n, float low, float high)
{
    enum { BLOCK = 64 };
    for (int end; from < n; from = end) {
        end = from + BLOCK < n ? from + BLOCK : n;
        if (!any_near(scores + from, end - from, low, high)) continue;
        while (!(scores[from] >= low && scores[from] <= high)) from++;
        return from;
    }
    return n;
}
