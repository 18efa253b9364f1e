"""What others said, made fit to be printed."""


def printable(text):
    """Return what a board or a stranger's file says as one line that does nothing to a terminal."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def printable_values(value):
    """Return what JSON can hold, with each text in it made `printable`."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): printable_values(each) for key, each in value.items()}
    if isinstance(value, list):
        return [printable_values(each) for each in value]
    return value
