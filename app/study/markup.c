/* markup.c - texts and numbers on a page of HTML, which is XML too. */
#include "app/study/markup.h"
#include "base/arena.h"
#include "base/printable.h"
#include <math.h>
#include <stdlib.h>

void hl_markup_text(FILE *out, const char *text)
{
    char *copy = hl_alloc_text(text);
    hl_printable(copy);
    for (const char *c = copy; *c; c++) {
        const char *name = *c == '<' ? "&lt;" : *c == '>' ? "&gt;" : *c == '&' ? "&amp;" : *c == '"' ? "&quot;" : NULL;
        fputs(name ? name : (char[]){*c, 0}, out);
    }
    free(copy);
}

void hl_markup_number(FILE *out, double x, const char *unit)
{
    if (isfinite(x)) fprintf(out, "<td>%.4g%s</td>", x, unit);
    else fputs("<td>&#8211;</td>", out);
}

void hl_markup_interval(FILE *out, double x, hl_statistics_interval i)
{
    if (isfinite(x) && isfinite(i.low)) fprintf(out, "<td>%.4g <small>[%.4g, %.4g]</small></td>", x, i.low, i.high);
    else hl_markup_number(out, x, "");
}

void hl_markup_heads(FILE *out, const char *const *heads, size_t n)
{
    fputs("<tr>", out);
    for (size_t i = 0; i < n; i++) fprintf(out, "<th>%s</th>", heads[i]);
    fputs("</tr>\n", out);
}
