/* Our own backpropagation in 32-bit integers as a peer. */
#include "peer.h"
#define learn step
#define drawn integer_drawn
#include "../backprop.c"
#undef learn

static struct Net net;

void prepare(int32_t *answer, const int8_t *x, int32_t label) {
    (void)answer, (void)x, (void)label;
    if (!net.seed)
        start(&net);
}

void learn(int32_t *answer, const int8_t *x, int32_t label) {
    (void)answer;
    step(&net, x, label);
}

void predict(int32_t *answer, const int8_t *x, int32_t label) {
    (void)label;
    infer(&net, x);
    int32_t best = 0;
    for (int k = 1; k < OUTPUTS; k++)
        if (net.y[k] > net.y[best])
            best = k;
    *answer = best;
}
