/* config-compare.c - a configuration as text, and two of them beside each other. */
#include "app/config/options.h"
#include "app/config/quote.h"
#include "base/digest.h"
#include "base/log.h"
#include <stdlib.h>
#include <string.h>

void hl_config_write_yaml(const hl_config *c, FILE *out)
{
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key) {
            fprintf(out, "%s# %s\n", i ? "\n" : "", o->help);
            continue;
        }
        fprintf(out, "%s: ", o->key);
        hl_option_print(c, o, out);
        fputs("  # ", out);
        hl_quote_line(c->from[i] ? c->from[i] : c->because[i] ? c->because[i] : "default", out);
        fputc('\n', out);
    }
}

static bool changes_numbers(const hl_option *o)
{
    return o->effect == HL_CHANGES_NUMBERS || o->effect == HL_CHANGES_VECTORS;
}

uint64_t hl_config_digest(const hl_config *c)
{
    uint64_t d = 0;
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key || !changes_numbers(o)) continue;
        char *text = hl_option_text(c, o);
        d = hl_digest_join(d, hl_digest(o->key, strlen(o->key)));
        d = hl_digest_join(d, hl_digest(text, strlen(text)));
        free(text);
    }
    return d;
}

char *hl_config_text(const hl_config *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *out = hl_alloc_stream(&text, &n);
    for (int i = 0; i < hl_options_n; i++) {
        if (!hl_options[i].key) continue;
        fprintf(out, "%s: ", hl_options[i].key);
        hl_option_print(c, &hl_options[i], out);
        fputc('\n', out);
    }
    fclose(out);
    return text;
}

/* Does one option differ?  Then it stands in the list where it is listed, else, if wanted, in the log. */
static void compare(const hl_config *was, const hl_config *is, const hl_option *o, bool is_listed, bool is_logged,
                    char *list, size_t room)
{
    char *old = hl_option_text(was, o), *now = hl_option_text(is, o);
    size_t n = strlen(list);
    bool differs = strcmp(old, now) != 0;
    if (differs && is_listed) snprintf(list + n, room - n, "%s%s was %s and is %s", n ? ", " : "", o->key, old, now);
    else if (differs && is_logged) hl_log(HL_INFO, "%s was %s and is %s", o->key, old, now);
    free(old);
    free(now);
}

hl_status hl_config_may_resume(const hl_config *c, const hl_config *was, const char *name, bool tell)
{
    char list[700] = "";
    for (int i = 0; i < hl_options_n; i++)
        if (hl_options[i].key)
            compare(was, c, &hl_options[i], changes_numbers(&hl_options[i]), tell, list, sizeof list);
    if (!*list) return HL_OK;
    return HL_FAIL(
        HL_EUSAGE,
        "%s: this run was started with other values: %s; take the former values or choose another checkpoint_dir", name,
        list);
}

void hl_config_other_vectors(char *list, size_t room, const hl_config *c, const hl_config *was)
{
    *list = 0;
    for (int i = 0; i < hl_options_n; i++) {
        bool matters = hl_options[i].key && hl_options[i].effect == HL_CHANGES_VECTORS;
        if (matters) compare(was, c, &hl_options[i], true, false, list, room);
    }
}
