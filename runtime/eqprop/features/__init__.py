"""Features of sensors' signals in integers: the same bits on every interpreter, ready for `Network.learn`.

    from eqprop.features.mel import FilterBank
    from eqprop.features.window import Window

    window = Window(256, hop=128)          # 32 ms of 8 kHz audio, every 16 ms
    mel = FilterBank(window)
    while True:
        window.slide()
        microphone.readinto(window.fresh)  # 128 int16 samples, into the window itself
        mel.measure()
        print(mel.levels)                  # 16 bands, int16, 256 steps an octave of power

- window    `Window` holds samples, int16; `Statistics`: mean, deviation, ends, crossings and steps of them
- spectrum  `Spectrum`: power by an integer FFT; `Bands`: its sums over bands, on a logarithmic scale
- mel       `FilterBank`: bands as the ear hears them
- utterance  `Utterance`: where a word begins and ends, and what it sounds like
- scale     `Scaler`: running mean and deviation of features; `fit`: a known range; both to int8
- population  `Population`: few features spread over many units
- arithmetic  what these share: sine, logarithm

A board loads only what it imports. Objects allocate nothing once they are built. They share a window, so that samples
are copied nowhere; it has all its memory itself, so that no code is given a buffer of another kind. The inner loops
are `eqprop.features.kernels`; on a PC `eqprop_sim.emulator.features` has a window whose loops are compiled.
"""
