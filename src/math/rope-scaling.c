/* rope-scaling.c - by which angles rotary positions turn, where a model is made for longer texts than it began with.
 *
 *     linear    all angles by the factor (Chen et al., arXiv 2306.15595)
 *     dynamic   a greater theta for longer texts, "NTK-aware"
 *     yarn      angles that turn seldom by the factor, those that turn often not, a ramp between
 *               (Peng et al., arXiv 2309.00071); attention is made sharper
 *     llama3    the same with another ramp (Llama 3.1)
 *
 * Where a published text and Hugging Face's library differ, this is the library. */
#include "math/rope-scaling.h"
#include "base/minmax.h"
#include <math.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static void plain(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    (void)s, (void)longest;
    for (int i = 0; i < d / 2; i++) f[i] = pow(theta, -2.0 * i / d);
}

static void linear(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    plain(f, d, theta, s, longest);
    for (int i = 0; i < d / 2; i++) f[i] /= s->factor;
}

/* The base is that of the longest text there may be, so that no text turns otherwise beside a longer one. */
static void dynamic(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    const double L = hl_max(s->most, (double)longest), grown = s->factor * L / s->most - (s->factor - 1);
    plain(f, d, d > 2 ? theta * pow(grown, d / (d - 2.0)) : theta, s, longest);
}

static double clamped(double x) { return x < 0 ? 0 : x > 1 ? 1 : x; }

/* Of an angle, a share k stays as it is, and the rest of it is divided by the factor. */
static double mixed(double f, double k, double factor) { return k * f + (1 - k) * f / factor; }

static void llama3(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    plain(f, d, theta, s, longest);
    for (int i = 0; i < d / 2; i++) {
        const double turns = s->original * f[i] / (2 * pi),
                     k = (turns - s->low_freq_factor) / (s->high_freq_factor - s->low_freq_factor);
        f[i] = mixed(f[i], clamped(k), s->factor);
    }
}

/* The number i of the angle that makes so many turns within the original length. */
static double angle_with(double turns, int d, double theta, const hl_rope_scaling *s)
{
    return d * log(s->original / (turns * 2 * pi)) / (2 * log(theta));
}

/* The ramp may end at d - 1, behind the last angle. */
static void yarn(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    double from = angle_with(s->beta_fast, d, theta, s), to = angle_with(s->beta_slow, d, theta, s);
    if (!s->untruncated) from = floor(from), to = ceil(to);
    from = hl_max(from, 0.0);
    to = hl_min(to, d - 1.0);
    if (from == to) to += 0.001;
    plain(f, d, theta, s, longest);
    for (int i = 0; i < d / 2; i++) f[i] = mixed(f[i], 1 - clamped((i - from) / (to - from)), s->factor);
}

static double sharper(double factor, double mscale) { return factor <= 1 ? 1 : 0.1 * mscale * log(factor) + 1; }

static double yarn_attention(const hl_rope_scaling *s)
{
    if (s->attention_factor > 0) return s->attention_factor;
    if (s->mscale != 0 && s->mscale_all_dim != 0)
        return sharper(s->factor, s->mscale) / sharper(s->factor, s->mscale_all_dim);
    return sharper(s->factor, 1);
}

/* The first is no scaling. */
const hl_rope_scaling_kind hl_rope_scalings[] = {
    {"default", plain, NULL},       {"linear", linear, NULL}, {"dynamic", dynamic, NULL},
    {"yarn", yarn, yarn_attention}, {"llama3", llama3, NULL},
};
const int hl_rope_scalings_count = sizeof hl_rope_scalings / sizeof hl_rope_scalings[0];

int hl_rope_scaling_find(const char *name)
{
    for (int i = 0; name && i < hl_rope_scalings_count; i++)
        if (strcmp(hl_rope_scalings[i].name, name) == 0) return i;
    return -1;
}

double hl_rope_frequencies(double *f, int d, double theta, const hl_rope_scaling *s, int longest)
{
    const hl_rope_scaling_kind *kind = &hl_rope_scalings[s->kind];
    kind->frequencies(f, d, theta, s, longest);
    return kind->attention ? kind->attention(s) : 1;
}
