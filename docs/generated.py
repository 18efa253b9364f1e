"""The parts of the reference that are generated: the commands by their parser, the log's columns by their schema."""

import argparse

from eqprop_host import cli, commands
from eqprop_host.runlog import schema


def _cell(text):
    """Return a text as a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")


def _name(action):
    """Return an option or argument as it is typed."""
    value = action.metavar or (action.dest if not action.choices else "{" + ",".join(map(str, action.choices)) + "}")
    if not action.option_strings:
        return str(value)
    names = ", ".join(action.option_strings)
    return names if action.nargs == 0 else f"{names} {value}"


def _command(parser, title, level):
    """Return the section of a command, with a section for each of its own commands."""
    subcommands = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    lines = [f"{'#' * level} {title}\n", f"{parser.description or ''}\n"]
    rows = []
    for action in parser._actions:
        if action not in subcommands and not isinstance(action, argparse._HelpAction) and action.help:
            text = action.help % {**vars(action), "prog": parser.prog}
            rows.append(f"| `{_cell(_name(action))}` | {_cell(text)} |")
    if rows:
        lines += ["| option | meaning |\n|---|---|", *rows, ""]
    for action in subcommands:
        summaries = {choice.dest: choice.help for choice in action._choices_actions}
        for name, sub in action.choices.items():
            sub.description = sub.description or summaries.get(name)
            lines.append(_command(sub, f"{title} {name}", level + 1))
    return "\n".join(lines)


def commands_tables():
    """Return a section for each command, with a table of its options."""
    return _command(cli._parser([*commands.COMMANDS]), "eqprop", 2)


def log_tables():
    """Return a section for the columns of every row, and one for those of each table."""
    everywhere = [column for column in schema.COLUMNS if column.tables == schema.TABLES]
    sections = [f"This is version {schema.FORMAT} of the format.\n", "## Columns of every row\n", _columns(everywhere)]
    for table in schema.TABLES:
        own = [column for column in schema.COLUMNS if table in column.tables and column not in everywhere]
        sections.append(f"## Table `{table}`\n\n{_columns(own) if own else 'No other columns.'}")
    return "\n".join(sections)


def _columns(columns):
    """Return a table of columns."""
    rows = ["| column | type | unit | meaning |\n|---|---|---|---|"]
    for column in columns:
        kind = str(column.type).replace("<item: ", "<")
        rows.append(f"| `{column.name}` | `{kind}` | {_cell(column.unit)} | {_cell(column.meaning)} |")
    return "\n".join([*rows, ""])


PARTS = {"<!-- generated: commands -->": commands_tables, "<!-- generated: log -->": log_tables}
"""What replaces a line of a page when the site is built."""
