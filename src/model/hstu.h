/* hstu.h - HSTU as a user model: item vectors of some samples in, the vector of each next item out (Zhai et al.,
 * Actions Speak Louder than Words, arXiv 2402.17152; as the public code of HLLM has it).
 *
 *     x = item vector + position of its slot
 *     u, v, q, k = silu(norm(x) W);  a = silu(q k^T + b) v / S over earlier items;  x += (u times norm(a)) W_o + b_o
 *
 * Norms have no weights, nothing is divided by sqrt(d), no norm follows the last layer.  S: slots of the window.
 * With the shape's rel_bias b is as published, of how long ago an item was met and how many items ago, numbers of each
 * layer that all its heads share; without it there is none, as the public code computes.
 * Ranks that share a layer have some heads each, of all four. */
#ifndef MODEL_HSTU_H
#define MODEL_HSTU_H
#include "model/model.h"

extern const hl_model_kind hl_user_hstu;

#endif
