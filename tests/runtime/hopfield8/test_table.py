"""The machine code of networks with weights of 8 bits keeps to the list of offsets of `eqprop.hopfield.native`."""

from support.tables import listed, names_used, offsets

OWN = {"_LOW": 4, "_HIGH": 5}  # words after the loss
SHARED = offsets("hopfield", "kernels/viper")


def test_kernels_use_the_lists_offsets():
    """Catches: a field that has moved in one module only, a name that the list has not, one that nothing uses."""
    own, known = offsets("hopfield8", "kernels/viper"), {**listed("hopfield"), **SHARED, **OWN}
    assert len(own) > 15
    assert own == {name: known.get(name) for name in own}
    assert set(own) <= names_used("hopfield8", "kernels/viper")
