"""The description of a network's inputs and outputs that a host stores on a board as the network's user data.

It is a JSON object in UTF-8; a program on the board reads it with `json.loads(network.user_data)`:

- eqprop        1, the version of this format; it comes first, to distinguish this from a program's own user data
- features      the number of features
- offset, span  lists of one number for all features, or of one each: input = (feature - offset) / span * 127
- ends, step, low, high
                the same in fewer bytes, if the lists offset and span would be too long: the lowest value of feature i
                is ends[0] + step * (ord(low[i]) - 35), its highest is ends[1] - step * (ord(high[i]) - 35); offset is
                their middle, span half their distance, or 0 if that is less than a step
- targets       of a network that learns numbers: lists offset and span, one number for each output, and names;
                target = offset + number / 32767 * span
- confidence    of a pushed network: percentages by range of margin, as in `Model`; missing if unknown
- recipe        how sounds or pictures became features; missing for plain numbers
- classes       names by label; features_named: names by input. Missing if there are none, or too many to fit
- classes_crc, features_named_crc
                CRC-32 of names that did not fit, to compare with a data set's

A board takes 2048 bytes, a small one fewer. Parts that do not fit are dropped or shortened in this order: feature
names; digits of the scale, as long as no input changes by more than 2 of 127; class names, unless short; the scale.
"""

import binascii
import json
import math

import numpy as np

from eqprop.service.user_data import USER_DATA_MAX

from .. import datasets
from ..errors import BoardError, DataError
from .interface import AnyBoard

FORMAT = 1
_START = b'{"eqprop":'
_SIZES = (USER_DATA_MAX, 1024, 512, 256)  # sizes in bytes to try in turn
_SHORT = 1 / 4  # class names up to this share of the user data take precedence over the scale
_WORDS = {
    "features_named": "feature names",
    "classes": "class names",
    "digits": "all digits of the scale",
    "scale": "the scale",
}
_FIRST = 35  # the letter for 0 steps, after those that JSON would escape
_STEPS = (0x7FF - _FIRST, 0xD7FF - _FIRST)  # a letter takes two bytes at most, or three
_LEAST = 64  # steps between the lowest and the highest value of a feature, or from its offset to either
_WIDE = 1e300  # the digits of a larger span are not shortened


def pack(scaling, recipe, feature_names, class_names, most=USER_DATA_MAX, targets=None, confidence=()):
    """Return (user data, description of the parts left out) for a network; the data have at most `most` bytes.

    scaling: from `Scaling.to_dict`. targets, confidence: as in `Model`. Raises DataError if
    even the smallest description does not fit.
    """
    about = {"recipe": recipe} if recipe else {}
    if targets:
        about["targets"] = targets
    if confidence:
        about["confidence"] = list(confidence)
    names = {"classes": list(class_names), "features_named": list(feature_names)}
    for scale, lacking in _forms(scaling, classes_stay=len(_text(names["classes"])) <= _SHORT * most):
        text = {"eqprop": FORMAT, "features": scaling["features"], **scale, **about}
        for key, held in names.items():
            if held and key in lacking:
                text[f"{key}_crc"] = names_crc(held)
            elif held:
                text[key] = held
        data = _text(text)
        if len(data) <= most:
            return data, ", ".join(_WORDS[key] for key in lacking if names.get(key, True))
    raise DataError(f"the description takes {len(data)} bytes, a board has room for {most}")


def _forms(scaling, classes_stay):
    """Yield (a form of the scale for the user data, keys of `_WORDS` for the parts it omits), best first."""
    whole = [(form, ()) for form in (_lists(scaling), _steps(scaling)) if form]
    rounded = [*(_steps(scaling, count) for count in _STEPS), _rounded(scaling)]
    shorter = [*whole, *((form, ("digits",)) for form in rounded if form)]
    yield from whole
    for scale, digits in shorter:
        yield scale, ("features_named", *digits)
    for scale, digits in () if classes_stay else shorter:
        yield scale, ("features_named", "classes", *digits)
    yield {}, ("features_named", "scale")
    yield {}, ("features_named", "classes", "scale")


def _text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _lists(scaling):
    return {key: scaling[key] for key in ("offset", "span")}


def _steps(scaling, steps=None):
    """Return `ends`, `step`, `low` and `high` for a scale, or None if they do not suit it.

    steps: the number of steps in the whole range; None for steps of 1, without rounding.
    """
    count = scaling["features"]
    offset, span = (np.broadcast_to(scaling[key], count) for key in ("offset", "span"))
    with np.errstate(over="ignore"):
        low, high = offset - span, offset + span
        first, last = float(low.min()), float(high.max())
        wide = last - first
    if not 1 / _WIDE < wide < math.inf:
        return None
    step = wide / steps if steps else 1
    if not steps and (wide > max(_STEPS) or (low != np.floor(low)).any() or (high != np.floor(high)).any()):
        return None
    if steps and ((span > 0) & (2 * span < _LEAST * step)).any():
        return None
    from_low, from_high = np.rint((low - first) / step), np.rint((last - high) / step)
    from_high = np.where(span > 0, from_high, np.rint(wide / step) - from_low)  # a span of 0 has both ends at one place
    letters = ("".join(chr(_FIRST + int(k)) for k in each) for each in (from_low, from_high))
    ends = [first, last] if steps else [int(first), int(last)]
    return {"ends": ends, "step": step, **dict(zip(("low", "high"), letters, strict=True))}


def _rounded(scaling):
    """Return `offset` and `span` with only as many digits as the inputs need."""
    count = scaling["features"]
    offset, span = (np.broadcast_to(scaling[key], count).tolist() for key in ("offset", "span"))
    places = [math.floor(math.log10(_LEAST) - math.log10(width)) + 1 if 0 < width < _WIDE else 0 for width in span]
    return {
        key: [_number(value, n) for value, n in zip(each, places, strict=True)]
        for key, each in (("offset", offset), ("span", span))
    }


def _number(value, places):
    """Return a number rounded to `digits` decimals, in its shortest JSON form."""
    rounded = round(value, places)
    return int(rounded) if places <= 0 and abs(rounded) < 1e9 else rounded


def unpack(user_data):
    """Return the description in user data from `pack`, a dict with every key; None for another program's data.

    Its scaling is None if it did not fit.
    Raises DataError for user data of a newer eqprop, and for damaged ones.
    """
    if not user_data.startswith(_START):
        return None
    try:
        about = json.loads(user_data)
        if about["eqprop"] > FORMAT:
            raise DataError(f"the board's user data have format {about['eqprop']}; this eqprop reads up to {FORMAT}")
        scaling = _scaling(about)
        names = {key: _names(about.get(key, [])) for key in ("classes", "features_named")}
        crcs = {f"{key}_crc": about.get(f"{key}_crc") for key in names}
        targets = about.get("targets", {})
        targets = datasets.TargetScaling.from_dict(targets).to_dict() if targets else {}
        kept = {"targets": targets, "confidence": list(about.get("confidence", []))}
        return {"scaling": scaling, "recipe": dict(about.get("recipe", {})), **kept, **names, **crcs}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"the board's user data are damaged: {type(error).__name__}: {error}") from error


def _scaling(about):
    """Return the argument of `Scaling.from_dict`, or None. Raises DataError, or other errors for wrong types."""
    if "ends" in about:
        (first, last), step = about["ends"], about["step"]
        low = [first + step * (ord(letter) - _FIRST) for letter in about["low"]]
        high = [last - step * (ord(letter) - _FIRST) for letter in about["high"]]
        pairs = list(zip(low, high, strict=True))
        about = {
            "features": about["features"],
            "offset": [a / 2 + b / 2 for a, b in pairs],
            "span": [b / 2 - a / 2 if b - a > step / 2 else 0 for a, b in pairs],
        }
    elif "offset" not in about:
        return None
    try:
        return datasets.Scaling.from_dict(about).to_dict()
    except DataError as error:
        raise DataError(f"the board's user data are damaged: {error}") from error


def _names(names):
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("the board's user data are damaged: names that are not text")
    return tuple(names)


def names_crc(names):
    """Return the CRC-32 of names, in eight hexadecimal digits."""
    return f"{binascii.crc32(json.dumps(list(names)).encode()):08x}"


def keep(board: AnyBoard, scaling, recipe, feature_names, class_names, tell, targets=None, confidence=()):
    """Store a network's description on its board; tell the user which parts did not fit."""
    for most in _SIZES:
        try:
            user_data, left_out = pack(scaling, recipe, feature_names, class_names, most, targets, confidence)
            board.write_user_data(user_data)
        except (BoardError, DataError) as error:
            refused = error
            if isinstance(error, DataError):  # fewer bytes will not fit it either
                break
            continue
        if left_out:
            tell(f"the board's user data have no room for {left_out}")
        return
    tell(f"the board did not keep the description of its network: {refused}")
