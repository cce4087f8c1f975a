/* bias.h - the bias of a linear layer. */
#ifndef MATH_BIAS_H
#define MATH_BIAS_H

/* y (T, F) += b (F), each row. */
void hl_bias_forward(float *y, const float *b, int T, int F);

/* db (F) += sum over T of dy (T, F), in an order that depends on T alone. */
void hl_bias_backward(float *db, const float *dy, int T, int F);

#endif
