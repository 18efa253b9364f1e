"""The short form of `make hosts`: the oldest Python and the lowest versions that pyproject.toml allows."""

import pytest

import hosts


@pytest.mark.usefixtures("unix_micropython")
def test_the_lowest_versions_will_do(tmp_path):
    """Catches a bound that is too low, and what only a newer Python, or a library that nothing names, has."""
    version, python = next((v, path) for v in hosts.VERSIONS if (path := hosts.interpreter(v)))
    host = hosts.Host(tmp_path, python, f"{hosts.ROOT}[all]", "lowest")
    learn, *_, frame = hosts.commands("[all]")
    wrong = host.check([learn, frame])
    assert not wrong, f"Python {version}"
