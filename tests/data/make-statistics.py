#!/usr/bin/env python3
"""make-statistics.py - statistics.json, what tests/test-resample.c holds src/data/resample.c and corrections.c against.

    python3 tests/data/make-statistics.py > tests/data/statistics.json        (needs numpy and scipy)

Random numbers are those of src/base/rng.c, written once more from the paper of Philox; p-values and adjusted ones are
scipy's, and the distribution of bootstrap means is that of all resamples, one by one.
"""
import itertools
import json

import numpy as np
from scipy import stats

MASK = 0xFFFFFFFF
SEED, PURPOSE, DRAWS, SIGNS = 11, 9, 0, 1


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


class Stream:
    def __init__(self, a, b):
        self.key = philox([PURPOSE, 0, 0, 0], [SEED & MASK, SEED >> 32])[:2]
        self.counter, self.block = [0, a & MASK, a >> 32, b], []

    def u32(self):
        if not self.block:
            self.block = philox(self.counter, self.key)
            self.counter[0] += 1
        return self.block.pop(0)

    def below(self, n):
        while True:
            x = self.u32() | self.u32() << 32
            if x >= 2**64 % n:
                return x % n


def draws(n, resample):
    r = Stream(resample, DRAWS)
    return [r.below(n) for _ in range(n)]


def signs(n, resample):
    r, out = Stream(resample, SIGNS), []
    for u in range(n):
        if u % 32 == 0:
            bits = r.u32()
        out.append(1 if bits >> (u % 32) & 1 else -1)
    return out


rng = np.random.default_rng(5)
users, resamples = 70, 50
x = np.round(rng.random((users, 3)), 6)
x[:, 2] = rng.integers(0, 2, users)
means = np.array([x[draws(users, b)].mean(axis=0) for b in range(resamples)])
d = np.round(x - rng.random((users, 3)), 6)
flips = np.array([np.array(signs(users, b)) @ d for b in range(resamples)])
extreme = (np.abs(flips) >= np.abs(d.sum(axis=0))).sum(axis=0)

# Exact p-values of a paired permutation test, two-sided, the statistic being the mean.
exact = []
for n, scale in ((5, 1.0), (9, 0.5), (12, 0.2)):
    some = np.round(rng.normal(0.3, scale, n), 6)
    p = stats.permutation_test((some,), np.mean, permutation_type="samples", n_resamples=np.inf, alternative="two-sided")
    both = sum(abs(np.dot(s, some)) >= abs(some.sum()) - 1e-12 for s in itertools.product((1, -1), repeat=n)) / 2**n
    assert abs(both - p.pvalue) < 1e-12
    exact.append({"d": some.tolist(), "p": p.pvalue})

# All resamples of six values.
six = [0.0, 0.0, 0.25, 0.5, 1.0, 1.0]
every = np.array([np.mean(r) for r in itertools.product(six, repeat=6)])
points = [0.2, 0.3, 0.4, 0.5, 0.6, 0.7]
below = [float(np.mean(every < p)) for p in points]

p = [0.01, 0.02, 0.03, 0.04, 0.05, 0.0004, 0.9, 0.03]
order = np.argsort(p)
holm = np.empty(len(p))
holm[order] = np.maximum.accumulate(np.minimum(1, (len(p) - np.arange(len(p))) * np.array(p)[order]))
print(json.dumps({
    "seed": SEED, "x": x.tolist(), "means": means.tolist(), "d": d.tolist(), "extreme": extreme.tolist(),
    "exact": exact, "six": six, "points": points, "below": below,
    "p": p, "holm": holm.tolist(), "benjamini_hochberg": stats.false_discovery_control(p).tolist()}, indent=None))
