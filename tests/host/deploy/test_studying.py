"""What the examples' studies share: options that are refused in one line, and pictures that are the same each time."""

import pytest

from eqprop_host.deploy import studying


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--seeds", "0"], "argument --seeds: 0 is not a whole number in 1..1000"),
        (["--seeds", "few"], "argument --seeds: few is not a whole number in 1..1000"),
        (["--picture", "a.gif"], "argument --picture: a.gif is neither .svg nor .png"),
        (
            ["--picture", "nowhere/a.svg"],
            "argument --picture: nowhere/a.svg: cannot be written: No such file or directory",
        ),
    ],
)
def test_an_option_that_will_not_do_is_named_before_the_study(words, said, tmp_path, monkeypatch, capsys):
    """Catches: a traceback after minutes of work."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit, match="2"):
        studying.parser("What it does.").parse_args(words)
    assert capsys.readouterr().err.splitlines()[-1] == f"study.py: error: {said}"
    assert not list(tmp_path.iterdir())


def test_a_picture_is_the_same_each_time(tmp_path):
    """Catches: a date or random names in a file that is committed."""
    for name in ("a.svg", "b.svg"):
        figure = studying.figure(2, 1)
        figure.subplots().plot([0, 1 / 3, 1])
        studying.write(figure, tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
