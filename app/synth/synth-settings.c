/* synth-settings.c - how large a made-up world is, and of what kind. */
#include "app/synth/synth-settings.h"
#include "base/minmax.h"
#include "base/path.h"
#include "io/files/json.h"
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_PER_TOPIC = 2000 };

#define DEFAULT(key, normal, least, most, help) .key = (normal),
hl_synth_settings hl_synth_defaults(void)
{
    return (hl_synth_settings){.name = "synth", HL_SYNTH_NUMBERS(DEFAULT, DEFAULT)};
}

int hl_synth_longest(const hl_synth_settings *s) { return 2 * s->mean_length - HL_SYNTH_SHORTEST; }

/* A topic has an item for each that a user may take. */
void hl_synth_items_per_user(hl_synth_settings *s, double items, bool has_topics)
{
    const hl_synth_settings usual = hl_synth_defaults();
    const int a_topic = hl_max(usual.items / usual.topics, hl_synth_longest(s));
    s->items = (int)fmin(INT_MAX, ceil(items * s->users));
    if (!has_topics) s->topics = hl_max(s->items / a_topic, s->successors + 1);
}

/* ---- a world like another */

static bool read_number(double *x, const json_t *o, const char *key)
{
    const json_t *value = json_object_get(o, key);
    *x = json_number_value(value);
    return json_is_number(value) && *x >= 0 && *x <= INT_MAX;
}

#define READ_INT(key, normal, least, most, help)   \
    is_good = is_good && read_number(&x, o, #key); \
    s->key = is_good ? (int)x : 0;
/* What is 0 by default may be left out (app/synth/synth.c). */
#define READ_REAL(key, normal, least, most, help)                                                       \
    x = 0;                                                                                              \
    is_good = is_good && (read_number(&x, o, #key) || (!(normal) && json_object_get(o, #key) == NULL)); \
    s->key = is_good ? x : 0;
static bool read_settings(hl_synth_settings *s, char name[HL_SYNTH_NAME], const json_t *o)
{
    double x;
    const char *text = json_string_value(json_object_get(o, "name"));
    bool is_good = text && strlen(text) < HL_SYNTH_NAME;
    HL_SYNTH_NUMBERS(READ_INT, READ_REAL)
    snprintf(name, HL_SYNTH_NAME, "%s", is_good ? text : "");
    s->name = name;
    return is_good;
}

static hl_status grow(hl_synth_settings *s, int times)
{
    int *const grown[] = {&s->users, &s->items, &s->topics};
    for (size_t i = 0; i < sizeof grown / sizeof grown[0]; i++) {
        if (*grown[i] > INT_MAX / times)
            return HL_FAIL(HL_EUSAGE, "a world of %d users, %d items and %d topics cannot be %d times as large",
                           s->users, s->items, s->topics, times);
        *grown[i] *= times;
    }
    return HL_OK;
}

hl_status hl_synth_like(hl_synth_settings *s, char name[HL_SYNTH_NAME], const char *folder, int times)
{
    enum { MOST_BYTES = 1 << 16 };
    char path[PATH_MAX];
    json_t *o = NULL;
    HL_TRY(hl_path_make(path, "%s/oracle.json", folder));
    hl_status status = hl_json_read(path, MOST_BYTES, &o);
    const bool is_good = status == HL_OK && read_settings(s, name, o);
    json_decref(o);
    if (status != HL_OK) return status;
    if (!is_good)
        return HL_FAIL(HL_EFORMAT, "%s: this is not what hllm synth writes; name a folder that it has made", path);
    return grow(s, times);
}

static hl_status check_name(const char *name)
{
    if (name[0] == 0 || name[0] == '.' || strchr(name, '/') || strlen(name) > 100)
        return HL_FAIL(HL_EUSAGE, "\"%s\" cannot be the name of a data set: it becomes the name of a file", name);
    return HL_OK;
}

#define LIMITS(key, normal, low, high, help) {#key, s->key, low, high},
hl_status hl_synth_check(const hl_synth_settings *s)
{
    const struct {
        const char *name;
        double value, least, most;
    } limits[] = {HL_SYNTH_NUMBERS(LIMITS, LIMITS)};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (!(limits[i].value >= limits[i].least && limits[i].value <= limits[i].most))
            return HL_FAIL(HL_EUSAGE, "%s is %g; %g to %g are possible", limits[i].name, limits[i].value,
                           limits[i].least, limits[i].most);
    if (s->successors >= s->topics)
        return HL_FAIL(HL_EUSAGE, "%d successors need more than %d topics", s->successors, s->topics);
    if (s->items / s->topics < hl_synth_longest(s) || s->items / s->topics >= MOST_PER_TOPIC)
        return HL_FAIL(HL_EUSAGE,
                       "%d items are %d a topic; with a mean length of %d users need %d to %d; change items, topics or "
                       "mean_length",
                       s->items, s->items / s->topics, s->mean_length, hl_synth_longest(s), MOST_PER_TOPIC - 1);
    return check_name(s->name);
}
