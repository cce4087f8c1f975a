/* array.c - arrays that grow. */
#include "base/array.h"
#include "base/alloc.h"
#include "base/minmax.h"

enum { FIRST = 16 };

void *hl_array_grow(void *at, size_t *room, size_t wanted, size_t size)
{
    const size_t half_more = *room + *room / 2;
    if (wanted < half_more) wanted = half_more;
    *room = hl_max(wanted, FIRST);
    return hl_realloc(at, *room * size);
}
