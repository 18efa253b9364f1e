"""The short form of `make hosts`: each Python at hand, and the oldest with the lowest versions of all libraries."""

import pytest

from soak import hosts

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("unix_micropython")
def test_the_lowest_versions_will_do(tmp_path):
    """Catches a bound that is too low, and what only a newer Python, or a library that nothing names, has."""
    version, python = next((v, path) for v in hosts.VERSIONS if (path := hosts.interpreter(v)))
    host = hosts.Host(tmp_path, python, f"{hosts.ROOT}[all]", "lowest")
    learn, *_, frame = hosts.commands("[all]")
    wrong = host.check([learn, frame])
    assert not wrong, f"Python {version}"


@pytest.mark.usefixtures("unix_micropython")
@pytest.mark.parametrize("version", hosts.VERSIONS)
def test_a_plain_installation_trains_on_every_python(tmp_path, version):
    """Catches what an older Python lacks or a newer one dropped, and a need of an extra that nothing names."""
    python = hosts.interpreter(version)
    if not python:
        pytest.skip(f"there is no Python {version} on this machine")
    learn, *_ = hosts.commands("")
    assert not hosts.Host(tmp_path, python, str(hosts.ROOT), "newest").check([learn])
