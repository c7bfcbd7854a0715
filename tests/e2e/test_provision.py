"""A board is set up: over the till line, or on the page of its own access point; and nothing else
gets in."""

import asyncio
import contextlib
from pathlib import Path

import httpx
import pytest

from host_sim.board import RUNTIMES
from tests.e2e.counter import Counter, pay
from tests.e2e.set_up import Seen, set_up_counter, set_up_screen
from tools.register import Refused

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)
_NO_KEY = "No device key yet"
_NO_NETWORK = "No Wi-Fi network yet"


async def _sells(shop: Counter, seconds: float = 20) -> None:
    """The display, set up, completes a sale."""
    info = await shop.until(lambda info: not info["lacks"], seconds)
    assert info["state"] == "idle" and "reason" not in info
    await pay(await shop.show_code())
    assert (await shop.result())["outcome"] == "paid"


def _document(shop: Counter) -> dict:
    return {"settings": shop.bench.settings, "secrets": shop.bench.secrets}


def _form(counter: Counter, seen: Seen, **changes: str) -> dict[str, str]:
    form = {
        "pin": seen.pin,
        "wifi_ssid": "tillqr-bench",
        "wifi_password": counter.bench.secrets["wifi_password"],
        "shop": "Bäckerei & Söhne",
        "language": "de",
    }
    return {**form, **changes}


async def _post(shop: Counter, form: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
        return await client.post(f"{shop.bench.setup_page}/", data=form)


async def _joined(shop: Counter, note: str) -> Seen:
    """Read the panel, as whoever joins the board's network must."""
    seen = await set_up_screen(shop.bench, note)
    assert shop.bench.board.own_network == (seen.ssid, seen.password)
    return seen


@runtimes
async def test_a_blank_board_over_the_till_line(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, blank=True) as shop:
        info = await shop.info()
        assert (info["state"], info["reason"], info["device"]) == ("setup", _NO_KEY, "-")
        await _joined(shop, _NO_KEY)
        await shop.call(shop.register.provision, _document(shop))
        await _sells(shop)
        assert shop.bench.board.resets == 1
        log = shop.bench.board.log.read_text()
        assert "not set up: No device key yet" in log and "ready" in log
        for secret in shop.bench.secrets.values():
            assert secret not in log


@runtimes
async def test_a_sale_is_refused_until_then(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, blank=True) as shop:
        with pytest.raises(Refused, match=r"not set up yet.*\(setup\)"):
            await shop.call(shop.register.start_payment, "1001", 1234, "EUR")
        wrong = {**_document(shop), "settings": {**shop.bench.settings, "qr_seconds": 3}}
        with pytest.raises(Refused, match="field"):
            await shop.call(shop.register.provision, wrong)
        assert (await shop.info())["reason"] == _NO_KEY
        assert shop.bench.board.resets == 0


@runtimes
async def test_a_board_without_a_network_over_its_page(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, wifi_ssid=None, shop=None) as shop:
        seen = await _joined(shop, _NO_NETWORK)
        async with httpx.AsyncClient(trust_env=False) as client:
            page = await client.get(f"{shop.bench.setup_page}/")
        assert page.status_code == 200 and _NO_NETWORK in page.text
        assert "no-store" in page.headers["cache-control"]
        answer = await _post(shop, _form(shop, seen))
        assert answer.status_code == 200 and "Saved" in answer.text
        await _sells(shop)
        assert (await shop.info())["shop"] == "Bäckerei & Söhne"
        log = shop.bench.board.log.read_text()
        for secret in (*shop.bench.secrets.values(), seen.password, seen.pin):
            assert secret not in log and secret not in page.text and secret not in answer.text


@runtimes
async def test_the_page_first_and_the_till_line_then(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, blank=True) as shop:
        seen = await _joined(shop, _NO_KEY)
        assert (await _post(shop, _form(shop, seen))).status_code == 200
        await shop.until(lambda info: info["shop"] == "Bäckerei & Söhne", 20)
        await _joined(shop, _NO_KEY)
        rest = _document(shop)
        for name in ("wifi_ssid", "shop"):
            del rest["settings"][name]
        del rest["secrets"]["wifi_password"]
        await shop.call(shop.register.provision, rest)
        await _sells(shop)


@runtimes
async def test_wrong_pins(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, wifi_ssid=None) as shop:
        seen = await _joined(shop, _NO_NETWORK)
        wrong = f"{(int(seen.pin) + 1) % 1_000_000:06}"
        for _ in range(4):
            answer = await _post(shop, _form(shop, seen, pin=wrong))
            assert answer.status_code == 403 and "not the PIN" in answer.text
        assert (await _post(shop, _form(shop, seen, pin=wrong))).status_code == 429
        async with asyncio.timeout(10):
            while (new := await _joined(shop, _NO_NETWORK)).pin == seen.pin:
                await asyncio.sleep(0.05)
        assert (new.ssid, new.password) == (seen.ssid, seen.password)
        for pin in (seen.pin, new.pin):  # the new one counts only after half a minute
            assert (await _post(shop, _form(shop, seen, pin=pin))).status_code == 429
        info = await shop.info()
        assert info["counters"]["setup_wrong_pin"] == 5
        assert (info["state"], shop.bench.board.resets) == ("setup", 0)


@runtimes
async def test_what_is_no_form_costs_little(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, wifi_ssid=None) as shop:
        seen = await _joined(shop, _NO_NETWORK)
        long = _form(shop, seen, shop="x" * 1000)
        assert (await _post(shop, long)).status_code == 413
        idle = [await asyncio.open_connection("127.0.0.1", shop.bench.setup_port) for _ in range(4)]
        await asyncio.sleep(0.3)
        with pytest.raises(httpx.TransportError):
            await _post(shop, _form(shop, seen))
        async with asyncio.timeout(15):
            for reader, _ in idle:
                assert await reader.read() == b"", "ended after the deadline"
        for _, writer in idle:
            writer.close()
        wrong = await _post(shop, _form(shop, seen, language="xx"))
        assert wrong.status_code == 400 and "language must be" in wrong.text
        counters = (await shop.info())["counters"]
        assert counters["http_timeout"] == 4 and counters["http_turned_away"] >= 1
        assert (await _post(shop, _form(shop, seen))).status_code == 200


@runtimes
async def test_a_display_that_works_takes_no_settings(runtime: str, tmp_path: Path) -> None:
    async with set_up_counter(runtime, tmp_path, blank=True) as shop:
        await shop.call(shop.register.provision, _document(shop))
        await shop.until(lambda info: not info["lacks"])
        with pytest.raises(Refused, match="type"):
            await shop.call(shop.register.provision, _document(shop))
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", shop.bench.setup_port)
        assert shop.bench.board.own_network is None
        await _sells(shop)


@runtimes
@pytest.mark.parametrize("step", ["device_key", "wifi_password", "commit"])
async def test_a_power_cut_between_the_writes(step: str, runtime: str, tmp_path: Path) -> None:
    """The power fails when the flash is asked for a step; then it works at the second try."""
    async with set_up_counter(runtime, tmp_path, blank=True) as shop:
        board = shop.bench.board
        answer = board._answer_nvs
        cuts: list[str] = []

        def cut(request: dict) -> dict:
            if request["nvs"] != "get" and step in request.values() and not cuts:
                cuts.append(step)
                board.kill()
            return answer(request)

        board._answer_nvs = cut  # type: ignore[method-assign]
        boot = (await shop.info())["boot"]
        with contextlib.suppress(Refused):  # repeated to the board that has started again
            await shop.call(shop.register.provision, _document(shop))
        info = await shop.until(lambda info: info["boot"] != boot, 30)
        assert cuts == [step]
        if info["state"] == "setup":
            await shop.call(shop.register.provision, _document(shop))
        await _sells(shop)
