/* FANN: backpropagation after each sample in 32-bit floating point, or with FIXED inference in 32-bit integers. Of its
 * activation functions and errors these took the fewest instructions. It gets memory that is never freed.
 */
#include "peer.h"
#include <stdio.h>
#include <stdlib.h>
/* FANN prints when it complains; a bare board has nowhere to print to */
#undef stderr
#define stderr NULL
#define printf(...)
#ifdef FIXED
#include <fixedfann.c>
#else
#include <floatfann.c>
#endif

static struct fann *net;
static fann_type features[INPUTS], wanted[OUTPUTS];
static char memory[128 * 1024] __attribute__((aligned(8)));
static size_t used;

void *calloc(size_t count, size_t bytes) {
    void *got = memory + used;
    used += (count * bytes + 7) & ~7u;
    return used <= sizeof(memory) ? got : NULL;
}

void *malloc(size_t bytes) {
    return calloc(1, bytes);
}

void *realloc(void *old, size_t bytes) {
    return old ? NULL : calloc(1, bytes); /* what it held is not kept, so it fails */
}

void free(void *old) {
    (void)old;
}

void srand(unsigned int seed) {
    (void)seed;
}

int rand(void) {
    return (int32_t)((drawn() + 1) * (RAND_MAX / 2));
}

void prepare(int32_t *answer, const int8_t *x, int32_t label) {
    (void)answer;
    if (!net) {
        net = fann_create_standard(3, INPUTS, HIDDEN, OUTPUTS);
        fann_set_activation_function_hidden(net, FANN_LINEAR_PIECE);
        fann_set_activation_function_output(net, FANN_LINEAR_PIECE);
#ifdef FIXED
        fann_randomize_weights(net, -net->multiplier / 4, net->multiplier / 4);
#else
        fann_randomize_weights(net, -0.25f, 0.25f);
        fann_set_training_algorithm(net, FANN_TRAIN_INCREMENTAL);
        fann_set_train_error_function(net, FANN_ERRORFUNC_LINEAR);
#endif
    }
#ifdef FIXED
    for (int i = 0; i < INPUTS; i++)
        features[i] = x[i] * 2;
#else
    for (int i = 0; i < INPUTS; i++)
        features[i] = x[i] / 127.0f;
#endif
    for (int k = 0; k < OUTPUTS; k++)
        wanted[k] = k == label;
}

#ifndef FIXED
void learn(int32_t *answer, const int8_t *x, int32_t label) {
    (void)answer, (void)x, (void)label;
    fann_train(net, features, wanted);
}
#endif

void predict(int32_t *answer, const int8_t *x, int32_t label) {
    (void)x, (void)label;
    const fann_type *y = fann_run(net, features);
    int best = 0;
    for (int k = 1; k < OUTPUTS; k++)
        if (y[k] > y[best])
            best = k;
    *answer = best;
}
