"""BOM.csv, what to buy at two distributors, and wiring.csv, what goes where: pin by pin, and device by device."""

import csv
import io


def bom(description):
    """Return BOM.csv: a line for each part, with its references, two sources, price and what else to know."""
    uses: dict = {}
    for component in description.components:
        uses.setdefault(component.part, []).append(component.ref)
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(
        ("quantity", "part", "references", "footprint", "source", "order", "second source", "its order", "eur", "note")
    )
    from .catalogue import PARTS

    for name, refs in uses.items():
        part = PARTS[name]
        (one, order), (other, its) = part.sources
        price = f"{len(refs) * part.price_eur:.2f}"
        out.writerow((len(refs), part.name, " ".join(refs), part.footprint, one, order, other, its, price, part.note))
    return text.getvalue()


def wiring(description):
    """Return wiring.csv: a line for each pin that is wired, with its net and what else is on it."""
    nets = description.nets()
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(("reference", "part", "pin", "name", "net", "to"))
    for component in description.components:
        part = description.part_of(component)
        for number, pin in enumerate(part.pins, 1):
            net = component.nets.get(pin)
            if net:
                others = [f"{ref}.{name}" for ref, name in nets[net] if ref != component.ref]
                shown = " ".join(others) if len(others) <= 12 else f"{len(others)} pins"
                out.writerow((component.ref, part.name, number, pin, net, shown))
    return text.getvalue()


def devices(description):
    """Return devices.csv: a line for each device of the network, with chip, wiper, chip select and series resistor."""
    layout = description.layout
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(("device", "crossbar", "row", "node", "chip", "pins", "select", "series"))
    for n in range(layout.devices):
        chip, wiper = layout.device(n)
        c, row, j = layout.device_ends(n)
        node = layout.node_name(layout.first_node(c + 1) + j)
        select = layout.select_pin(layout.select("pots", chip))
        pins = f"P{wiper}B-P{wiper}W"
        out.writerow((n, c, layout.row_name(c, row), node, layout.pots[chip], pins, select, f"R{n + 1}"))
    return text.getvalue()
