"""What a host keeps on a board beside a network, as the network's notes: what its inputs and outputs mean.

One JSON object in UTF-8, which a program on the board reads with `json.loads(network.notes)`:

- eqprop        1, the version of this format; it comes first, to tell these notes from a program's
- offset, span  lists of one number for all features, or of one each: input = (feature - offset) / span * 127
- features      the number of features
- recipe        how features were made of sounds or pictures; missing for plain numbers
- classes       names by label; features_named: names by input. Missing where there are none, or too many to fit
- classes_crc, features_named_crc
                CRC-32 of names that did not fit, to compare with a data set's

A board takes 2048 bytes, a small one less. If the notes do not fit, feature names are left out first, then class names,
then all digits of the scale beyond nine.
"""

import binascii
import json

from eqprop.notes import NOTES_MAX

from .errors import BoardError, DataError

FORMAT = 1
_START = b'{"eqprop":'
_SIZES = (NOTES_MAX, 1024, 512, 256)  # bytes that are tried in turn


def pack(scaling, recipe, feature_names, class_names, most=NOTES_MAX):
    """Return (notes, what was left out in words) for a network; the notes are no longer than `most` bytes.

    scaling: of `datasets.Scaling.to_dict`. Raises DataError where not even the scale fits.
    """
    about = {"eqprop": FORMAT, **{key: scaling[key] for key in ("features", "offset", "span")}}
    about |= {"recipe": recipe} if recipe else {}
    names = {"classes": list(class_names), "features_named": list(feature_names)}
    left_out: list[str] = []
    for shorter in (None, "features_named", "classes", "digits"):
        if shorter == "digits":
            about |= {key: [float(f"{value:.9g}") for value in about[key]] for key in ("offset", "span")}
            left_out.append("digits of the scale beyond nine")
        elif shorter and names[shorter]:
            about[f"{shorter}_crc"] = names_crc(names.pop(shorter))
            left_out.append({"classes": "class names", "features_named": "feature names"}[shorter])
        text = {**about, **{key: value for key, value in names.items() if value}}
        data = json.dumps(text, ensure_ascii=False, separators=(",", ":")).encode()
        if len(data) <= most:
            return data, ", ".join(left_out)
    raise DataError(f"the scale of {scaling['features']} features takes {len(data)} bytes, a board has room for {most}")


def unpack(notes):
    """Return the description that `pack` made notes of, as a dict with every key; None for notes of another program.

    Raises DataError for notes of a newer eqprop, and for damaged ones.
    """
    if not notes.startswith(_START):
        return None
    try:
        about = json.loads(notes)
        if about["eqprop"] > FORMAT:
            raise DataError(f"the board's notes have format {about['eqprop']}; this eqprop reads up to {FORMAT}")
        scaling = {key: about[key] for key in ("features", "offset", "span")}
        names = {key: _names(about.get(key, [])) for key in ("classes", "features_named")}
        crcs = {f"{key}_crc": about.get(f"{key}_crc") for key in names}
        return {"scaling": scaling, "recipe": dict(about.get("recipe", {})), **names, **crcs}
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"the board's notes are damaged: {type(error).__name__}: {error}") from error


def _names(names):
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise DataError("the board's notes are damaged: names that are not text")
    return tuple(names)


def names_crc(names):
    """Return the CRC-32 of names, in eight hexadecimal digits."""
    return f"{binascii.crc32(json.dumps(list(names)).encode()):08x}"


def keep(board, scaling, recipe, feature_names, class_names, tell):
    """Keep the description of a network on the board that holds it; tell the user what did not fit."""
    for most in _SIZES:
        try:
            notes, left_out = pack(scaling, recipe, feature_names, class_names, most)
            board.write_notes(notes)
        except (BoardError, DataError) as error:
            refused = error
            if isinstance(error, DataError):  # in fewer bytes there is no room either
                break
            continue
        if left_out:
            tell(f"the board's notes have no room for {left_out}")
        return
    tell(f"the board did not keep the description of its network: {refused}")
