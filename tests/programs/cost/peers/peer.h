/* What each peer offers to peers.py, for one network of INPUTS, HIDDEN and OUTPUTS nodes (compiler's options): it keeps
 * the network in its own memory, at random weights at first.
 */
#include <stdint.h>

/* Take a sample: features 0..127 for 0 to 1, and the class to learn. Not counted: a peer's own firmware would have the
 * sample in the peer's numbers. */
void prepare(int32_t *answer, const int8_t *x, int32_t label);
/* Learn this sample. A peer that only infers has no such function. */
void learn(int32_t *answer, const int8_t *x, int32_t label);
/* Infer the class of this sample: *answer. */
void predict(int32_t *answer, const int8_t *x, int32_t label);

static uint32_t random_state = 12345;

/* Return a random number of -1 to 1. */
static inline float drawn(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return (int32_t)random_state / 2147483648.0f;
}
