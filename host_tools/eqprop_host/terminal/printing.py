"""Text from boards and files, made safe to print."""


def printable(text):
    """Return text from a board or a stranger's file as one line without control characters."""
    return "".join(character if character.isprintable() else "?" for character in str(text))


def refusal(words):
    """Return a board's error text as `printable`, naming the heap if memory ran out."""
    text = printable(words)
    return f"its heap is full: {text}" if text.startswith("memory allocation failed") else text


def printable_values(value):
    """Return a JSON value with each text in it made `printable`."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {printable(key): printable_values(each) for key, each in value.items()}
    if isinstance(value, list):
        return [printable_values(each) for each in value]
    return value
