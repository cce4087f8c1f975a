/* start.c - what a job of so many ranks reads before its first step: files, bytes, seconds.
 *
 * The first replica of each side reads the weights, each rank its share, and gives them to the others; shards of the
 * dataset are digested once, by all ranks together.  On each node one rank opens a file for all that want it. */
#include "app/plan/start.h"
#include "base/minmax.h"
#include "io/weights/dtype.h"
#include "io/weights/state-dict.h"
#include <stdlib.h>
#include <string.h>

/* Files that rank 0 alone opens, as starts count them: shapes, tokenizer, sources, manifest, records. */
enum { SMALL_FILES = 11 };

typedef struct {
    double bytes;
    int files;
} folder_size;

static bool is_of_file_before(const hl_state_dict *s, int i)
{
    for (int k = 0; k < i; k++)
        if (strcmp(hl_state_dict_at(s, k)->path, hl_state_dict_at(s, i)->path) == 0) return true;
    return false;
}

/* A User LLM reads vectors, not tokens. */
static bool is_read(const hl_state_tensor *t, hl_side side)
{
    static const char table[] = "embed_tokens.weight";
    const size_t n = strlen(t->name), k = sizeof table - 1;
    return side == HL_ITEM || n < k || strcmp(t->name + n - k, table) != 0;
}

static folder_size size_of(const char *folder, hl_side side)
{
    folder_size of = {0};
    hl_state_dict *s = NULL;
    if (*folder && hl_state_dict_open(&s, folder) == HL_OK)
        for (int i = 0; i < hl_state_dict_count(s); i++) {
            const hl_state_tensor *t = hl_state_dict_at(s, i);
            of.bytes += is_read(t, side) * (double)t->count * (double)hl_dtype_find(t->dtype)->bytes;
            of.files += !is_of_file_before(s, i);
        }
    hl_state_dict_close(s);
    return of;
}

/* Ranks of the first replica on a node, and on how many nodes they are. */
static int readers_on(const hl_layout *l, hl_side side, int node, int each)
{
    int n = 0;
    for (int r = node * each; r < (node + 1) * each && r < l->ranks; r++)
        n += hl_layout_has(l, side, r) && hl_layout_replica(l, side, r) == 0;
    return n;
}

/* Weights of a side: bytes and files in all, and the seconds of the node that reads most. */
static void add_side(hl_start *s, const hl_forecast *f, hl_side side, const char *folder, const hl_start_question *q)
{
    const hl_layout *l = &f->layout;
    const hl_layout_side *g = &l->side[side];
    const int each = q->ranks_per_node ? q->ranks_per_node : l->ranks, shares = g->tp * g->pp;
    const folder_size of = size_of(folder, side);
    int most = 0;
    if (of.files == 0) return;
    for (int node = 0; node * each < l->ranks; node++) {
        const int n = readers_on(l, side, node, each);
        s->opens += n ? of.files : 0;
        most = hl_max(n, most);
    }
    s->weights += of.bytes;
    s->seconds += of.bytes * most / shares / q->disk;
    if (hl_layout_replicas(l, side) > 1) s->seconds += of.bytes / shares / f->job.machine.wire;
}

void hl_start_forecast(hl_start *s, const hl_forecast *f, const hl_config *c, const hl_start_question *q)
{
    const int ranks = f->layout.ranks, each = q->ranks_per_node ? q->ranks_per_node : ranks;
    const int nodes = (ranks + each - 1) / each;
    *s = (hl_start){.seconds = q->dataset_bytes / (q->disk * nodes)};
    if (hl_config_reads_texts(c) && c->item_llm_init) add_side(s, f, HL_ITEM, c->item_pretrain_dir, q);
    if (hl_config_has_user_llm(c) && c->user_llm_init) add_side(s, f, HL_USER, c->user_pretrain_dir, q);
    s->bytes = s->weights + q->dataset_bytes;
    s->opens += (double)q->shards * (nodes + 1) /* on each node, and by HDF5 */
                + nodes                         /* configuration */
                + ranks                         /* is the run folder one for all? */
                + SMALL_FILES;
}
