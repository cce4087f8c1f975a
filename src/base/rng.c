/* rng.c - random numbers that know where they belong. */
#include "base/rng.h"
#include <math.h>

static uint32_t multiply(uint32_t a, uint32_t b, uint32_t *high)
{
    uint64_t product = (uint64_t)a * b;
    *high = (uint32_t)(product >> 32);
    return (uint32_t)product;
}

void hl_philox(uint32_t out[4], const uint32_t counter[4], const uint32_t key[2])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint32_t h0, h1, l0 = multiply(0xD2511F53u, c0, &h0), l1 = multiply(0xCD9E8D57u, c2, &h1);
        c0 = h1 ^ c1 ^ k0;
        c1 = l1;
        c2 = h0 ^ c3 ^ k1;
        c3 = l0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}

/* The counter's words: 0 counts blocks, 1-2 are a, 3 is b; purpose is folded into the key. */
hl_rng hl_rng_at(uint64_t seed, hl_purpose purpose, uint64_t a, uint32_t b)
{
    uint32_t salt[4] = {(uint32_t)purpose, 0, 0, 0}, mixed[4];
    uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    hl_philox(mixed, salt, key);
    return (hl_rng){.key = {mixed[0], mixed[1]}, .counter = {0, (uint32_t)a, (uint32_t)(a >> 32), b}, .used = 4};
}

hl_rng hl_rng_from(hl_rng r, uint32_t n)
{
    r.counter[0] = n;
    r.used = 4;
    return r;
}

uint32_t hl_rng_u32(hl_rng *r)
{
    if (r->used == 4) {
        hl_philox(r->block, r->counter, r->key);
        r->counter[0]++;
        r->used = 0;
    }
    return r->block[r->used++];
}

uint64_t hl_rng_u64(hl_rng *r)
{
    uint64_t low = hl_rng_u32(r);
    return low | (uint64_t)hl_rng_u32(r) << 32;
}

uint64_t hl_rng_below(hl_rng *r, uint64_t n)
{
    uint64_t unfair = (0 - n) % n; /* 2^64 mod n: draws below it would favour some numbers */
    uint64_t x;
    do x = hl_rng_u64(r);
    while (x < unfair);
    return x % n;
}

double hl_rng_uniform(hl_rng *r) { return (double)(hl_rng_u64(r) >> 11) * 0x1p-53; }

double hl_rng_normal(hl_rng *r)
{
    double u = 1.0 - hl_rng_uniform(r), angle = 6.283185307179586 * hl_rng_uniform(r);
    return sqrt(-2.0 * log(u)) * cos(angle);
}

uint64_t hl_permute(uint64_t seed, hl_purpose purpose, uint64_t a, uint64_t n, uint64_t i)
{
    int half = 1;
    while (half < 32 && 1ull << (2 * half) < n) half++;
    uint32_t mask = half == 32 ? 0xffffffffu : (1u << half) - 1;
    hl_rng named = hl_rng_at(seed, purpose, a, 0);
    do {
        uint32_t left = (uint32_t)(i >> half) & mask, right = (uint32_t)i & mask;
        for (uint32_t round = 0; round < 6; round++) {
            uint32_t out[4], counter[4] = {right, round, named.counter[1], named.counter[2]};
            hl_philox(out, counter, named.key);
            uint32_t next = left ^ (out[0] & mask);
            left = right;
            right = next;
        }
        i = (uint64_t)left << half | right;
    } while (i >= n);
    return i;
}
