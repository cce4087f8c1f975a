/* layer-pages.h - the pages that hold numbers of other replicas while a layer is at hand.
 *
 * Where replicas divide each layer (step/zero.h), a rank holds the numbers of others for one layer at a time.  The
 * system clears each page that it gives, which costs more than what goes through the page; so pages stay where they are
 * until another layer wants them, and are moved there.  Both sides may have the same pages. */
#ifndef MPI_TRAIN_LAYER_PAGES_H
#define MPI_TRAIN_LAYER_PAGES_H
#include "base/reserve.h"

/* What others have of a layer: numbers before my block, and behind it, of one array. */
typedef struct {
    hl_reserve_part part[2];
} hl_layer_parts;

typedef struct {
    hl_layer_parts at;
    size_t pages[2]; /* of each part, that came together */
} hl_layer_pages;

/* The layer at hand is this one; the numbers of the one before are zero.  Local. */
void hl_layer_pages_bring(hl_layer_pages *p, hl_layer_parts to);

/* If the pages are in array x they are none any more: x is about to give up all of them, or has.  Local. */
void hl_layer_pages_forget(hl_layer_pages *p, const float *x);

#endif
