/* embed-catalogue.c - the items of the catalogue, in its order; item i + 1 is row i. */
#include "app/embed/embed-texts.h"
#include "base/alloc.h"
#include "base/digest.h"
#include <stdlib.h>

static bool is_it(const hl_embed_orders *o) { return !o->texts && !o->users; }

static hl_status open_catalogue(hl_embed_source *s)
{
    const hl_corpus *c = s->job->corpus;
    hl_embed_source_rows(s, c->items - 1);
    s->round = HL_EMBED_TEXTS;
    uint64_t *first = hl_alloc_zero((size_t)s->rows + 1, sizeof *first);
    for (int64_t row = hl_embed_source_begin(s); row < hl_embed_source_end(s); row++) {
        int n;
        const int32_t *tokens = c->tokens(c, row + 1, &n);
        s->digest[row] = hl_digest(tokens, (size_t)n * sizeof *tokens);
        first[row] = (uint64_t)c->first_equal(c, row + 1);
    }
    hl_embed_source_share(s, s->digest);
    hl_embed_source_share(s, first);
    hl_embed_source_join(s, first);
    free(first);
    return HL_OK;
}

static void close_catalogue(hl_embed_source *s) { (void)s; }

static const char *id(const hl_embed_source *s, int64_t row, int *n)
{
    return hl_dataset_item_id(s->job->data, row + 1, n);
}

typedef struct {
    const hl_corpus *corpus;
    const int32_t *list;
} round_of;

static const int32_t *tokens_of(const void *self, int i, int *n)
{
    const round_of *r = self;
    return r->corpus->tokens(r->corpus, i >= 0 ? r->list[i] + 1 : 0, n);
}

static hl_status encode(hl_embed_source *s, const int32_t *list, int n, hl_embed_part *out)
{
    const round_of r = {s->job->corpus, list};
    return hl_embed_texts_encode(s, &(hl_embed_texts){&r, tokens_of}, list, n, out);
}

const hl_embed_kind hl_embed_catalogue = {.kind = "items",
                                          .digest_name = "text_digest",
                                          .noun = "texts",
                                          .is_it = is_it,
                                          .open = open_catalogue,
                                          .close = close_catalogue,
                                          .id = id,
                                          .encode = encode};
