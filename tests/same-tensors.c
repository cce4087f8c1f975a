/* same-tensors.c - has a folder of weights all tensors of another one, number by number?  For tests/end-export.sh.
 *
 * usage: same-tensors FROM TO
 * Heads and what is computed are left out.  Names may begin with model. or bert. in either folder, and norms of old
 * BERTs be called gamma and beta.  Prints how many tensors are the same, or the first that is not. */
#include "base/alloc.h"
#include "io/weights/hf-names.h"
#include "io/weights/state-dict.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME = 300 };

static void rename_end(char *name, const char *old, const char *new)
{
    const size_t n = strlen(name), k = strlen(old);
    if (n > k && strcmp(name + n - k, old) == 0) snprintf(name + n - k, NAME - n + k, "%s", new);
}

/* Without what comes before the layers, and by today's names. */
static void plain_name(char out[NAME], const char *name)
{
    static const char *const begins[] = {"model.", "bert."};
    for (int i = 0; i < 2; i++)
        if (strncmp(name, begins[i], strlen(begins[i])) == 0) name += strlen(begins[i]);
    snprintf(out, NAME, "%s", name);
    rename_end(out, ".gamma", ".weight");
    rename_end(out, ".beta", ".bias");
}

static const hl_state_tensor *find(const hl_state_dict *s, const char *name)
{
    char wanted[NAME], is[NAME];
    plain_name(wanted, name);
    for (int i = 0; i < hl_state_dict_count(s); i++) {
        plain_name(is, hl_state_dict_at(s, i)->name);
        if (strcmp(is, wanted) == 0) return hl_state_dict_at(s, i);
    }
    return NULL;
}

static float *numbers_of(const hl_state_tensor *t)
{
    float *x = hl_alloc((t->count + 1) * sizeof *x);
    if (hl_state_dict_read(t, x) == HL_OK) return x;
    free(x);
    return NULL;
}

static bool are_same(const hl_state_tensor *a, const hl_state_tensor *b)
{
    if (!b || a->ndim != b->ndim || memcmp(a->shape, b->shape, (size_t)a->ndim * sizeof *a->shape) != 0) return false;
    float *x = numbers_of(a), *y = numbers_of(b);
    const bool same = x && y && memcmp(x, y, a->count * sizeof *x) == 0;
    free(x);
    free(y);
    return same;
}

/* A User LLM has no token table of its own. */
static bool is_left_out(const char *name, const hl_state_tensor *to)
{
    const bool is_table = strstr(name, "embed_tokens.weight") != NULL;
    return is_table ? to && to->shape[0] == 1 : hl_hf_names_is_idle(name);
}

int main(int argc, char **argv)
{
    hl_state_dict *from = NULL, *to = NULL;
    int same = 0;
    if (argc != 3 || hl_state_dict_open(&from, argv[1]) != HL_OK || hl_state_dict_open(&to, argv[2]) != HL_OK) {
        fprintf(stderr, "same-tensors: %s\n", hl_error_text());
        return EXIT_FAILURE;
    }
    for (int i = 0; i < hl_state_dict_count(from); i++) {
        const hl_state_tensor *t = hl_state_dict_at(from, i), *other = find(to, t->name);
        if (is_left_out(t->name, other)) continue;
        if (are_same(t, other)) same++;
        else {
            printf("%s: %s\n", t->name, other ? "is another" : "is not there");
            return EXIT_FAILURE;
        }
    }
    printf("%d same\n", same);
    hl_state_dict_close(to);
    hl_state_dict_close(from);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
