"""Draw a rig: parts to buy, wiring, KiCad files, a SPICE netlist and a picture of a network of real resistors."""

import argparse
from pathlib import Path

from ...files import make_folder, write_whole
from ...rig import breadboard, figures, kicad, lists, netlist
from ...rig.catalogue import DRAWN
from ...rig.description import Description
from ...training.config import layers_text
from .. import options as common


def add_options(parser):
    """Add the options of `eqprop rig`."""
    parser.add_argument("layers", type=common.layers, metavar="SIZES", help="sizes, inputs first, such as 2-4-2")
    known = [*DRAWN["converter"], *DRAWN["decoder"]]
    text = f"parts to use, any of {','.join(known)} (default: ads1115,74hct154)"
    parser.add_argument("--parts", metavar="PARTS", type=_parts, default=("ads1115", "74hct154"), help=text)
    text = "folder for the files (default: rig-SIZES)"
    parser.add_argument("--out", metavar="FOLDER", type=Path, help=text)
    common.add_json(parser)


def _parts(text):
    chosen = {"converter": "ads1115", "decoder": "74hct154"}
    for part in text.lower().split(","):
        if part in DRAWN["pot"]:
            continue
        kind = next((kind for kind in chosen if part in DRAWN[kind]), None)
        if kind is None:
            known = ", ".join(part for parts in DRAWN.values() for part in parts)
            raise argparse.ArgumentTypeError(f"{part!r}: expected one of {known}")
        chosen[kind] = part
    return chosen["converter"], chosen["decoder"]


def run(options):
    """Write the files, and print what they are and what the rig costs, how fast it is and what energy it takes."""
    name = layers_text(options.layers)
    description = Description(options.layers, *options.parts)
    title = f"eqprop rig {name}"
    files = {
        "BOM.csv": lists.bom(description),
        "wiring.csv": lists.wiring(description),
        "devices.csv": lists.devices(description),
        "rig.net": kicad.netlist(description, title),
        "rig.kicad_pcb": kicad.board(description, title),
        "rig.cir": netlist.initial(description, title),
        "rig.svg": breadboard.picture(description, title),
    }
    folder = options.out or Path(f"rig-{name}")
    make_folder(folder)
    for file, text in files.items():
        write_whole(folder / file, text.encode())
    layout = description.layout
    decoders = f", {len(layout.decoders)} {layout.decoder.upper()}" if layout.selects else ""
    print(
        f"{name}: {layout.devices} devices on {len(layout.pots)} MCP4251, {layout.nodes} nodes on "
        f"{len(layout.converters)} {layout.converter.upper()}, {layout.sources} sources on {len(layout.dacs)} "
        f"MCP4728{decoders}"
    )
    print(f"{folder}: {', '.join(files)}")
    print("\n".join(figures.text(description)))
    terms = figures.speed(description)
    results = {
        "layers": name,
        "devices": layout.devices,
        "parts": len(description.components),
        "cost_eur": figures.cost(description),
        "training_samples_per_second": 1e6 / sum(terms.values()),
        "sample_us": terms,
        "power_mw": figures.power(description),
    }
    common.write_json(options.json, results)
