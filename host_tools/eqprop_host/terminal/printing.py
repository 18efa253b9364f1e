"""Text from boards and files, made safe to print."""


def printable(text):
    """Return text from a board or a stranger's file as one line without control characters."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def refusal(words):
    """Return a board's words of refusal as `printable`, with its heap named where that is all that it lacks."""
    text = printable(words)
    return f"its heap is full: {text}" if text.startswith("memory allocation failed") else text


def printable_values(value):
    """Return a value that JSON can hold, with each text in it made `printable`."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): printable_values(each) for key, each in value.items()}
    if isinstance(value, list):
        return [printable_values(each) for each in value]
    return value
