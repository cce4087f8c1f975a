/* picture.c - a script of gnuplot is drawn. */
#include "app/study/picture.h"
#include "app/study/child.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/path.h"
#include "base/printable.h"
#include "io/files/atomic.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- texts of a script */

void hl_picture_text(FILE *out, const char *text)
{
    char *copy = hl_alloc_text(text);
    hl_printable(copy);
    fputc('\'', out);
    for (const char *c = copy; *c; c++) fputs(*c == '\'' ? "''" : (char[]){*c, 0}, out);
    fputc('\'', out);
    free(copy);
}

void hl_picture_label(FILE *out, const char *text)
{
    char *copy = hl_alloc_text(text);
    hl_printable(copy);
    for (char *c = copy; *c; c++)
        if (strchr("\"\\`", *c)) *c = '?';
    fprintf(out, "\"%s\"", copy);
    free(copy);
}

/* ---- drawing */

static void forget(const char *dir, const char *name)
{
    char path[PATH_MAX];
    hl_path(path, "%s/%s", dir, name);
    unlink(path);
}

void hl_picture_forget(const char *dir)
{
    forget(dir, "report.svg");
    forget(dir, "report.pdf");
}

/* What gnuplot says against a script of ours is in gnuplot.log.  HL_EUSAGE where there is no gnuplot. */
static hl_status draw(const char *dir, const char *name, char *const argv[])
{
    char picture[PATH_MAX], new[PATH_MAX], log[PATH_MAX];
    int status;
    hl_path(picture, "%s/%s", dir, name);
    hl_path(new, "%s/%s.new", dir, name);
    hl_path(log, "%s/gnuplot.log", dir);
    hl_status s = hl_child_run(&status, argv, new, log);
    if (s == HL_OK && status == 0) {
        unlink(log);
        return hl_atomic_move(new, picture);
    }
    unlink(new);
    if (s == HL_OK) return HL_FAIL(HL_EFAIL, "gnuplot has failed; %s says why", log);
    unlink(log);
    return s;
}

/* A gnuplot without cairo draws no PDF. */
hl_status hl_picture_draw(const char *dir, char *script)
{
    hl_status s = draw(dir, "report.svg", (char *[]){"gnuplot", script, NULL});
    if (s == HL_EUSAGE)
        hl_log(HL_WARN,
               "there is no gnuplot here, so there is no report.svg or report.pdf, and no picture in report.html; "
               "install gnuplot (gnuplot-nox)");
    if (s != HL_OK) return s == HL_EUSAGE ? HL_OK : s;
    s = draw(dir, "report.pdf", (char *[]){"gnuplot", "-e", "pdf=1", script, NULL});
    if (s == HL_EFAIL) hl_log(HL_WARN, "there is no report.pdf: %s", hl_error_text());
    return s == HL_EFAIL ? HL_OK : s;
}
