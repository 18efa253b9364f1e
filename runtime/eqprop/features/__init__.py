"""Features of sensor signals in integers: the same bits on every interpreter, ready for `Network.learn`.

    from eqprop.features.mel import FilterBank
    from eqprop.features.window import Window

    window = Window(256, hop=128)          # 32 ms of 8 kHz audio, every 16 ms
    mel = FilterBank(window)
    while True:
        window.slide()
        microphone.readinto(window.fresh)  # 128 int16 samples, straight into the window
        mel.measure()
        print(mel.levels)                  # 16 bands, int16, 256 steps per octave of power

- window    `Window` holds samples, int16; `Statistics`: their mean, deviation, extremes, crossings and steps
- spectrum  `Spectrum`: power by an integer FFT; `Bands`: the power in bands, on a logarithmic scale
- mel       `FilterBank`: bands spaced as the ear spaces pitch
- utterance  `Utterance`: where a word begins and ends, and what it sounds like
- scale     `Scaler`: scales features to int8 by running mean and deviation; `fit`: by a known range
- population  `Population`: spreads few features over many units
- arithmetic  integer sine and logarithm, which the others share

A board loads only what it imports. Objects allocate nothing after construction. They share a window, so no sample is
copied. The window owns all memory and gives each kernel buffers of one type only. The inner loops are in
`eqprop.features.kernels`; on a PC `eqprop_sim.emulator.features` has a window with compiled loops.
"""
