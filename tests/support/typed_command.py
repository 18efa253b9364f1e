"""The `eqprop` command as its users type it, in this process."""

from eqprop_host import cli


def run(capsys, *argv):
    """Return (exit code, standard output, standard error) of one command."""
    try:
        code = cli.main([str(arg) for arg in argv])
    except SystemExit as stop:
        code = stop.code
    said = capsys.readouterr()
    return code, said.out, said.err
