"""The simulated chip's station and clock, from a script on the board."""

import asyncio
import json
from pathlib import Path

import pytest

from host_sim.air import AccessPoint, Air, Station
from host_sim.bench import Bench

PROBE = Path(__file__).parent / "probes" / "radio.py"
PASSWORD = "correct horse"


async def said(bench: Bench) -> list[tuple[str, object]]:
    """What the script has said, once it is done."""
    async with asyncio.timeout(20):
        while True:
            lines = bench.board.log.read_text().splitlines()
            assert not any("Traceback" in line for line in lines), lines
            found = [item for line in lines for item in json.loads(line).items()]
            if found and found[-1][0] == "done":
                return found
            await asyncio.sleep(0.05)


async def test_a_script_on_the_board(tmp_path: Path) -> None:
    async with Bench("micropython", directory=tmp_path, probe=PROBE, shop=PASSWORD) as bench:
        bench.board.air.points[:] = [
            AccessPoint("shop", PASSWORD, "020000000001", rssi=-60),
            AccessPoint("shop", PASSWORD, "020000000002", rssi=-71, channel=11),
            AccessPoint("shop", PASSWORD, "020000000009", rssi=-30, on=False),
            AccessPoint("guests", "", "020000000003", rssi=-40),
        ]
        found = await said(bench)
        assert bench.board.rtc.clock_set == (2026, 11, 24, 1, 13, 45, 59, 999999)
        assert bench.board.station.hostname == "till-D0001"
    assert [value for name, value in found if name == "clock"] == ["ValueError"] * 9
    assert {name: value for name, value in found if name != "clock"} == {
        "inactive": ["OSError", "OSError", 1000],
        "idle": [1000, False, "0.0.0.0", "OSError"],
        "endless": 1001,
        "password": 202,
        "absent": 201,
        "absent point": 201,
        "joined": [1010, True, -60, "127.0.0.1"],
        "heard": [
            ["guests", 3, 6, -40, 0, False],
            ["shop", 1, 6, -60, 3, False],
            ["shop", 2, 11, -71, 3, False],
        ],
        "chosen": [1010, -71],
        "fixed": "127.0.0.9",
        "given": "127.0.0.1",
        "refused": ["ValueError"] * 3 + ["OSError"] + ["ValueError"] * 4,
        "done": "till-D0001",
    }


async def joined(station: Station, reconnects: int, password: str = PASSWORD) -> None:
    """Ask a station to join the shop's network, and wait as long as that takes."""
    await station.answer("active", True)
    await station.answer("config", reconnects=reconnects)
    await station.answer("connect", "shop", password, "")
    await asyncio.sleep(0.3)
    await station.answer("status")  # what has happened since comes about when it is asked


async def test_an_access_point_that_goes_is_lost_and_another_found() -> None:
    near = AccessPoint("shop", PASSWORD, "020000000001", rssi=-50)
    far = AccessPoint("shop", PASSWORD, "020000000002", rssi=-70)
    air = Air([far, near])
    station = Station(air)

    async def seen() -> list:
        status = await station.answer("status")
        return [status, await station.answer("status", "rssi") if status == 1010 else None]

    await joined(station, -1)
    assert await seen() == [1010, -50]
    near.on = False
    assert await seen() == [1001, None]
    await asyncio.sleep(0.3)
    assert await seen() == [1010, -70]
    near.on = True
    assert await seen() == [1010, -70]  # it doesn't roam by itself
    air.on = False
    assert await seen() == [1001, None]
    air.on = True
    await asyncio.sleep(0.3)
    assert await seen() == [1010, -50]


async def test_a_station_that_may_not_try_again_says_why() -> None:
    point = AccessPoint("shop", PASSWORD)
    station = Station(Air([point]))
    await joined(station, 0)
    point.on = False
    assert await station.answer("status") == 200
    point.on = True
    await asyncio.sleep(0.3)
    assert await station.answer("isconnected") is False


@pytest.mark.parametrize("word", [15, 202, 204])
async def test_what_a_chip_says_of_a_wrong_password(word: int) -> None:
    station = Station(Air([AccessPoint("shop", PASSWORD)]))
    station.wrong_password = word
    await joined(station, 0, "another horse")
    assert await station.answer("status") == word
