"""A lesson's data set as a table of text, which `eqprop train --data FILE` reads too."""

_LABEL = "label"


def written(lesson, names):
    """Yield the lines of the table: a column for each feature, int8, and the class's name last."""
    yield ",".join(["x{}".format(i) for i in range(lesson.features)] + [_LABEL]) + "\n"
    for place in lesson.shown:
        numbers = [str((byte ^ 128) - 128) for byte in lesson.x(place)]
        yield ",".join(numbers + [_quoted(names[lesson.label(place)])]) + "\n"


def read(lines, lesson, names):
    """Add the samples in the lines of such a table to a lesson; return the names of all classes.

    A class that is not among `names` takes the place of the first class without samples. Raises ValueError naming the
    line and what is wrong with it; nothing is then added.
    """
    width = lesson.features
    used = {lesson.label(place) for place in lesson.shown}
    names = list(names)
    found = []
    for number, line in enumerate(lines, 1):
        cells = [cell.strip() for cell in _split(line.strip())]
        if cells == [""] or (number == 1 and _is_head(cells)):
            continue
        if len(cells) != width + 1:
            words = "line {}: {} columns, expected {} features and a label: choose the source that the file is of"
            raise ValueError(words.format(number, len(cells), width))
        x = bytearray(width)
        for i in range(width):
            try:
                value = int(cells[i])
            except ValueError:
                value = 128
            if not -128 <= value <= 127:
                raise ValueError("line {}: {} is not a whole number in -128..127".format(number, cells[i][:20]))
            x[i] = value & 255
        found.append((bytes(x), _class(cells[width], names, used, number)))
    if not found:
        raise ValueError("the file has no samples")
    for sample, label in found:
        lesson.add(sample, label)
    return names


def _is_head(cells):
    for cell in cells[:-1]:
        try:
            int(cell)
            return False
        except ValueError:
            pass
    return True


def _class(name, names, used, number):
    """Return the number of a class; a new one takes the first place that is not in `used`."""
    if name and name in names:
        label = names.index(name)
    else:
        free = [k for k in range(len(names)) if k not in used]
        if not free or not name:
            raise ValueError("line {}: no class is called {!r}, and none is free".format(number, name[:40]))
        label = free[0]
        names[label] = name
    used.add(label)
    return label


def _quoted(name):
    return '"' + name.replace('"', '""') + '"' if '"' in name or "," in name else name


def _split(line):
    """Return the cells of a line; a quoted one may hold commas."""
    cells = []
    cell = ""
    quoted = False
    for i, sign in enumerate(line):
        if sign == '"':
            if not quoted and i and line[i - 1] == '"' and cell:
                cell += '"'
            quoted = not quoted
        elif sign == "," and not quoted:
            cells.append(cell)
            cell = ""
        else:
            cell += sign
    return cells + [cell]
