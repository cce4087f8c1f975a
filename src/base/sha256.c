/* sha256.c - SHA-256 of bytes.
 *
 * The bytes, a bit 1, zeros and their number of bits make blocks of 64 bytes.  Each block is stretched to 64 words and
 * stirred into eight words of state (NIST, FIPS 180-4, Secure Hash Standard, 2015). */
#include "base/sha256.h"
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK = 64, WORDS = 8, ROUNDS = 64 };

/* The first 32 bits of the fractions of the cube roots of the first 64 primes. */
static const uint32_t constants[ROUNDS] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static uint32_t turn(uint32_t x, int by) { return x >> by | x << (32 - by); }

static void stretch(uint32_t w[ROUNDS], const uint8_t *block)
{
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 | (uint32_t)block[4 * i + 2] << 8
               | block[4 * i + 3];
    for (int i = 16; i < ROUNDS; i++) {
        const uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + w[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
}

static void stir(uint32_t h[WORDS], const uint8_t *block)
{
    uint32_t w[ROUNDS], x[WORDS];
    stretch(w, block);
    memcpy(x, h, sizeof x);
    for (int i = 0; i < ROUNDS; i++) {
        const uint32_t a = x[0], e = x[4], choice = (e & x[5]) ^ (~e & x[6]),
                       majority = (a & x[1]) ^ (a & x[2]) ^ (x[1] & x[2]),
                       one = x[7] + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + constants[i] + w[i],
                       two = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority;
        memmove(x + 1, x, 7 * sizeof *x);
        x[4] += one;
        x[0] = one + two;
    }
    for (int i = 0; i < WORDS; i++) h[i] += x[i];
}

/* What is left behind the whole blocks, the bit, and the number of bits: one block or two. */
static void finish(uint32_t h[WORDS], const uint8_t *rest, size_t left, size_t n)
{
    uint8_t end[2 * BLOCK] = {0};
    const size_t size = left + 9 <= BLOCK ? BLOCK : 2 * BLOCK;
    const uint64_t bits = (uint64_t)n * 8;
    if (left) memcpy(end, rest, left);
    end[left] = 0x80;
    for (int i = 0; i < 8; i++) end[size - 1 - (size_t)i] = (uint8_t)(bits >> 8 * i);
    for (size_t i = 0; i < size; i += BLOCK) stir(h, end + i);
}

void hl_sha256(char out[65], const void *bytes, size_t n)
{
    /* the fractions of the square roots of the first 8 primes */
    uint32_t h[WORDS] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    const uint8_t *at = bytes;
    size_t whole = n / BLOCK * BLOCK;
    for (size_t i = 0; i < whole; i += BLOCK) stir(h, at + i);
    finish(h, whole < n ? at + whole : NULL, n - whole, n);
    for (int i = 0; i < WORDS; i++) snprintf(out + 8 * i, 9, "%08x", (unsigned)h[i]);
}
