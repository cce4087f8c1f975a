/* layer-pages.c - the pages that hold numbers of other replicas while a layer is at hand. */
#include "mpi/train/layer-pages.h"
#include <stdbool.h>

static bool are_same(hl_reserve_part a, hl_reserve_part b)
{
    return a.x == b.x && a.begin == b.begin && a.end == b.end;
}

/* Pages that serve for most of a part may serve for all of it. */
static bool are_enough(size_t pages, hl_reserve_part part) { return 10 * pages >= 9 * hl_reserve_pages(part); }

void hl_layer_pages_bring(hl_layer_pages *p, hl_layer_parts to)
{
    const hl_layer_parts was = p->at;
    if (are_same(was.part[0], to.part[0]) && are_same(was.part[1], to.part[1])) return;
    p->at = to;
    for (int i = 0; i < 2; i++) {
        const size_t has = was.part[i].x && are_enough(p->pages[i], to.part[i]) ? p->pages[i] : 0,
                     moved = was.part[i].x ? hl_reserve_move(to.part[i], was.part[i], has) : 0;
        p->pages[i] = moved ? moved : hl_reserve_pages(to.part[i]);
    }
}

void hl_layer_pages_forget(hl_layer_pages *p, const float *x)
{
    if (p->at.part[0].x == x) *p = (hl_layer_pages){0};
}
