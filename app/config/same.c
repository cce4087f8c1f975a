/* same.c - the ranks of a job were started alike. */
#include "app/config/same.h"
#include "base/digest.h"
#include "base/log.h"
#include "app/config/build.h"
#include "app/config/options.h"
#include "io/files/regular.h"
#include "math/kernels.h"
#include "math/linear.h"
#include "mpi/comm/agreement.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char advice[] = "start all ranks with one command and the same program";

static bool is_option(const char *argument) { return strncmp(argument, "--", 2) == 0; }

/* "--key" or "--key=value" of the configuration? */
static bool is_of_config(const char *argument)
{
    char key[200];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(argument + 2, "="), argument + 2);
    return hl_option_find(key) >= 0;
}

/* *i: where the option stands, and then its value, if it is apart. */
static void add_option(hl_settings *s, int *i, int argc, char **argv, bool has_config)
{
    char name[200];
    const char *option = argv[*i], *equals = strchr(option, '=');
    bool is_apart = !equals && *i + 1 < argc && !is_option(argv[*i + 1]);
    snprintf(name, sizeof name, "%.*s", (int)strcspn(option, "="), option);
    const char *value = equals ? equals + 1 : is_apart ? argv[++*i] : "given";
    if (!has_config || !is_of_config(option)) hl_settings_add(s, name, value);
}

static void add_arguments(hl_settings *s, int argc, char **argv, bool has_config)
{
    char name[40];
    for (int i = 0, plain = 0; i < argc; i++) {
        if (is_option(argv[i])) add_option(s, &i, argc, argv, has_config);
        else
            snprintf(name, sizeof name, "argument %d", plain++),
                hl_settings_add(s, plain == 1 ? "the command" : name, argv[i]);
    }
}

hl_status hl_same_command(const hl_group *world, int argc, char **argv, bool has_config)
{
    hl_settings s = {0};
    hl_settings_add(&s, "the program's version", hl_build_version());
    hl_settings_add(&s, "the program's commit", hl_build_commit());
    hl_settings_add(&s, "the program's compiler", hl_build_compiler());
    hl_settings_add(&s, "the list of the program's compiler flags", hl_build_flags());
    add_arguments(&s, argc, argv, has_config);
    hl_settings_sort(&s);
    hl_status status = hl_settings_agree(world, &s, HL_EUSAGE, advice);
    hl_settings_free(&s);
    return status;
}

/* Digest of this rank's file, or `otherwise` where it has none that can be read again. */
static uint64_t digest_of_file(const char *path, size_t most, uint64_t otherwise)
{
    struct stat st;
    char *text;
    size_t n;
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode) || hl_regular_read(path, most, &text, &n) != HL_OK)
        return otherwise;
    uint64_t d = hl_digest(text, n);
    free(text);
    return d;
}

/* Which file of a machine; all zero: none. */
typedef struct {
    uint64_t device, number;
} identity;

static identity identity_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (identity){(uint64_t)st.st_dev, (uint64_t)st.st_ino} : (identity){0};
}

/* Of the ranks of a machine that see one file the first reads it.  Collective. */
static uint64_t digest_here(const hl_group *world, const char *path, size_t most, uint64_t read)
{
    hl_group node;
    hl_group_split_node(&node, world);
    const identity mine = identity_of(path);
    identity first = mine;
    uint64_t digest = node.rank > 0 ? 0 : world->rank == 0 ? read : digest_of_file(path, most, read);
    hl_group_broadcast(&node, &first, sizeof first, 0);
    hl_group_broadcast(&node, &digest, sizeof digest, 0);
    hl_group_close(&node);
    const bool is_one = mine.device == first.device && mine.number == first.number;
    return is_one ? digest : digest_of_file(path, most, read);
}

hl_status hl_same_file(const hl_group *world, const char *path, const char *text, size_t n)
{
    enum { MOST = 1 << 20 };
    char digest[17], value[40];
    hl_settings s = {0};
    uint64_t read = hl_digest(text, n);
    hl_digest_text(digest, digest_here(world, path, MOST, read));
    snprintf(value, sizeof value, "a file of digest %s", digest);
    hl_settings_add(&s, path, value);
    hl_status status =
        hl_settings_agree(world, &s, HL_EUSAGE, "copy it to all machines, or name one in a folder that they share");
    hl_settings_free(&s);
    return status;
}

hl_status hl_same_config(const hl_group *world, const hl_config *c)
{
    hl_settings s = {0};
    for (int i = 0; i < hl_options_n; i++) {
        const hl_option *o = &hl_options[i];
        if (!o->key) continue;
        char name[200], *value = hl_option_text(c, o);
        snprintf(name, sizeof name, "--%s", o->key);
        hl_settings_add(&s, name, value);
        free(value);
    }
    hl_status status = hl_settings_agree(world, &s, HL_EUSAGE, advice);
    hl_settings_free(&s);
    return status;
}

void hl_same_machines(const hl_group *world, int threads)
{
    char number[20], counts[500];
    snprintf(number, sizeof number, "%d", threads);
    const struct {
        const char *what, *value, *remedy;
    } kinds[] = {
        {"kernels", hl_kernels_name(), "HLLM_KERNELS names one that all have"},
        {"the BLAS", hl_math_library(), "OPENBLAS_CORETYPE names one that all have"},
        {"threads", number, "threads gives all the same"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (hl_settings_count(counts, sizeof counts, world, kinds[i].value) && world->rank == 0)
            hl_log(HL_WARN,
                   "%s: %s; they round differently, so the numbers also depend on which rank computes what; %s",
                   kinds[i].what, counts, kinds[i].remedy);
}
