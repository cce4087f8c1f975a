/* help.c - the table of options for people: --help, and the manual page. */
#include "app/config/id-models.h"
#include "app/config/options.h"
#include "app/config/unpretrained.h"
#include <string.h>

/* What stands between the key and the help: the values of a choice. */
static void print_choices(const hl_option *o, FILE *out)
{
    const char *between = " (";
    for (const hl_choice *k = o->choices; k && k->name; k++) {
        bool is_another_name = k > o->choices && k->value == k[-1].value;
        if (is_another_name) continue;
        fprintf(out, "%s%s", between, k->name);
        between = ", ";
    }
    if (o->choices) fputc(')', out);
}

static void print_normal(const hl_option *o, FILE *out)
{
    const char *quote = o->type == HL_IS_TEXT && strchr(o->normal, ' ') ? "\"" : "";
    const char *other = hl_unpretrained_words(o->key);
    char words[120];
    bool is_list = o->normal[0] == '[';
    if (*o->normal) fprintf(out, is_list ? " %s%s%s" : " [%s%s%s", quote, o->normal, quote);
    if (other) fprintf(out, "; %s", other);
    if (hl_id_models_words(words, sizeof words, o->key)) fprintf(out, "; %s", words);
    if (*o->normal && !is_list) fputc(']', out);
}

static const char several[] =
    "Of several configurations, CONFIG CONFIG or --config_file CONFIG CONFIG, the later is stronger.\n";

void hl_config_help(FILE *out)
{
    fputs(several, out);
    fputs("Options, in the configuration as \"key: value\" or here as --key value (default in brackets):\n", out);
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key) {
            fprintf(out, "\n%s\n", o->help);
            continue;
        }
        fprintf(out, "  %-29s %s", o->key, o->help);
        print_choices(o, out);
        print_normal(o, out);
        fputc('\n', out);
    }
}

/* A bare hyphen may be broken or turned into a dash. */
void hl_config_print_roff(const char *text, FILE *out)
{
    for (; *text; text++) {
        if (*text == '-' || *text == '\\') fputc('\\', out);
        fputc(*text, out);
    }
}

void hl_config_manual(FILE *out)
{
    char words[120];
    hl_config_print_roff(several, out);
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key) {
            fprintf(out, ".SS %s\n", o->help);
            continue;
        }
        fprintf(out, ".TP\n.B ");
        hl_config_print_roff(o->key, out);
        fputc('\n', out);
        hl_config_print_roff(o->help, out);
        print_choices(o, out);
        if (*o->normal) fputs(". Default: ", out), hl_config_print_roff(o->normal, out);
        if (hl_unpretrained_words(o->key)) fputs("; ", out), hl_config_print_roff(hl_unpretrained_words(o->key), out);
        if (hl_id_models_words(words, sizeof words, o->key)) fputs("; ", out), hl_config_print_roff(words, out);
        fputc('\n', out);
    }
}
