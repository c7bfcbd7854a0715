"""A build that the tests of the tools share."""

from pathlib import Path

import pytest

from tools import firmware


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of builds with one for the T-Display's chip, in English; not to be changed."""
    directory = tmp_path_factory.mktemp("boards")
    firmware.build("t_display", directory / "t_display", ["en"])
    return directory
