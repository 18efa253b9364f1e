"""The default energy model: a layered Hopfield network with signed weights and weak symmetric feedback.

The states s_l of layers l = 1..L minimise, with s_0 the inputs, k_L = 1 and k_l = k_(l+1) * 2**feedback,

    E = sum over l of k_l * (|s_l|**2 / 2 - s_l . (W_l s_(l-1) + b_l))

within the rails: 0..4 in hidden layers, -4..4 at the outputs. E is quadratic in each layer, with no term between two of
its nodes, so the layer's minimum, all others standing still, is

    s_l = clamp(W_l s_(l-1) + b_l + 2**-feedback * transposed(W_(l+1)) s_(l+1))

and E never rises from layer to layer. Each weight is a differential pair of conductances; nothing is divided.

- free phase: two sweeps upwards from zero, of which only the second feels feedback
- nudged phases: to E come - sum over l of k_l * r_l . s_l, with r_l such that the free state is at rest exactly, and
  -+ error . s_L. The outputs jump by +-error (target - output, where an output is on the wrong side of its target), and
  no rail holds them; one sweep goes down from there, moving each layer by what the displacement of the layer above
  brings.
- the change of W_l is proportional to k_l * (D_l transposed(M_(l-1)) + M_l transposed(D_(l-1))), D the difference and M
  the mean of the nudged states: the negative gradient of the squared error (Scellier & Bengio 2017; Laborieux et al.
  2021, for the symmetric nudge)

Formats: states and weights int16 with 12 bits after the point; inputs int8, 7 bits; sums of products 24 - product_shift
bits. Modules: `planning`, `crossbar` (the contract), `dynamics`, `kernels`; `selection` of a tier for all models.
"""
