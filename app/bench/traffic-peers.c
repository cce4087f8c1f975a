/* traffic-peers.c - what the peers of a stage send each other for a micro-batch. */
#include "app/bench/traffic.h"
#include "base/lend.h"
#include "base/part.h"

typedef struct {
    hl_sent *sent;
    const hl_tensor_group *tp;
    int width;
    bool counts_panels;
} listener;

/* Blocks of rows, so many of each peer. */
static void hear_blocks(const listener *x, hl_talk t)
{
    const int p = x->tp->size;
    size_t *begin = hl_lend((size_t)(p + 1) * sizeof *begin);
    for (int r = 0; r <= p; r++) begin[r] = (size_t)hl_part_begin((int64_t)t.n, p, r) * (size_t)x->width;
    if (t.kind == HL_TALK_SCATTER) hl_sent_reduce_scatter(x->sent, p, x->tp->rank, begin);
    else hl_sent_all_gather_blocks(x->sent, p, x->tp->rank, begin);
    hl_lend_back(begin);
}

/* A sum of n numbers for one place of a line of a grid. */
static void hear_sum_for(const listener *x, hl_talk t, int p, int place)
{
    size_t *begin = hl_lend((size_t)(p + 1) * sizeof *begin);
    for (int r = 0; r <= p; r++) begin[r] = r > t.at ? t.n : 0;
    hl_sent_reduce_scatter(x->sent, p, place, begin);
    hl_lend_back(begin);
}

static void hear_panel(const listener *x, hl_talk t)
{
    const hl_tensor_group *tp = x->tp;
    const int columns = hl_tensor_group_columns(tp), column = hl_tensor_group_column(tp), row = hl_tensor_group_row(tp);
    const size_t bytes = t.n * sizeof(float);
    if (!x->counts_panels) return;
    if (t.kind == HL_TALK_ROW_BROADCAST) hl_sent_broadcast(x->sent, columns, column, bytes, t.at);
    if (t.kind == HL_TALK_COLUMN_BROADCAST) hl_sent_broadcast(x->sent, tp->rows, row, bytes, t.at);
    if (t.kind == HL_TALK_ROW_SCATTER) hear_sum_for(x, t, columns, column);
    if (t.kind == HL_TALK_COLUMN_SCATTER) hear_sum_for(x, t, tp->rows, row);
}

static void listen(void *self, hl_talk t)
{
    const listener *x = self;
    const hl_tensor_group *tp = x->tp;
    if (t.kind == HL_TALK_SUM) hl_sent_all_reduce(x->sent, tp->size, tp->rank, t.n);
    else if (t.kind == HL_TALK_SCATTER || t.kind == HL_TALK_GATHER) hear_blocks(x, t);
    else if (t.kind == HL_TALK_ROW_SUM)
        hl_sent_all_reduce_with(x->sent, hl_tensor_group_columns(tp), hl_tensor_group_column(tp), t.n, sizeof(double),
                                NULL);
    else hear_panel(x, t);
}

/* Forward, and back. */
static void count_peers(hl_sent sent[2], const hl_model *m, const hl_pack *pack, const hl_tensor_group *tp,
                        bool counts_panels)
{
    for (int back = 0; back < 2; back++) {
        listener x = {&sent[back], tp, m->row_width, counts_panels};
        sent[back] = (hl_sent){0};
        m->kind->talk(m, pack, back, listen, &x);
    }
}

/* ---- while a forecast is made */

static void open(void *self, hl_side side, int shares, int micro_batches)
{
    hl_traffic_heard *x = self;
    x->talk[side] = HL_TAKE(&x->arena, hl_sent *, shares);
    x->pack_rows[side] = HL_TAKE(&x->arena, int, micro_batches);
    for (int i = 0; i < shares; i++) x->talk[side][i] = HL_TAKE(&x->arena, hl_sent, 2 * (size_t)micro_batches);
}

static void hear(void *self, hl_side side, int share, int micro_batch, const hl_model *m, const hl_pack *pack,
                 const hl_tensor_group *tp)
{
    hl_traffic_heard *x = self;
    x->pack_rows[side][micro_batch] = pack->T;
    count_peers(&x->talk[side][share][2 * micro_batch], m, pack, tp, x->counts_panels);
}

void hl_traffic_open(hl_traffic_heard *x, hl_tile_engine engine)
{
    *x = (hl_traffic_heard){.counts_panels = engine == HL_SUMMA,
                            .listener = {x, open, hear},
                            .arena = hl_arena_growing("the traffic of a forecast")};
}

void hl_traffic_close(hl_traffic_heard *x) { hl_arena_free(&x->arena); }
