/* traffic.h - bytes and messages of each rank in each group of ranks, in a step of a forecast: those that a real step
 * of the same batch counts (hl_mesh_sent), by the same rules (mpi/comm/sent.h). */
#ifndef APP_BENCH_TRAFFIC_H
#define APP_BENCH_TRAFFIC_H
#include "app/plan/forecast.h"
#include "mpi/comm/sent.h"
#include "mpi/train/mesh.h"

typedef hl_sent hl_traffic_groups[HL_MESH_GROUPS];

/* What is heard while a forecast is made: (pp * tp), (micro-batches x 2) forward and back; (micro-batches) rows. */
typedef struct {
    hl_sent **talk[HL_SIDES];
    int *pack_rows[HL_SIDES];
    bool counts_panels;
    hl_forecast_listener listener; /* for the question of the forecast */
    hl_arena arena;
} hl_traffic_heard;

/* x stays where it is.  engine: who multiplies on grids.  Local. */
void hl_traffic_open(hl_traffic_heard *x, hl_tile_engine engine);
void hl_traffic_close(hl_traffic_heard *x);

/* sent (ranks), of a forecast to which x listened.  What ScaLAPACK sends is not known, as it is not counted.
 * Local. */
void hl_traffic_forecast(hl_traffic_groups *sent, const hl_traffic_heard *x, const hl_forecast *f, const hl_config *c);

#endif
