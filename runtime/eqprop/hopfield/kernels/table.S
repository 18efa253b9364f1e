/* The verbs of `run`, and where the fields of `eqprop.hopfield.native`'s table are, in bytes, for all kernels in assembler.
   Of the two words of an address, the low half's. */

    .equ LEARN, 1
    .equ NUDGE, 3
    .equ PROGRAM, 4

    .equ COUNTS, 4 * 0
    .equ FEATURES, 4 * 1
    .equ DRIVEN_SHIFT, 4 * 2
    .equ BACK_SHIFT, 4 * 3
    .equ PRODUCT_SHIFT, 4 * 4
    .equ FEEDBACK_SHIFT, 4 * 5
    .equ ROUND_SHIFT, 4 * 6
    .equ RAIL, 4 * 7
    .equ RIGHT, 4 * 8
    .equ WRONG, 4 * 9
    .equ POWER_BITS, 4 * 10
    .equ CLASSES, 4 * 11
    .equ ACTIVE, 4 * 12
    .equ STATES, 4 * 14
    .equ PULL, 4 * 16
    .equ BASE, 4 * 18
    .equ ERRORS, 4 * 20
    .equ SUMS, 4 * 22
    .equ LOSS, 4 * 24
    .equ AT_CROSSBARS, 4 * 26
    .equ PER_CROSSBAR, 4 * 14
    .equ NODES, 4 * 0
    .equ ROWS, 4 * 1
    .equ RATE_SHIFT, 4 * 2
    .equ ABOVE, 4 * 3
    .equ W, 4 * 4
    .equ CURRENT, 4 * 6
    .equ FREE, 4 * 8
    .equ PLUS, 4 * 10
    .equ MINUS, 4 * 12
