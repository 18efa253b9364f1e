"""Pictures as features: pixels row by row, 0..255, in grey or in colours.

- grey is ITU-R 601-2 luma; in colours each pixel is three features: red, green and blue
- transparent parts are laid over white
- a camera's orientation tag is applied
- of 16 bits per channel, the upper 8 are used
- resizing cuts a picture around its centre to the new aspect ratio, then averages it down (Pillow's BOX) or, if it is
  smaller, repeats its pixels

Needs Pillow, which `pip install eqprop[host]` brings.
"""

import logging
import warnings

import numpy as np

from ...errors import DataError
from .. import blocks
from ..dataset import CLASSES_MAX
from ..words import reason

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff", ".gif", ".pgm", ".ppm")
"""Suffixes of files that are read as pictures."""

_QUIET = logging.NullHandler()
_FORMATS = ("PNG", "JPEG", "BMP", "WEBP", "TIFF", "GIF", "PPM")
_BYTES_A_CHANNEL = {"1": 1, "L": 1, "P": 1, "I": 4, "F": 4}


def read_picture(file, name, size):
    """Return (uint8 (features,), recipe, whether any part was transparent) of a picture. Raises DataError.

    file: a path or an open binary file. name: the file's name in messages. size: (width, height, channels), or None to
    keep the picture's size, in grey.
    """
    logging.getLogger("PIL").addHandler(_QUIET)  # DataError reports it; Pillow must not write on stderr
    from PIL import Image, ImageOps, UnidentifiedImageError  # imported here: boards work without Pillow

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # warnings of damaged metadata, and of sizes that are checked below
            with Image.open(file, formats=_FORMATS) as image:
                channels = size[2] if size else 1
                if size and image.format == "JPEG":
                    image.draft("RGB" if channels == 3 else "L", (2 * size[0], 2 * size[1]))
                _check_size(name, image, size)
                ImageOps.exif_transpose(image, in_place=True)
                pixels = _eight_bits(name, image)
                if size and pixels.size != size[:2]:
                    pixels = _fitted(pixels, size[:2])
                pixels, transparent = _on_white(pixels)
                values = np.asarray(pixels.convert("RGB" if channels == 3 else "L"), np.uint8)
    except UnidentifiedImageError as error:
        raise DataError(f"{name}: expected a picture ({', '.join(_FORMATS)})") from error
    except DataError:
        raise
    except Image.DecompressionBombError as error:
        raise DataError(f"{name}: {str(error).partition(', could')[0]}: make it smaller first") from error
    # Decoders do not document their exceptions; SyntaxError, struct.error, zlib.error, IndexError, EOFError occur
    except Exception as error:
        raise DataError(f"{name}: cannot be read: {reason(error)}") from error
    height, width = values.shape[:2]
    return values.ravel(), {"pixels": f"{width}x{height}" + "x3" * (channels == 3)}, transparent


def _check_size(name, image, size):
    """Raise DataError for a picture that needs too much memory, or has more pixels than a network can have inputs."""
    width, height = image.size
    bands = _BYTES_A_CHANNEL.get(image.mode, 4)
    blocks.check_sample(f"{name}: {width}x{height} pixels", width * height * bands)
    if not size and width * height > CLASSES_MAX:
        way = "type --size 16x16 (or 16x16x3 in colours) to shrink it"
        raise DataError(f"{name}: {width}x{height} pixels, a network has at most {CLASSES_MAX} inputs: {way}")


def _eight_bits(name, image):
    """Return a picture with 8 bits per channel: grey, colours, or colours with transparency."""
    from PIL import Image

    if image.mode[0] in "IF":
        values = np.asarray(image)
        if image.mode == "F" or values.min() < 0 or values.max() > 65535:
            raise DataError(f"{name}: mode {image.mode}, expected 8 or 16 bits per channel")
        return Image.fromarray((values >> 8).astype(np.uint8))
    if "transparency" in image.info or image.mode in ("LA", "La", "PA", "RGBA", "RGBa"):
        return image if image.mode == "RGBA" else image.convert("RGBA")
    return image if image.mode in ("L", "RGB") else image.convert("L" if image.mode == "1" else "RGB")


def _fitted(image, size):
    """Return a picture in another size; transparent pixels contribute no colour."""
    from PIL import Image, ImageOps

    if image.mode != "RGBA":
        return ImageOps.fit(image, size, Image.Resampling.BOX)
    return ImageOps.fit(image.convert("RGBa"), size, Image.Resampling.BOX).convert("RGBA")


def _on_white(image):
    """Return (a picture without transparent parts, whether it had any)."""
    from PIL import Image

    if image.mode != "RGBA" or image.getextrema()[3][0] == 255:
        return image, False
    return Image.alpha_composite(Image.new("RGBA", image.size, "white"), image), True
