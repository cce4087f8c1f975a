/* crate-files.c - the files of a folder, as entities of an RO-Crate. */
#include "app/study/crate-files.h"
#include "base/arena.h"
#include "base/path.h"
#include "io/files/regular.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_BYTES = 1 << 30, DEEPEST = 8 };

static const struct {
    const char *ending, *kind;
} kinds[] = {
    {".json", "application/json"},  {".jsonl", "application/jsonl"},   {".yaml", "application/yaml"},
    {".csv", "text/csv"},           {".svg", "image/svg+xml"},         {".pdf", "application/pdf"},
    {".html", "text/html"},         {".tex", "application/x-tex"},     {".cff", "application/yaml"},
    {".gnuplot", "text/x-gnuplot"}, {".sbatch", "text/x-shellscript"}, {"/command", "text/x-shellscript"},
    {"/stdout", "text/plain"},      {"/stderr", "text/plain"},         {".log", "text/plain"},
};

static bool ends(const char *text, const char *with)
{
    const size_t n = strlen(text), tail = strlen(with);
    return n >= tail && strcmp(text + n - tail, with) == 0;
}

json_t *hl_crate_reference(const char *id)
{
    json_t *o = json_pack("{ss}", "@id", id);
    HL_CHECK(o != NULL);
    return o;
}

char *hl_crate_address(const char *path)
{
    char *text = NULL;
    size_t n;
    FILE *out = hl_alloc_stream(&text, &n);
    for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
        const bool is_plain = isascii(*c) && (isalnum(*c) || strchr("-._~/", *c));
        fprintf(out, is_plain ? "%c" : "%%%02X", *c);
    }
    fclose(out);
    return text;
}

/* As hexadecimal digits. */
static void sha256(char text[2 * SHA256_DIGEST_SIZE + 1], const char *bytes, size_t n)
{
    struct sha256_ctx c;
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_init(&c);
    sha256_update(&c, n, (const uint8_t *)bytes);
    sha256_digest(&c, sizeof digest, digest);
    for (size_t i = 0; i < sizeof digest; i++) sprintf(text + 2 * i, "%02x", digest[i]);
}

/* name: from the folder of the study on. */
static hl_status add_file(json_t *graph, json_t *parts, const char *dir, const char *name)
{
    char path[PATH_MAX], digest[2 * SHA256_DIGEST_SIZE + 1], size[30], *bytes = NULL;
    size_t n;
    hl_path(path, "%s/%s", dir, name);
    HL_TRY(hl_regular_read(path, MOST_BYTES, &bytes, &n));
    sha256(digest, bytes, n);
    free(bytes);
    snprintf(size, sizeof size, "%zu", n);
    char *id = hl_crate_address(name);
    json_t *o =
        json_pack("{ss ss ss ss ss}", "@id", id, "@type", "File", "name", id, "contentSize", size, "sha256", digest);
    HL_CHECK(o != NULL);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (ends(name, kinds[i].ending)) json_object_set_new(o, "encodingFormat", json_string(kinds[i].kind));
    json_array_append_new(graph, o);
    json_array_append_new(parts, hl_crate_reference(id));
    free(id);
    return HL_OK;
}

static bool is_left_out(const char *name)
{
    return name[0] == '.' || strcmp(name, "lock") == 0 || ends(name, ".lock") || ends(name, ".new")
           || strcmp(name, "ro-crate-metadata.json") == 0;
}

static hl_status add_folder(json_t *graph, json_t *parts, const char *dir, const char *below, int depth);

static hl_status add_entry(json_t *graph, json_t *parts, const char *dir, const char *name, int depth)
{
    char path[PATH_MAX];
    struct stat st;
    hl_path(path, "%s/%s", dir, name);
    if (lstat(path, &st) != 0) return HL_OK; /* a run that is being made is made anew */
    if (S_ISREG(st.st_mode)) return add_file(graph, parts, dir, name);
    return S_ISDIR(st.st_mode) && depth < DEEPEST ? add_folder(graph, parts, dir, name, depth + 1) : HL_OK;
}

static hl_status add_folder(json_t *graph, json_t *parts, const char *dir, const char *below, int depth)
{
    char path[PATH_MAX], name[PATH_MAX];
    struct dirent **list = NULL;
    hl_status s = HL_OK;
    hl_path(path, "%s/%s", dir, below);
    const int n = scandir(path, &list, NULL, alphasort);
    if (n < 0) return HL_FAIL(HL_ESTORE, "%s: cannot be listed: %s", path, strerror(errno));
    for (int i = 0; i < n; i++) {
        const char *its = list[i]->d_name;
        const bool fits = hl_path_fits(name, "%s%s%s", below, *below ? "/" : "", its);
        if (s == HL_OK && fits && !is_left_out(its)) s = add_entry(graph, parts, dir, name, depth);
        free(list[i]);
    }
    free(list);
    return s;
}

hl_status hl_crate_files(json_t *graph, json_t *parts, const char *dir) { return add_folder(graph, parts, dir, "", 0); }
