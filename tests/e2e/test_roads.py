"""Every road by which a result comes; what keeps one from coming, and what a display says then."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from host_sim.bench import Bench
from host_sim.board import RUNTIMES
from host_sim.phone import PhoneError
from tests.e2e.counter import Counter, counter
from tools.register import Refused, Register, ShopDatabase

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)

ROADS = (
    {"road": "http"},
    {"road": "mqtt", "broker": "amqtt"},
    {"road": "mqtt", "broker": "mosquitto", "port": 0},
    {"road": "mqtts", "broker": "amqtt"},
    {"road": "mqtts", "broker": "mosquitto", "port": 0},
    {"road": "phone"},
    {"road": "query"},
    {"road": "https"},
)


@runtimes
@pytest.mark.parametrize("road", ROADS, ids=lambda road: "-".join(map(str, road.values())))
async def test_a_sale(road: dict[str, Any], runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, **road) as shop:
        info = await shop.info()
        assert (info["lacks"], info["trouble"]) == ("", "")
        await shop.pay(await shop.show_code())
        result = await shop.result()
        assert (result["outcome"], result["amount"]) == ("paid", 1234)
        sale = shop.database.sale("3", "1001")
        assert sale is not None and sale["transaction"] == result["transaction"]
        assert shop.bench.board.resets == 0


async def _unready(bench: Bench, tmp_path: Path, trouble: str) -> dict:
    """INFO of a display that must say some trouble; it refuses to show a code meanwhile."""
    database = ShopDatabase(f"sqlite:///{tmp_path}/shop.db")
    register = await asyncio.to_thread(Register, bench.board.line.path, database, name="3")
    try:
        shop = Counter(bench, register, database)
        info = await shop.until(lambda info: info["trouble"] == trouble, 20)
        with pytest.raises(Refused, match=f"no_network: {info['lacks']}"):
            await shop.call(register.start_payment, "1001", 1234, "EUR")
        return info
    finally:
        await asyncio.to_thread(register.close)
        database.close()


REFUSED = {
    "untrusted": "tls_untrusted",
    "expired": "tls_expired",
    "wrong_host": "tls_wrong_host",
    "no_tls": "tls_no_tls",
}


@runtimes
@pytest.mark.parametrize("certificate", REFUSED)
@pytest.mark.parametrize(("road", "lacks"), [("mqtts", "broker"), ("https", "backend")])
async def test_a_server_that_is_refused(
    road: str, lacks: str, certificate: str, runtime: str, tmp_path: Path
) -> None:
    bench = Bench(
        runtime, directory=tmp_path, road=road, broker="mosquitto", certificate=certificate
    )
    async with bench:
        info = await _unready(bench, tmp_path, REFUSED[certificate])
        assert info["lacks"] == lacks
        assert "receipt_accepted" not in info["counters"]
        assert bench.board.resets == 0


@runtimes
async def test_no_time_no_tls(runtime: str, tmp_path: Path) -> None:
    """A clock that is set back would make expired certificates good again."""
    bench = Bench(runtime, directory=tmp_path, road="mqtts", broker="mosquitto")
    assert bench.time_server is not None
    bench.time_server.offset = -400 * 86400.0  # before this firmware
    async with bench:
        info = await _unready(bench, tmp_path, "clock_away")
        assert info["lacks"] == "clock" and bench.board.rtc.clock_set is None
        assert bench.time_server.asked
        bench.time_server.offset = 0.0
        async with asyncio.timeout(20):
            while bench.board.rtc.clock_set is None:
                await asyncio.sleep(0.05)
        assert bench.board.rtc.clock_set[0] >= 2026


@runtimes
@pytest.mark.parametrize("word", [15, 202, 204])
async def test_a_wrong_wifi_password(word: int, runtime: str, tmp_path: Path) -> None:
    bench = Bench(runtime, directory=tmp_path)
    bench.board.air.points[0].password = "another password"
    async with bench:
        bench.board.station.wrong_password = word
        await _unready(bench, tmp_path, "wifi_password")
        bench.board.air.points.clear()
        info = await _unready(bench, tmp_path, "wifi_absent")
        assert info["lacks"] == "wifi"


@runtimes
async def test_a_fixed_address_and_a_name(runtime: str, tmp_path: Path) -> None:
    address = "127.0.0.1/8 127.0.0.1 127.0.0.1"
    async with counter(runtime, tmp_path, address=address, device="D0001") as shop:
        assert shop.bench.board.station.hostname == "tillqr-d0001"
        assert (await shop.info())["network"] == "127.0.0.1"
        await shop.pay(await shop.show_code())
        assert (await shop.result())["outcome"] == "paid"


@runtimes
async def test_a_register_asks_before_a_sale(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, road="mqtt", broker="mosquitto") as shop:
        broker = shop.bench.broker
        assert broker is not None
        await broker.kill()
        info = await shop.until(lambda info: info["lacks"] == "broker")
        await shop.until(lambda info: info["trouble"] == "broker_away")
        with pytest.raises(Refused, match="no_network: broker"):
            await shop.call(shop.register.start_payment, "1001", 1234, "EUR")
        await broker.restart()
        await shop.until(lambda info: not info["lacks"], 40)
        await shop.bench.stop_backend()  # its will says so
        info = await shop.until(lambda info: info["lacks"] == "backend")
        assert info["trouble"] == ""
        await shop.bench.start_backend()
        await shop.until(lambda info: not info["lacks"])


FOREIGN = ({"road": "http"}, {"road": "mqtt", "broker": "mosquitto", "port": 0})
foreign = pytest.mark.parametrize("road", FOREIGN, ids=["http", "mqtt"])


@runtimes
@foreign
async def test_a_charge_of_the_backend(road: dict, runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, charges="backend", **road) as shop:
        text = await shop.show_code()
        assert text.startswith("weixin://")
        await shop.pay(text)
        assert (await shop.result())["outcome"] == "paid"


@runtimes
@foreign
async def test_no_charge_no_code(road: dict, runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, charges="backend", **road) as shop:
        shop.bench.gateway.faults.silent = True
        began = time.monotonic()
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR")
        result = await shop.result()
        took = time.monotonic() - began
        assert (result["outcome"], result["reason"]) == ("failed", "no_backend")
        assert 2 < took < 10, "2.5 s on a machine that has time"
        with pytest.raises(PhoneError):
            await shop.bench.phone().open("weixin://nothing")
        shop.bench.gateway.faults.silent = False
        await shop.until(lambda info: not info["lacks"], 20)
        await shop.pay(await shop.show_code("1002"))
        assert (await shop.result("1002"))["outcome"] == "paid"


@runtimes
@foreign
async def test_a_charge_whose_code_is_too_large(
    road: dict, runtime: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with counter(runtime, tmp_path, charges="backend", **road) as shop:
        gateway = shop.bench.gateway
        monkeypatch.setattr(gateway.ledger, "_make_text", lambda _: "x" * 500)
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR")
        result = await shop.result()
        assert (result["outcome"], result["reason"]) == ("failed", "code_too_large")
        async with asyncio.timeout(10):
            while not ((row := gateway.store.get(result["attempt"])) and row["state"] == "closed"):
                await asyncio.sleep(0.05)
        monkeypatch.setattr(gateway.ledger, "_make_text", lambda _: "y" * 400)
        await shop.pay(await shop.show_code("1002"))
        assert (await shop.result("1002"))["outcome"] == "paid"


@runtimes
async def test_a_code_that_changes(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, rotating="on") as shop:
        ledger = shop.bench.gateway.ledger
        photograph = await shop.show_code()
        ledger.clock = lambda: time.time() + 61  # a minute later
        with pytest.raises(PhoneError):
            await shop.bench.phone().open(photograph)
        ledger.clock = time.time
        async with asyncio.timeout(40):
            while (url := await shop.bench.code_on_panel()) == photograph:
                await asyncio.sleep(0.2)
        await shop.pay(photograph)  # it is still one of the previous 30 s
        assert (await shop.result())["outcome"] == "paid"
        assert shop.payment(url).attempt == shop.payment(photograph).attempt


@runtimes
async def test_results_over_the_broker_are_judged_as_all_are(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, road="mqtt", broker="mosquitto") as shop:
        url = await shop.show_code()
        link = shop.bench.gateway.link
        assert link is not None
        for name, forged in (
            ("receipt_wrong_amount", shop.receipt(url, amount=1)),
            ("receipt_bad_mac", shop.receipt(url, key=b"another device's key, 32 bytes..")),
            ("receipt_malformed", {"version": 1}),
        ):
            link.send("D0001", "result", json.dumps(forged).encode())
            await shop.until(lambda info, name=name: name in info["counters"])  # type: ignore[misc]
        link.send("D0001", "result", {**shop.receipt(url), "text": "no field of a receipt"})
        assert (await shop.result())["outcome"] == "paid"
