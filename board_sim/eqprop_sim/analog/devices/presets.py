"""Kinds of device, with the sources of their figures.

aihwkit's weights of -1..1 are this package's range 0..1, so its steps are halved here, and so are the spreads of its
bounds. If a source gives no conductances in siemens, 100 uS is assumed. 1 V and 100 ns per pulse are always assumed.
The figures are from aihwkit's fits to the papers; the papers themselves were not read.
"""

from .devices import Device

PRESETS = {
    "ideal": Device(),
    "rpu": Device(
        levels=1201,
        dw_min_dtod=0.3,
        dw_min_std=0.3,
        up_down_dtod=0.01,
        w_max_dtod=0.15,
        w_min_dtod=0.15,
        source="the specification of Gokmen & Vlasov 2016, Front. Neurosci. 10, 333, in aihwkit's form "
        "(GokmenVlasov): 1200 steps, 30 % spreads",
    ),
    "rram": Device(
        on_off=10.0,
        levels=1001,
        response="SoftBounds",
        dw_min_dtod=0.3,
        dw_min_std=3.75,
        up_down_dtod=0.01,
        w_max_dtod=0.15,
        w_min_dtod=0.15,
        source="HfO2 RRAM of Gong et al. 2018, Nat. Commun. 9, 2102, in aihwkit's SoftBounds fit (ReRamSB), without "
        "write noise; the ratio of 10 is assumed",
    ),
    "pcm": Device(
        g_on=25e-6,
        on_off=250.0,
        levels=21,
        response="SoftBounds",
        dw_min_dtod=0.2,
        dw_min_std=0.6,
        up_down_dtod=0.05,
        w_max_dtod=0.05,
        read_noise_std=0.037,
        nu=0.049,
        nu_dtod=0.008,
        drift_t0_s=20.0,
        source="PCM of Nandakumar et al. 2020, Front. Neurosci. 14, 406, spreads as of aihwkit (PCMPreset), and of "
        "Joshi et al. 2020, Nat. Commun. 11, 2473, 25 uS, drift, and read noise at g_on after 20 s, as of aihwkit "
        "(PCMLikeNoiseModel); 20 pulses from end to end, gradual RESET and the ratio of 250 are assumed",
    ),
    "ecram": Device(
        on_off=100.0,
        levels=715,
        response="LinearStep",
        gamma_up=0.18,
        gamma_down=0.71,
        up_down=-0.23,
        dw_min_dtod=0.1,
        dw_min_std=0.3,
        up_down_dtod=0.01,
        w_max_dtod=0.025,
        w_min_dtod=0.025,
        retention_s=3.6e4,
        source="Li ECRAM of Tang et al. 2018, IEDM 13.1, in aihwkit's LinearStep fit (EcRam), its slopes referred to "
        "the ends of the range; ratio and retention are assumed",
    ),
}
"""The presets by name."""
