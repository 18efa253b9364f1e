/* Backpropagation in C: one training step of a network of the same sizes with one hidden layer of ReLU nodes, weights of
 * 32 bits (Q16), features of 8 and the errors one-sided as eqprop's. It skips inputs and hidden nodes at zero. What a
 * network costs that need not settle; its weights are not the energy models'.
 */
#include <stdint.h>
/* Defined by the compiler's options: INPUTS, HIDDEN, OUTPUTS */

struct Net {
    uint32_t seed; /* 0 before the first sample */
    int32_t w1[HIDDEN][INPUTS + 1], w2[OUTPUTS][HIDDEN + 1];
    int32_t n, value[INPUTS + 1], m, h[HIDDEN + 1], y[OUTPUTS];
    uint16_t input[INPUTS + 1], on[HIDDEN + 1];
};

static int32_t drawn(struct Net *net, int32_t most) {
    net->seed ^= net->seed << 13;
    net->seed ^= net->seed >> 17;
    net->seed ^= net->seed << 5;
    return (((int32_t)(net->seed >> 16) * (2 * most)) >> 16) - most;
}

static void infer(struct Net *net, const int8_t *x) {
    int32_t n = 0, m = 0;
    for (int i = 0; i < INPUTS; i++)
        if (x[i]) {
            net->input[n] = i;
            net->value[n++] = x[i];
        }
    net->input[n] = INPUTS;
    net->value[n++] = 127;
    for (int j = 0; j < HIDDEN; j++) {
        const int32_t *w = net->w1[j];
        int32_t sum = 0;
        for (int a = 0; a < n; a++)
            sum += w[net->input[a]] * net->value[a];
        if (sum > 0) {
            net->h[m] = sum >> 16;
            net->on[m++] = j;
        }
    }
    net->h[m] = 127;
    net->on[m++] = HIDDEN;
    for (int k = 0; k < OUTPUTS; k++) {
        const int32_t *w = net->w2[k];
        int32_t sum = 0;
        for (int a = 0; a < m; a++)
            sum += w[net->on[a]] * net->h[a];
        net->y[k] = sum >> 9;
    }
    net->n = n;
    net->m = m;
}

static void start(struct Net *net) {
    net->seed = 12345;
    for (int j = 0; j < HIDDEN; j++)
        for (int i = 0; i < INPUTS; i++)
            net->w1[j][i] = drawn(net, 16000);
    for (int k = 0; k < OUTPUTS; k++)
        for (int j = 0; j < HIDDEN; j++)
            net->w2[k][j] = drawn(net, 18000);
}

int32_t learn(struct Net *net, const int8_t *x, int32_t label) {
    if (!net->seed)
        start(net);
    infer(net, x);
    int32_t error[OUTPUTS], back[HIDDEN + 1], any = 0, n = net->n, m = net->m;
    for (int k = 0; k < OUTPUTS; k++) {
        int32_t e = (k == label ? 16384 : 0) - net->y[k];
        error[k] = (e < 0) == (k == label) ? 0 : e;
        any |= error[k];
    }
    if (!any)
        return 0;
    for (int a = 0; a < m; a++)
        back[a] = 0;
    for (int k = 0; k < OUTPUTS; k++)
        if (error[k])
            for (int a = 0; a < m; a++) {
                int32_t *w = net->w2[k] + net->on[a];
                back[a] += (*w >> 6) * (error[k] >> 4);
                *w += (error[k] * net->h[a]) >> 9;
            }
    for (int a = 0; a < m - 1; a++) {
        int32_t d = back[a] >> 15, *w = net->w1[net->on[a]];
        if (d)
            for (int b = 0; b < n; b++)
                w[net->input[b]] += (d * net->value[b]) >> 2;
    }
    return any;
}
