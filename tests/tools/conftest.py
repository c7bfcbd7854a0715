"""What the tests of the tools share: a build, and boards that are only made up."""

from pathlib import Path

import pytest

from tests.tools.provisioning import Boards
from tools import firmware
from tools.provision import __main__ as provision


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of builds with one for the T-Display's chip, in English; not to be changed."""
    directory = tmp_path_factory.mktemp("boards")
    firmware.build("t_display", directory / "t_display", ["en"])
    return directory


@pytest.fixture
def boards(monkeypatch: pytest.MonkeyPatch) -> Boards:
    """What tools.provision reaches in the place of real boards."""
    made = Boards()
    monkeypatch.setattr(provision, "_WAYS", {"console": made, "till": made})
    for name in ("TILLQR_WIFI_PASSWORD", "TILLQR_BROKER_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    return made
