/* checkpoint-content.c - what a checkpoint is made of. */
#include "io/checkpoint/checkpoint-content.h"
#include "base/alloc.h"
#include <sys/stat.h>

int hl_checkpoint_weights(hl_tensor_array *a, const hl_checkpoint_content *c)
{
    for (int i = 0; i < c->parts; i++)
        a[i] = (hl_tensor_array){c->part[i].table, c->part[i].whole,      c->part[i].holders,
                                 c->part[i].w,     c->part[i].weights_of, ""};
    return c->parts;
}

int hl_checkpoint_moments(hl_tensor_array *a, const hl_checkpoint_content *c)
{
    for (int i = 0; i < c->parts; i++) {
        const hl_checkpoint_part *p = &c->part[i];
        a[i] = (hl_tensor_array){p->table, p->whole, p->holders, p->m, p->moments_of, "m"};
        a[c->parts + i] = (hl_tensor_array){p->table, p->whole, p->holders, p->v, p->moments_of, "v"};
    }
    return 2 * c->parts;
}

int hl_checkpoint_tensors(hl_tensor **out, const hl_checkpoint_content *c)
{
    int room = 0, n = 0;
    for (int i = 0; i < c->parts; i++) room += c->part[i].whole->n;
    *out = hl_alloc((size_t)room * sizeof **out);
    for (int i = 0; i < c->parts; i++) n += hl_tensors_list(*out + n, c->part[i].whole);
    return n;
}

int64_t hl_checkpoint_file_size(const hl_group *world, const char *path)
{
    struct stat st;
    int64_t size = -1;
    if (world->rank == 0 && stat(path, &st) == 0) size = (int64_t)st.st_size;
    hl_group_broadcast(world, &size, sizeof size, 0);
    return size;
}
