"""Draw equilibrium.svg: a small network that has learnt exclusive-or, in its free phase and in a nudged one.

PYTHONPATH=runtime python docs/figures/equilibrium.py
"""

from pathlib import Path

import eqprop
from eqprop.crossbar import FREE, PLUS

LAYERS = (2, 6, 2)
X = ((-127, -127, 0), (-127, 127, 1), (127, -127, 1), (127, 127, 0))
EPOCHS = 5  # early, so that there is still an error to be nudged by
SHOWN = 1


def trained():
    """Return the network after EPOCHS, with both phases of sample SHOWN in it, and that sample's label."""
    network = eqprop.Network(LAYERS, seed=2, model="resistive")
    for _ in range(EPOCHS):
        for *x, label in X:
            network.learn(bytes(v & 255 for v in x), label)
    *x, label = X[SHOWN]
    network.infer(bytes(v & 255 for v in x))
    network.crossbar.set_nudge(label)
    network.crossbar.nudge(PLUS)
    return network, x, label


def at(layer, node, left):
    """Return the place of a node, in pixels."""
    return left + 40 + 130 * layer, 150 + 44 * (node - (LAYERS[layer] - 1) / 2)


def panel(left, title, voltages, conductances):
    """Yield the lines of one phase: conductances as widths, voltages as colours, red above zero and blue below."""
    yield f'<text x="{left + 170}" y="18" text-anchor="middle" font-weight="bold">{title}</text>'
    for layer, (below, above) in enumerate(zip(LAYERS, LAYERS[1:], strict=False)):
        largest = max(map(max, conductances[layer]))
        for i in range(below):
            for j in range(above):
                (x1, y1), (x2, y2) = at(layer, i, left), at(layer + 1, j, left)
                width = 3.5 * conductances[layer][i][j] / largest
                yield f'<line x1="{x1}" y1="{y1:g}" x2="{x2}" y2="{y2:g}" stroke="#999" stroke-width="{width:.2f}"/>'
    for layer, values in enumerate(voltages):
        largest = max(1, *map(abs, values))
        for node, value in enumerate(values):
            x, y = at(layer, node, left)
            pale = 255 - round(155 * abs(value) / largest)
            fill = f"rgb(255,{pale},{pale})" if value >= 0 else f"rgb({pale},{pale},255)"
            yield f'<circle cx="{x}" cy="{y:g}" r="17" fill="{fill}" stroke="#333"/>'
            yield f'<text x="{x}" y="{y + 3:g}" text-anchor="middle" font-size="9">{value}</text>'


def picture():
    """Return the SVG as text."""
    network, x, label = trained()
    driven = network.conductances(0)
    rows = network.plan.rows[0]
    # The pair of rows of an input: what joins a node to it, in all
    first = [[sum(driven[j * rows + 2 * i + k] for k in (0, 1)) for j in range(LAYERS[1])] for i in range(LAYERS[0])]
    second = [[network.conductances(1)[i * LAYERS[2] + j] for j in range(LAYERS[2])] for i in range(LAYERS[1])]
    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 760 300" font-family="sans-serif" font-size="13">']
    lines.append('<rect width="760" height="300" fill="white"/>')
    for left, phase, title in ((20, FREE, "free phase"), (400, PLUS, f"nudged towards class {label}")):
        voltages = [x] + [list(network.crossbar.voltages(n, phase))[: LAYERS[n]] for n in (1, 2)]
        lines += panel(left, title, voltages, [first, second])
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    Path(__file__).with_name("equilibrium.svg").write_text(picture())
