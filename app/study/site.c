/* site.c - what a cluster asks of every job. */
#include "app/study/site.h"
#include "base/arena.h"
#include "app/config/nearest.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 16, MOST_RANKS = 4096 };

static const char *const names[HL_SITE_KEYS] = {
    [HL_SITE_ACCOUNT] = "ACCOUNT",
    [HL_SITE_PARTITION] = "PARTITION",
    [HL_SITE_TIME] = "TIME",
    [HL_SITE_MODULES] = "MODULES",
    [HL_SITE_SETUP] = "SETUP",
    [HL_SITE_LAUNCHER] = "LAUNCHER",
    [HL_SITE_RANKS_PER_NODE] = "RANKS_PER_NODE",
    [HL_SITE_THREADS] = "THREADS",
    [HL_SITE_SBATCH] = "SBATCH",
};

static const char usual_launcher[] =
    "srun --mpi=pmix -K -N {nodes} -n {ranks} --ntasks-per-node={ranks_per_node} -c {threads}";

static void set(hl_site *s, hl_site_key k, const char *text, size_t n)
{
    free(s->value[k]);
    s->value[k] = hl_alloc(n + 1);
    memcpy(s->value[k], text, n);
    s->value[k][n] = 0;
}

/* ---- a line */

static hl_status unknown(const char *path, int line, const char *key, size_t n)
{
    char name[80];
    int best = 0, least = INT_MAX;
    snprintf(name, sizeof name, "%.*s", (int)n, key);
    for (int k = 0; k < HL_SITE_KEYS; k++) {
        const int d = hl_nearest_distance(names[k], name);
        if (d < least) least = d, best = k;
    }
    return HL_FAIL(HL_EUSAGE, "%s:%d: a site has no key \"%s\"; the nearest is \"%s\"", path, line, name, names[best]);
}

static hl_site_key find(const char *key, size_t n)
{
    int k = 0;
    while (k < HL_SITE_KEYS && (strlen(names[k]) != n || memcmp(names[k], key, n) != 0)) k++;
    return (hl_site_key)k;
}

/* The value ends with its quote, or before the next blank; behind it there is nothing but a comment. */
static bool find_end(const char **begin, size_t *n, const char *text)
{
    const char quote = *text == '"' || *text == '\'' ? *text : 0;
    *begin = text + (quote != 0);
    *n = quote ? strcspn(*begin, (char[]){quote, 0}) : strcspn(*begin, " \t\"'");
    const char *rest = *begin + *n;
    if (quote && *rest != quote) return false;
    rest += quote != 0;
    const char *next = rest + strspn(rest, " \t\r");
    return *next == 0 || (*next == '#' && next > rest);
}

/* What a shell would replace is no text that this program could read. */
static bool is_text(const char *value, size_t n, char quote)
{
    for (size_t i = 0; i < n && quote != '\''; i++)
        if (strchr("$`\\", value[i])) return false;
    return true;
}

static hl_status take_line(hl_site *s, const char *text, const char *path, int line)
{
    const char *value;
    size_t n;
    text += strspn(text, " \t\r");
    if (!*text || *text == '#') return HL_OK;
    const size_t key = strcspn(text, "= \t");
    if (text[key] != '=' || !find_end(&value, &n, text + key + 1) || !is_text(value, n, text[key + 1]))
        return HL_FAIL(HL_EUSAGE,
                       "%s:%d: not KEY=VALUE, nor KEY=\"VALUE\" without $, ` and \\; see slurm/site.conf.example", path,
                       line);
    const hl_site_key k = find(text, key);
    if (k == HL_SITE_KEYS) return unknown(path, line, text, key);
    set(s, k, value, n);
    return HL_OK;
}

/* ---- the file */

static hl_status check(const hl_site *s, const char *path)
{
    char *end;
    const char *text = s->value[HL_SITE_RANKS_PER_NODE];
    const long n = strtol(text, &end, 10);
    if (*text && (*end || n < 1 || n > MOST_RANKS))
        return HL_FAIL(HL_EUSAGE, "%s: RANKS_PER_NODE: %.60s is not a whole number from 1 to %d", path, text,
                       MOST_RANKS);
    return HL_OK;
}

static void start(hl_site *s)
{
    *s = (hl_site){0};
    for (int k = 0; k < HL_SITE_KEYS; k++) set(s, (hl_site_key)k, "", 0);
}

hl_status hl_site_parse(hl_site *s, const char *text, const char *path)
{
    char *copy = hl_alloc_text(text), *rest = copy;
    hl_status status = HL_OK;
    int number = 0;
    start(s);
    for (char *line; status == HL_OK && (line = strsep(&rest, "\n"));) status = take_line(s, line, path, ++number);
    free(copy);
    return status == HL_OK ? check(s, path) : status;
}

hl_status hl_site_read(hl_site *s, const char *path)
{
    FILE *in = NULL;
    *s = (hl_site){0};
    if (!path) return hl_site_parse(s, "", "");
    HL_TRY(hl_regular_stream(&in, path, HL_EUSAGE, "name a site file; slurm/site.conf.example is one"));
    char *text = hl_alloc_zero(MOST_BYTES + 1, 1);
    const size_t n = fread(text, 1, MOST_BYTES, in);
    fclose(in);
    hl_status status =
        n == MOST_BYTES ? HL_FAIL(HL_EUSAGE, "%s: longer than a site file can be", path) : hl_site_parse(s, text, path);
    free(text);
    return status;
}

void hl_site_free(hl_site *s)
{
    for (int k = 0; k < HL_SITE_KEYS; k++) free(s->value[k]);
    *s = (hl_site){0};
}

void hl_site_apply(const hl_site *s, hl_study *to)
{
    const char *launcher = s->value[HL_SITE_LAUNCHER], *ranks = s->value[HL_SITE_RANKS_PER_NODE];
    if (!to->has_launcher) hl_study_launcher(to, *launcher ? launcher : usual_launcher);
    if (!to->node_ranks && *ranks) to->node_ranks = (int)strtol(ranks, NULL, 10);
}
