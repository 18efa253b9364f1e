/* emlearn's network: 32-bit floating point, ReLU, inference only. Its outputs have no softmax, which would only cost: the
 * class is the same. */
#include "peer.h"
#include <eml_net.h>

static float hidden_weights[INPUTS * HIDDEN], hidden_biases[HIDDEN], output_weights[HIDDEN * OUTPUTS];
static float output_biases[OUTPUTS], buffers[2][INPUTS], features[INPUTS];
static const EmlNetLayer layers[] = {
    {HIDDEN, INPUTS, hidden_weights, hidden_biases, EmlNetActivationRelu},
    {OUTPUTS, HIDDEN, output_weights, output_biases, EmlNetActivationIdentity},
};
static EmlNet net = {2, layers, buffers[0], buffers[1], INPUTS};
static int ready;

void prepare(int32_t *answer, const int8_t *x, int32_t label) {
    (void)answer, (void)label;
    if (!ready) {
        for (int i = 0; i < INPUTS * HIDDEN; i++)
            hidden_weights[i] = drawn() / 4;
        for (int i = 0; i < HIDDEN * OUTPUTS; i++)
            output_weights[i] = drawn() / 4;
        ready = 1;
    }
    for (int i = 0; i < INPUTS; i++)
        features[i] = x[i] / 127.0f;
}

void predict(int32_t *answer, const int8_t *x, int32_t label) {
    (void)x, (void)label;
    *answer = eml_net_predict(&net, features, INPUTS);
}
