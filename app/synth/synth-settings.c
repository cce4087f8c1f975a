/* synth-settings.c - how large a made-up world is, and of what kind. */
#include "app/synth/synth-settings.h"
#include <string.h>

enum { MOST_PER_TOPIC = 2000 };

#define DEFAULT(key, normal, least, most, help) .key = (normal),
hl_synth_settings hl_synth_defaults(void)
{
    return (hl_synth_settings){.name = "synth", HL_SYNTH_NUMBERS(DEFAULT, DEFAULT)};
}

int hl_synth_longest(const hl_synth_settings *s) { return 2 * s->mean_length - HL_SYNTH_SHORTEST; }

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
