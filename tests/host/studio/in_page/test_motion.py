"""Features of a motion sensor."""

import numpy as np

from eqprop_host.studio.in_page.motion import AXES, BOARD, EACH, PHONE, SAMPLES, Motion


def features(readings, ranges=PHONE):
    motion = Motion(AXES, ranges)
    motion.feel(np.asarray(readings).astype(int).ravel().tolist())
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


def test_a_boards_readings_use_all_of_an_int16():
    found = features(np.full((SAMPLES, AXES), (32767, 0, -32768)), BOARD)
    assert found[:, 0].tolist() == [127, 0, -127] and (found[:, 1:] == -127).all()
