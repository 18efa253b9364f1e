"""Features of a motion sensor."""

import numpy as np

from eqprop_host.studio.in_page.motion import AXES, EACH, SAMPLES, Motion


def features(readings):
    motion = Motion()
    motion.feel(np.asarray(readings).astype("<i2").tobytes())
    return np.frombuffer(motion.features(), np.int8).reshape(AXES, EACH)


def test_each_axis_has_its_own_features():
    """Catches axes that are mixed, and a sign that is lost."""
    rest = np.zeros((SAMPLES, AXES))
    rest[:, 2] = 981
    lying = features(rest)
    assert lying[:, 0].tolist() == [0, 0, 62] and (lying[:, 1] == -127).all()
    shaken = rest.copy()
    shaken[:, 1] = 800 * np.sin(np.arange(SAMPLES))
    found = features(shaken)
    assert found[0].tolist() == lying[0].tolist() and found[2].tolist() == lying[2].tolist()
    assert (found[1, 1:] > lying[1, 1:] + 60).all()
    assert features(-rest)[2, 0] == -62
