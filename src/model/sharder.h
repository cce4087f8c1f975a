/* sharder.h - who has the numbers of a layer, as the model sees it.
 *
 * Ranks may divide the weights and gradients of a model among its replicas (ZeRO, Rajbhandari et al., arXiv
 * 1910.02054).  Then a stack says when it needs a layer and when it is done with it; mpi/train/sharding.h fills this
 * table. hl_unsharded is the table of a model whose numbers are all here. */
#ifndef MODEL_SHARDER_H
#define MODEL_SHARDER_H

typedef struct hl_sharder hl_sharder;
struct hl_sharder {
    void *self;
    void (*unshard)(const hl_sharder *k, int layer); /* before its weights are used */
    void (*reshard)(const hl_sharder *k, int layer); /* after */
    void (*done)(const hl_sharder *k, int layer);    /* after a backward that added to its gradients */
};

extern const hl_sharder hl_unsharded;

#endif
