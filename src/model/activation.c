/* activation.c - what an MLP does between its products: a table of functions. */
#include "model/activation.h"
#include "math/gelu.h"
#include "math/swiglu.h"

const hl_activation *hl_activation_of(const hl_transformer *c)
{
    static const hl_activation swiglu = {hl_swiglu_forward, hl_swiglu_backward},
                               gelu = {hl_gelu_forward, hl_gelu_backward},
                               gelu_tanh = {hl_gelu_tanh_forward, hl_gelu_tanh_backward};
    if (hl_transformer_family(c)->activation == HL_MLP_SWIGLU) return &swiglu;
    return c->gelu_tanh ? &gelu_tanh : &gelu;
}
