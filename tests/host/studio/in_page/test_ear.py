"""Words in a stream of samples."""

import numpy as np

from eqprop_host.studio.in_page.ear import BANDS, RATE_HZ, STEPS, Ear


def test_a_word_is_heard_once_with_its_features():
    """Catches samples read with the wrong sign or order of bytes, and a word that is told twice."""
    t = np.arange(RATE_HZ // 2) / RATE_HZ
    word = 12000 * np.hanning(len(t)) * np.sin(2 * np.pi * (500 * t + 1500 * t * t))
    silence = np.random.default_rng(1).normal(0, 20, RATE_HZ // 2)
    ear = Ear()
    counts = []
    for piece in (silence, word, silence, word, silence):
        ear.hear(piece.astype("<i2").tobytes())
        counts.append(ear.words)
    assert counts == [0, 0, 1, 1, 2]
    levels = np.frombuffer(ear.features, np.int8).reshape(STEPS, BANDS)
    assert (np.diff(levels.argmax(axis=1)) >= 0).all() and levels[-1].argmax() > levels[0].argmax() + 3
