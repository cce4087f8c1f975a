/* same-weights.c - are the weights of a folder the same on all machines? */
#include "io/weights/same-weights.h"
#include "base/arena.h"
#include "io/files/samefile.h"
#include "mpi/comm/agreement.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The files of a folder that is open, each once; how many. */
static int list_files(const char **path, const hl_state_dict *s)
{
    int n = 0;
    for (int i = 0; i < hl_state_dict_count(s); i++) {
        const char *one = hl_state_dict_at(s, i)->path;
        int k = 0;
        while (k < n && strcmp(path[k], one) != 0) k++;
        if (k == n) path[n++] = one;
    }
    return n;
}

/* An index may name other files elsewhere. */
static hl_status same_names(const hl_group *g, const char **path, int n)
{
    hl_settings s = {0};
    char name[40];
    for (int i = 0; i < n; i++) {
        snprintf(name, sizeof name, "file %d of the weights", i + 1);
        hl_settings_add(&s, name, path[i]);
    }
    hl_status status = hl_settings_agree(g, &s, HL_EFORMAT, "copy the whole folder to all machines again");
    hl_settings_free(&s);
    return status;
}

hl_status hl_sameweights_check(const hl_group *g, const hl_state_dict *s)
{
    const char **path = hl_alloc((size_t)(hl_state_dict_count(s) + 1) * sizeof *path);
    int n = list_files(path, s);
    hl_status status = same_names(g, path, n);
    for (int i = 0; status == HL_OK && i < n; i++) status = hl_samefile_check(g, path[i]);
    free(path);
    return status;
}
