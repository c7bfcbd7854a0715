"""The bench of each road: what the board is told, and that the servers behind it are as it says."""

import asyncio
from pathlib import Path

import httpx
import pytest

from host_sim import certificates
from host_sim.bench import DEVICE, Bench, BenchTimeout
from host_sim.broker import BROKERS, BrokerError
from host_sim.phone import Phone, PhoneError
from host_sim.road import ROADS
from tests.host_sim.made import code, until
from tools import filesystem

SECURE = Path(__file__).parent / "probes" / "secure.py"


@pytest.mark.parametrize("road", ROADS)
def test_what_the_board_is_told(road: str, tmp_path: Path) -> None:
    bench = Bench("cpython", directory=tmp_path, road=road)
    broker = {"mqtt": "mqtt://127.0.0.1:", "mqtts": "mqtts://127.0.0.1:"}.get(road, "")
    assert bench.settings.get("broker", "").startswith(broker)
    assert ("broker" in bench.settings) == bool(broker)
    assert ("broker_password" in bench.secrets) == bool(broker)
    assert bench.settings["backend"] == bench.backend.url
    assert bench.backend.url.startswith("https://" if road == "https" else "http://")
    assert ("time_server" in bench.settings) == (road in ("mqtts", "https"))
    assert bench.settings["port"] == bench.endpoint_port
    assert len(bench.settings["backend"]) <= 40 and len(bench.authority.der) <= 2048


def test_settings_of_a_test_come_first(tmp_path: Path) -> None:
    bench = Bench("cpython", directory=tmp_path, road="https", time_server=None, port=0)
    assert "time_server" not in bench.settings
    assert bench.settings["port"] == 0
    turning = Bench("cpython", directory=tmp_path, rotating="on")
    assert turning.settings["time_server"] == turning.time_server.address


def test_an_unknown_broker_or_certificate_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokerError):
        Bench("cpython", directory=tmp_path, road="mqtt", broker="rabbit")
    with pytest.raises(ValueError, match="no such certificate"):
        Bench("cpython", directory=tmp_path, road="https", certificate="torn")


@pytest.mark.parametrize("road", ["mqtt", "mqtts"])
@pytest.mark.parametrize("broker", BROKERS)
async def test_the_backend_is_at_the_broker(road: str, broker: str, tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path, road=road, broker=broker) as bench:
        link = bench.gateway.link
        assert link
        await until(lambda: link.connected)
        await bench.stop_backend()
        assert not link.connected
        await bench.start_backend()
        await until(lambda: link.connected)
        assert bench.settings["backend"] == bench.backend.url


@pytest.mark.parametrize(
    ("certificate", "said"),
    [
        ("right", "HTTP/1.1 404 Not Found"),
        ("expired", "The certificate validity has expired"),
        ("wrong_host", "does not match with the expected CN"),
        ("untrusted", "not correctly signed by the trusted CA"),
        ("no_tls", "MBEDTLS_ERR_SSL_INVALID_RECORD"),
    ],
)
async def test_micropython_verifies_the_backend(
    certificate: str, said: str, tmp_path: Path
) -> None:
    options = {"directory": tmp_path, "road": "https", "probe": SECURE}
    async with Bench("micropython", certificate=certificate, **options) as bench:  # type: ignore[arg-type]
        await until(lambda: "said" in bench.board.log.read_text())
        await asyncio.sleep(0.1)
        assert said in bench.board.log.read_text()


async def test_the_phone_trusts_the_benchs_ca_only(tmp_path: Path) -> None:
    async with Bench("cpython", directory=tmp_path, road="https") as bench:
        place = f"{bench.backend.url.upper()}/P/{code()}"
        phone, stranger = bench.phone(), Phone(certificates.Authority().trusting())
        with pytest.raises(PhoneError, match="answered 400"):  # the code is of another key
            await phone.open(place)
        with pytest.raises(httpx.ConnectError):
            await stranger.open(place)
        await phone.close()
        await stranger.close()


async def test_a_board_that_starts_from_an_image_has_the_ca_too(tmp_path: Path) -> None:
    image = tmp_path / "image.bin"
    image.write_bytes(filesystem.make_image({"board.json": b"{}"}, 64 * filesystem.BLOCK_SIZE))
    bench = Bench("micropython", directory=tmp_path, image=image, road="mqtts")
    bench.board._lay_out()
    flash = (tmp_path / "board" / "flash.bin").read_bytes()
    found = filesystem._littlefs(len(flash), format_it=False)
    found.context.buffer = bytearray(flash)
    found.mount()
    with found.open("ca.der", "rb") as file:
        assert file.read() == bench.authority.der
    with found.open("settings.json", "rb") as file:
        assert DEVICE.encode() in file.read()


async def test_an_error_tells_what_became_of_the_board(tmp_path: Path) -> None:
    async def look_for_a_code() -> None:
        async with Bench("cpython", directory=tmp_path) as bench:
            await until(lambda: " ready" in bench.board.log.read_text())
            await bench.code_on_panel(0.1)

    with pytest.raises(BenchTimeout) as caught:
        await look_for_a_code()
    (note,) = caught.value.__notes__
    assert note.startswith("the panel is lit; the board is on, after 0 restarts; its console:\n")
    assert "tillqr" in note
