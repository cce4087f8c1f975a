/* page.c - report.html: what pages have around their tables. */
#include "app/study/page.h"
#include "app/study/markup.h"
#include "base/path.h"
#include "io/files/atomic.h"
#include "io/files/regular.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 26 };

/* From its element on: what stands before it is of a file by itself. */
void hl_page_picture(FILE *out, const char *dir)
{
    char path[PATH_MAX], *text = NULL;
    size_t n;
    hl_path(path, "%s/report.svg", dir);
    if (!hl_path_is_there(dir, "report.svg") || hl_regular_read(path, MOST_BYTES, &text, &n) != HL_OK) return;
    const char *svg = strstr(text, "<svg");
    if (svg) fprintf(out, "<div>\n%s</div>\n", svg);
    free(text);
}

void hl_page_begin(FILE *out, const char *name)
{
    fputs("<!DOCTYPE html>\n<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta "
          "charset=\"utf-8\"/>\n"
          "<title>",
          out);
    hl_markup_text(out, name);
    fputs("</title>\n<style>\nbody { font-family: sans-serif; margin: 2em }\n"
          "table { border-collapse: collapse; font-size: 0.78em }\n"
          "td, th { border: 1px solid #bbb; padding: 0.3em 0.4em; text-align: right; vertical-align: top }\n"
          "tr th:first-child, td.text, .first tr th:last-child { text-align: left }\n"
          "td { white-space: nowrap }\ntd.text { white-space: normal; min-width: 8em }\ntr th:first-child { "
          "min-width: 6em }\n"
          ".beside { display: flex; flex-wrap: wrap; gap: 2em; align-items: flex-start }\nsmall { color: #555; "
          "display: block; white-space: nowrap }\nsvg { "
          "max-width: 100%; height: auto "
          "}\n"
          "</style>\n</head>\n<body>\n<h1>",
          out);
    hl_markup_text(out, name);
    fputs("</h1>\n", out);
}

hl_status hl_page_end(FILE *out, char *const *text, const size_t *n, const char *dir)
{
    char path[PATH_MAX];
    fputs("</body>\n</html>\n", out);
    fclose(out);
    hl_path(path, "%s/report.html", dir);
    const hl_status s = hl_atomic_write(path, *text, *n);
    free(*text);
    return s;
}
