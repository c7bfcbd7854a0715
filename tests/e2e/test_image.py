"""What is flashed to a board works: the file system image itself, in the heap that a chip has."""

from pathlib import Path

import pytest

from host_sim.board import HEAP_KB
from tests.e2e.counter import counter, pay
from tools import firmware

_BOARD = "t_display"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image of a board, compiled for this machine."""
    directory = tmp_path_factory.mktemp("build") / _BOARD
    firmware.build(_BOARD, directory, ["en"], "host")
    return directory / firmware.IMAGE


async def test_a_sale_from_the_image(image: Path, tmp_path: Path) -> None:
    assert HEAP_KB == 160
    async with counter("micropython", tmp_path, board=_BOARD, image=image) as shop:
        await pay(await shop.show_code())
        assert (await shop.result())["outcome"] == "paid"
        boot = (await shop.info())["boot"]
        shop.bench.board.kill()
        await shop.until(lambda info: info["boot"] != boot and not info["lacks"], 30)
        await pay(await shop.show_code("1002"))
        assert (await shop.result("1002"))["outcome"] == "paid"
