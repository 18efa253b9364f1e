"""Kinds of device, with the sources of their figures.

aihwkit's weights of w_min..w_max are this package's range 0..1, so its steps and the spreads of its bounds are divided
by w_max - w_min; what it says of a step at weight 0, `_linear` says of steps at the ends of the range. If a source
gives no conductances in siemens, 100 uS is assumed. 1 V and 100 ns per pulse are always assumed. The figures are from
aihwkit's fits to the papers; the papers themselves were not read.
"""

from .devices import Device


def _linear(dw_min, w_min, w_max, noise, gamma_up=1.0, gamma_down=1.0, gamma_dtod=0.0):
    """Return the fields of aihwkit's LinearStep device; its SoftBounds device has both gammas 1.

    A pulse up moves its weight by dw_min (1 - gamma_up w / w_max), one down by dw_min (1 - gamma_down w / w_min).
    noise: dw_min_std without mult_noise.
    """
    span = w_max - w_min
    up = dw_min * (1 - gamma_up * w_min / w_max)
    down = dw_min * (1 - gamma_down * w_max / w_min)
    most = max(up, down)
    return {
        "levels": round(1 + span / most),
        "up_down": up / down - 1 if up < down else 1 - down / up,
        "gamma_up": 1 - dw_min * (1 - gamma_up) / up,
        "gamma_down": 1 - dw_min * (1 - gamma_down) / down,
        "gamma_dtod": gamma_dtod * span / w_max * (dw_min / up) ** 2,
        "dw_min_std": noise * dw_min / most,
    }


def _soft_bounds(dw_min, w_min, w_max, noise):
    fields = _linear(dw_min, w_min, w_max, noise)
    return {name: fields[name] for name in ("levels", "up_down", "dw_min_std")}


_ECRAM = _linear(0.002, -0.8276, 1.1724, noise=0.0, gamma_up=0.1153, gamma_down=0.5085, gamma_dtod=0.05)

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
        response="SoftBounds",
        **_soft_bounds(0.002, -0.75, 1.25, noise=3.75),
        mult_noise=False,
        dw_min_dtod=0.3,
        up_down_dtod=0.01,
        w_max_dtod=0.15,
        w_min_dtod=0.15,
        source="HfO2 RRAM of Gong et al. 2018, Nat. Commun. 9, 2102, in aihwkit's SoftBounds fit (ReRamSB), without "
        "write noise (write_noise_std=21); the ratio of 10 is assumed",
    ),
    "pcm": Device(
        g_on=25e-6,
        on_off=250.0,
        levels=21,
        response="SoftBounds",
        dw_min_dtod=0.2,
        dw_min_std=0.6,
        up_down_dtod=0.05,
        w_max_dtod=0.1,
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
        response="LinearStep",
        **_ECRAM | {"dw_min_std": 0.3},
        dw_min_dtod=0.1,
        up_down_dtod=0.01,
        w_max_dtod=0.025,
        w_min_dtod=0.025,
        retention_s=3.6e4,
        source="Li ECRAM of Tang et al. 2018, IEDM 13.1, in aihwkit's LinearStep fit (EcRam), its slopes referred to "
        "the ends of the range; ratio and retention are assumed",
    ),
}
"""The presets by name."""
