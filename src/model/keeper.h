/* keeper.h - who has the numbers of a layer, as the model sees it.
 *
 * Ranks may divide the weights and gradients of a model among its copies (ZeRO, Rajbhandari et al., arXiv 1910.02054).
 * Then a stack says when it needs a layer and when it is done with it; mpi/ fills this table.  hl_keeps_all is the table of
 * a model whose numbers are all here. */
#ifndef MODEL_KEEPER_H
#define MODEL_KEEPER_H

typedef struct hl_keeper hl_keeper;
struct hl_keeper {
    void *self;
    void (*need)(const hl_keeper *k, int layer);  /* before its weights are used */
    void (*leave)(const hl_keeper *k, int layer); /* after */
    void (*done)(const hl_keeper *k, int layer);  /* after a backward that added to its gradients */
};

extern const hl_keeper hl_keeps_all;

#endif
