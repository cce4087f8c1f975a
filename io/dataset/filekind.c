/* filekind.c - what a file is that is no CSV file, by its first bytes. */
#include "io/dataset/filekind.h"
#include <stdbool.h>
#include <string.h>

#define BYTES(text) (text), sizeof(text) - 1

static const struct {
    size_t from;
    const char *bytes;
    size_t n;
    const char *what, *next;
} kinds[] = {
    {0, BYTES("\x1F\x8B"), "is compressed by gzip", "unpack it with gunzip"},
    {4, BYTES("1AY&SY"), "is compressed by bzip2", "unpack it with bunzip2"},
    {0, BYTES("\xFD\x37zXZ"), "is compressed by xz", "unpack it with unxz"},
    {0, BYTES("\x28\xB5\x2F\xFD"), "is compressed by zstd", "unpack it with unzstd"},
    {0, BYTES("PK\x03\x04"), "is a ZIP archive or a workbook (xlsx)",
     "unpack it with unzip, or save the sheet as CSV in UTF-8"},
    {0, BYTES("\xD0\xCF\x11\xE0"), "is a workbook (xls)", "save the sheet as CSV in UTF-8"},
    {0, BYTES("PAR1"), "is a Parquet file", "convert it with pandas' read_parquet and to_csv(index=False)"},
    {0, BYTES("ARROW1"), "is an Arrow file", "convert it with pandas' read_feather and to_csv(index=False)"},
    {0, BYTES("FEA1"), "is a Feather file", "convert it with pandas' read_feather and to_csv(index=False)"},
    {0, BYTES("\x89HDF"), "is an HDF5 file", "write the table as CSV"},
    {0, BYTES("SQLite format 3"), "is a SQLite database", "export the table as CSV"},
    {0, BYTES("\x93NUMPY"), "is a NumPy array", "write it as CSV"},
    {0, BYTES("\x80\x03"), "is a Python pickle", "write the table with to_csv(index=False)"},
    {0, BYTES("\x80\x04"), "is a Python pickle", "write the table with to_csv(index=False)"},
    {0, BYTES("\x80\x05"), "is a Python pickle", "write the table with to_csv(index=False)"},
    {0, BYTES("%PDF"), "is a PDF document", "give a CSV file"},
    {0, BYTES("\xFF\xFE"), "is UTF-16", "write it as UTF-8, as by iconv -f UTF-16 -t UTF-8"},
    {0, BYTES("\xFE\xFF"), "is UTF-16", "write it as UTF-8, as by iconv -f UTF-16 -t UTF-8"},
    {0, BYTES("version https://git-lfs"), "is a Git LFS pointer, not the file itself", "fetch it with git lfs pull"},
    {0, BYTES("{\""), "is JSON", "convert it with pandas' read_json(lines=True) and to_csv(index=False)"},
    {0, BYTES("[{"), "is JSON", "convert it with pandas' read_json and to_csv(index=False)"},
    {0, BYTES("<!DOCTYPE"), "is a web page", "the download gave a page in the file's place: fetch it again"},
    {0, BYTES("<!doctype"), "is a web page", "the download gave a page in the file's place: fetch it again"},
    {0, BYTES("<html"), "is a web page", "the download gave a page in the file's place: fetch it again"},
    {0, BYTES("<?xml"), "is XML", "write the table as CSV"},
};

/* JSON is a text, though no table. */
static bool is_json(const char *bytes) { return *bytes == '{' || *bytes == '['; }

static hl_status check(const char *path, const char *at, size_t n, const char *wanted, bool lines_are_good)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const bool is = n >= kinds[i].from + kinds[i].n && memcmp(at + kinds[i].from, kinds[i].bytes, kinds[i].n) == 0;
        if (is && !(lines_are_good && is_json(kinds[i].bytes)))
            return HL_FAIL(HL_EFORMAT, "%s: %s, not %s; %s", path, kinds[i].what, wanted, kinds[i].next);
    }
    return HL_OK;
}

hl_status hl_filekind_check(const char *path, const char *at, size_t n)
{
    return check(path, at, n, "a CSV file", false);
}

hl_status hl_filekind_check_lines(const char *path, const char *at, size_t n)
{
    return check(path, at, n, "a text of lines", true);
}
