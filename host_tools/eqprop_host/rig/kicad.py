"""A KiCad netlist and a KiCad board: footprints with their pads and nets, placed in rows inside an outline.

Both are S-expressions: the netlist in the format "E" that Pcbnew imports, the board in that of KiCad 8 (20240108). Open
the board to route it. The library's own footprints can replace the drawn ones: they have the same names.
"""

from .catalogue import PARTS

_PITCH = 2.54
_GAP = 5.08
_WIDTH = 220.0  # mm of a row of footprints
_EDGE = 5.0
_LAYERS = (
    (0, "F.Cu", "signal"),
    (31, "B.Cu", "signal"),
    (37, "F.SilkS", "user"),
    (39, "F.Mask", "user"),
    (38, "B.Mask", "user"),
    (44, "Edge.Cuts", "user"),
    (49, "F.Fab", "user"),
)


def quoted(text):
    """Return text as a string of an S-expression."""
    escaped = str(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def netlist(description, title):
    """Return the netlist as text."""
    lines = ['(export (version "E")', f'  (design (source {quoted(title)}) (tool "eqprop rig"))', "  (components"]
    for component in description.components:
        part = PARTS[component.part]
        lines.append(f"    (comp (ref {quoted(component.ref)})")
        lines.append(f"      (value {quoted(part.name)})")
        lines.append(f"      (footprint {quoted(part.footprint)}))")
    lines += ["  )", "  (nets"]
    for code, (net, pins) in enumerate(description.nets().items(), 1):
        lines.append(f"    (net (code {quoted(code)}) (name {quoted(net)})")
        for ref, number, pin in numbered(description, pins):
            lines.append(f"      (node (ref {quoted(ref)}) (pin {quoted(number)}) (pinfunction {quoted(pin)}))")
        lines.append("    )")
    return "\n".join([*lines, "  ))", ""])


def numbered(description, pins):
    """Yield (reference, pin number, pin's name); a name that a part has several times is all of its pins."""
    parts = {component.ref: PARTS[component.part] for component in description.components}
    for ref, pin in pins:
        for number, name in enumerate(parts[ref].pins, 1):
            if name == pin:
                yield ref, number, pin


def pads(part):
    """Return [(x, y), ...] of a part's pins in millimetres, pin 1 first and at 0, 0."""
    count = len(part.pins)
    if part.package == "sil":
        return [(0.0, _PITCH * n) for n in range(count)]
    if part.package == "axial":
        span = {"Capacitor_THT:C_Disc_D5.0mm_W2.5mm_P5.00mm": 5.0, "Capacitor_THT:CP_Radial_D5.0mm_P2.00mm": 2.0}
        return [(0.0, 0.0), (span.get(part.footprint, 7.62), 0.0)]
    half = count // 2
    across = {12: 10.16, 24: 15.24, 40: 17.78}.get(count, 7.62)
    return [(0.0, _PITCH * n) if n < half else (across, _PITCH * (count - 1 - n)) for n in range(count)]


def placed(description):
    """Return ({reference: (x, y) of pin 1}, width, height) of a board, in millimetres: rows of footprints."""
    places = {}
    x = y = _EDGE + 2
    deepest = 0.0
    for component in description.components:
        corners = pads(PARTS[component.part])
        wide, deep = max(x for x, _ in corners), max(y for _, y in corners)
        if x + wide > _WIDTH:
            x, y, deepest = _EDGE + 2, y + deepest + _GAP, 0.0
        places[component.ref] = (round(x, 2), round(y, 2))
        x += wide + _GAP
        deepest = max(deepest, deep)
    return places, _WIDTH + _EDGE, round(y + deepest + _EDGE + 2, 2)


def board(description, title):
    """Return the board as text."""
    nets = {net: code for code, net in enumerate(description.nets(), 1)}
    places, width, height = placed(description)
    lines = ['(kicad_pcb (version 20240108) (generator "eqprop") (generator_version "8.0")']
    lines.append("  (general (thickness 1.6))")
    lines.append('  (paper "A3")')
    lines.append(f"  (title_block (title {quoted(title)}))")
    lines.append("  (layers")
    lines += [f"    ({number} {quoted(name)} {kind})" for number, name, kind in _LAYERS]
    lines.append("  )")
    lines.append('  (net 0 "")')
    lines += [f"  (net {code} {quoted(net)})" for net, code in nets.items()]
    for component in description.components:
        lines += _footprint(component, places[component.ref], nets)
    lines.append(
        f"  (gr_rect (start 0 0) (end {width} {height}) (stroke (width 0.1) (type solid)) (fill none) "
        '(layer "Edge.Cuts"))'
    )
    return "\n".join([*lines, ")", ""])


def _footprint(component, place, nets):
    part = PARTS[component.part]
    corners = pads(part)
    yield f'  (footprint {quoted(part.footprint)} (layer "F.Cu") (at {place[0]} {place[1]})'
    effects = "(effects (font (size 1 1) (thickness 0.15)))"
    below = max(y for _, y in corners) + 2.2
    # On the silkscreen, the values of small parts would run into their neighbours
    for name, value, at, layer in (("Reference", component.ref, -2.2, "SilkS"), ("Value", part.name, below, "Fab")):
        yield f'    (property {quoted(name)} {quoted(value)} (at 0 {at:.2f} 0) (layer "F.{layer}") {effects})'
    for number, ((x, y), pin) in enumerate(zip(corners, part.pins, strict=True), 1):
        shape = "rect" if number == 1 else "circle"
        net = component.nets.get(pin)
        shown = f" (net {nets[net]} {quoted(net)})" if net else ""
        yield (
            f'    (pad "{number}" thru_hole {shape} (at {x:.2f} {y:.2f}) (size 1.6 1.6) (drill 0.8) '
            f'(layers "*.Cu" "*.Mask"){shown})'
        )
    yield "  )"
