"""A picture of a rig on breadboards, as SVG: the chips in their places, pin 1 marked, each pin with its net."""

from html import escape

from .catalogue import PARTS

_PIN = 13  # pixels between two pins
_COLUMN = 340
_ROW = 40
_COLUMNS = 6
_COLOURS = (
    ("5V", "#c0392b"),
    ("3V3", "#e67e22"),
    ("GND", "#2c3e50"),
    ("VMID", "#8e44ad"),
    ("SCK", "#2980b9"),
    ("MOSI", "#2980b9"),
    ("MISO", "#2980b9"),
    ("SDA", "#16a085"),
    ("SCL", "#16a085"),
    ("CS", "#7f8c8d"),
)


def _colour(net):
    return next((colour for name, colour in _COLOURS if net.startswith(name)), "#27ae60")


def _rows(component):
    """Return [(number, name), ...] of the left and of the right side, from the top."""
    pins = list(enumerate(PARTS[component.part].pins, 1))
    if PARTS[component.part].package == "sil":
        return pins, []
    half = len(pins) // 2
    return pins[:half], pins[half:][::-1]


def picture(description, title):
    """Return the SVG as text. Two-pin parts are on the wiring list alone, but for the series resistors' names."""
    chips = [component for component in description.components if PARTS[component.part].package != "axial"]
    columns = [[] for _ in range(_COLUMNS)]
    depths = [_ROW + 30] * _COLUMNS
    for component in chips:
        at = depths.index(min(depths))
        columns[at].append((depths[at], component))
        depths[at] += _PIN * len(_rows(component)[0]) + _ROW
    width, height = _COLUMN * _COLUMNS, max(depths) + 10
    series = {
        component.nets["2"]: f"{component.nets['1']} via {component.ref}"
        for component in description.components
        if component.part == "1k21"
    }
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="9">',
        f'<rect width="{width}" height="{height}" fill="#fbfaf6"/>',
        f'<text x="16" y="28" font-size="18">{escape(title)}</text>',
    ]
    for at, column in enumerate(columns):
        for y, component in column:
            out += _chip(component, series, at * _COLUMN + 90, y)
    return "\n".join([*out, "</svg>", ""])


def _chip(component, series, x, y):
    part = PARTS[component.part]
    left, right = _rows(component)
    wide, deep = 128, _PIN * len(left) + 6
    yield f'<rect x="{x}" y="{y}" width="{wide}" height="{deep}" rx="4" fill="#34353a"/>'
    yield f'<circle cx="{x + 8}" cy="{y + 8}" r="2.5" fill="#fbfaf6"/>'
    yield f'<text x="{x}" y="{y - 5}" font-size="11" font-weight="bold">{component.ref}</text>'
    yield f'<text x="{x + 34}" y="{y - 5}" fill="#555">{escape(part.name)}</text>'
    for side, pins in ((0, left), (1, right)):
        for n, (number, name) in enumerate(pins):
            at = y + 11 + _PIN * n
            edge = x + wide if side else x
            net = component.nets.get(name)
            inner = "end" if side else "start"
            yield (
                f'<text x="{edge - 8 if side else edge + 14}" y="{at + 3}" fill="#eee" text-anchor="{inner}">'
                f"{number} {escape(name)}</text>"
            )
            if net:
                end = edge + 14 if side else edge - 14
                anchor = "start" if side else "end"
                colour = _colour(net)
                yield f'<line x1="{edge}" y1="{at}" x2="{end}" y2="{at}" stroke="{colour}" stroke-width="2"/>'
                shown = f'<text x="{end + 3 if side else end - 3}" y="{at + 3}" fill="{colour}" text-anchor="{anchor}">'
                yield f"{shown}{escape(series.get(net, net))}</text>"
