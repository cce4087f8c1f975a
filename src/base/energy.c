/* energy.c - what the processors of this machine have used. */
#include "base/energy.h"
#include "base/path.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A number in a file of a zone.  False, with errno, where it cannot be read. */
static bool read_number(double *x, const char *zone, const char *name)
{
    char path[PATH_MAX];
    FILE *f = hl_path_fits(path, "%s/%s", zone, name) ? fopen(path, "r") : NULL;
    if (!f) return false;
    errno = ERANGE;
    const bool is_read = fscanf(f, "%lf", x) == 1 && *x >= 0;
    fclose(f);
    return is_read;
}

/* A package, which holds its cores; or the memory beside it, which it does not hold on servers.  "psys" would count
 * both once more. */
static bool counts(const char *zone)
{
    char path[PATH_MAX], name[40] = "";
    FILE *f = hl_path_fits(path, "%s/name", zone) ? fopen(path, "r") : NULL;
    if (!f) return false;
    const bool is_read = fscanf(f, "%39s", name) == 1;
    fclose(f);
    return is_read && (strncmp(name, "package", 7) == 0 || strcmp(name, "dram") == 0);
}

static void lose(hl_energy *e, const char *zone)
{
    snprintf(e->reason, sizeof e->reason, "%.300s/energy_uj cannot be read: %s%s", zone, strerror(errno),
             errno == EACCES ? "; only root may, unless the administrator opens it" : "");
}

static void add(hl_energy *e, const char *root, const char *name)
{
    char path[PATH_MAX];
    hl_energy_zone *z = &e->zone[e->zones];
    if (strncmp(name, "intel-rapl:", 11) != 0 || e->zones == HL_ENERGY_ZONES) return;
    if (!hl_path_fits(path, "%s/%s", root, name) || strlen(path) >= sizeof z->path || !counts(path)) return;
    strcpy(z->path, path);
    e->zones++;
    const bool is_read =
        read_number(&z->range, path, "max_energy_range_uj") && read_number(&z->last, path, "energy_uj");
    if (!is_read && !*e->reason) lose(e, path);
}

void hl_energy_open(hl_energy *e, const char *root)
{
    *e = (hl_energy){0};
    DIR *dir = opendir(root);
    if (!dir) {
        snprintf(e->reason, sizeof e->reason, "%.300s: %s; this machine shows no counters of energy", root,
                 strerror(errno));
        return;
    }
    for (struct dirent *d; (d = readdir(dir));) add(e, root, d->d_name);
    closedir(dir);
    if (!e->zones) snprintf(e->reason, sizeof e->reason, "%.300s has no intel-rapl counter of a package", root);
}

double hl_energy_joules(hl_energy *e)
{
    double sum = 0;
    for (int i = 0; i < e->zones && !*e->reason; i++) {
        hl_energy_zone *z = &e->zone[i];
        double now;
        if (!read_number(&now, z->path, "energy_uj")) {
            lose(e, z->path);
            return 0;
        }
        sum += now - z->last + (now < z->last ? z->range : 0);
        z->last = now;
    }
    return *e->reason ? 0 : sum / 1e6;
}
