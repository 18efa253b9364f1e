"""Forged frames over TCP, a few thousand; `make hostile` sends a million."""

from soak import forgeries


def test_no_forged_frame_is_accepted(capsys):
    """Catches a tag that does not depend on the number, the direction, the connection or all of the bytes."""
    assert forgeries.main(["12000", "3"]) == 0, capsys.readouterr().out
    assert capsys.readouterr().out.endswith("none accepted\n")
