"""A board is set up for a broker that it verifies, and gets another key: pieces of a certificate,
power cuts, and receipts under the key before."""

import base64
import contextlib
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from host_sim.air import OWN_SSID
from host_sim.bench import DEVICE
from host_sim.board import RUNTIMES
from host_sim.certificates import Authority
from host_sim.gateway import codes, receipts
from tests.e2e.counter import Counter, pay
from tests.e2e.set_up import cut_power_at, set_up_counter
from tools.provision import ca
from tools.register import Refused

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)
_NO_KEY = "No device key yet"


@contextlib.asynccontextmanager
async def _blank(runtime: str, directory: Path) -> AsyncIterator[Counter]:
    """A counter whose display has nothing yet, and a broker with TLS that it is to use."""
    bench: dict[str, Any] = {"road": "mqtts", "broker": "mosquitto", "port": 0}
    async with set_up_counter(runtime, directory, blank=True, **bench) as shop:
        yield shop


def _stored(shop: Counter) -> list[str]:
    """What of a provisioning is among the board's files."""
    directory = shop.bench.board.log.parent
    return sorted(path.name for path in directory.iterdir() if path.name[:3] in ("ca.", "set"))


async def _give(shop: Counter, *documents: dict) -> None:
    for document in documents:
        await shop.call(shop.register.provision, document)


def _document(shop: Counter) -> dict:
    return {"settings": shop.bench.settings, "secrets": shop.bench.secrets}


async def _sells(shop: Counter) -> None:
    """The display, set up, completes a sale whose result comes over the broker."""
    info = await shop.until(lambda info: not info["lacks"], 30)
    assert (info["state"], info["trouble"]) == ("idle", "")
    await shop.pay(await shop.show_code())
    assert (await shop.result())["outcome"] == "paid"


@runtimes
async def test_a_blank_board_over_the_till_line(runtime: str, tmp_path: Path) -> None:
    async with _blank(runtime, tmp_path) as shop:
        boot = (await shop.info())["boot"]
        await _give(shop, *ca.pieces(shop.bench.authority.der))
        assert (await shop.info())["boot"] == boot, "it does not start again for a certificate"
        assert _stored(shop) == ["ca.der"]
        await _give(shop, _document(shop))
        await _sells(shop)
        assert shop.bench.board.resets == 1 and _stored(shop) == ["ca.der", "settings.json"]
        log = shop.bench.board.log.read_text()
        for secret in shop.bench.secrets.values():
            assert secret not in log


@runtimes
async def test_in_two_documents_and_the_certificate_last(runtime: str, tmp_path: Path) -> None:
    """It says what it lacks, each time that it has started."""
    async with _blank(runtime, tmp_path) as shop:
        whole = _document(shop)
        for part, lacks in (
            ("secrets", "No device name yet"),
            ("settings", "no ca.der: https and mqtts need the certificate of a CA"),
        ):
            await _give(shop, {part: whole[part]})
            await shop.until(lambda info, lacks=lacks: info.get("reason") == lacks, 20)  # type: ignore[misc]
        await _give(shop, *ca.pieces(shop.bench.authority.der), {})
        await _sells(shop)


def _piece(at: int, size: int, data: bytes) -> dict:
    return {"ca": {"at": at, "size": size, "data": base64.b64encode(data).decode()}}


@runtimes
async def test_broken_pieces_are_refused_in_words(runtime: str, tmp_path: Path) -> None:
    async with _blank(runtime, tmp_path) as shop:
        der = shop.bench.authority.der
        for document, words in (
            (_piece(100, len(der), der[100:]), "ca must come in pieces without a gap"),
            (_piece(0, len(der), b"x" * len(der)), "ca must be one certificate in DER"),
            (_piece(0, len(der) - 9, der[:-9]), "ca must be one certificate in DER"),
            (_piece(0, 2049, der), r"ca must have at, size \(2,048 at most\) and data"),
            (_piece(0, len(der) - 1, der), r"ca must have at, size \(2,048 at most\) and data"),
            ({"ca": {"at": 0, "size": len(der), "data": "-"}}, "ca must have at, size"),
            ({"ca": {"at": 0}}, "ca must have at, size"),
            ({"ca": {"at": 0, "size": 9, "data": "", "more": 1}}, "field: ca"),
        ):
            with pytest.raises(Refused, match=words) as refused:
                await _give(shop, document)
            assert refused.value.reason == "field" and _stored(shop) == []
        assert (await shop.info())["reason"] == _NO_KEY
        assert shop.bench.board.resets == 0
        await _give(shop, *ca.pieces(der), _document(shop))
        await _sells(shop)


def _small_pieces(der: bytes) -> list[dict]:
    return [_piece(at, len(der), der[at : at + 100]) for at in range(0, len(der), 100)]


@runtimes
async def test_a_power_cut_between_the_pieces(runtime: str, tmp_path: Path) -> None:
    """The same pieces may go on where they were, and others begin anew."""
    async with _blank(runtime, tmp_path) as shop:
        *most, last = _small_pieces(shop.bench.authority.der)
        await _give(shop, *most)
        await _power_cut(shop)
        assert _stored(shop) == ["ca.new"]
        await _give(shop, last)
        assert _stored(shop) == ["ca.der"]
        await _give(shop, *ca.pieces(Authority().der)[:1], *most)
        await _power_cut(shop)
        await _give(shop, *ca.pieces(shop.bench.authority.der), _document(shop))
        await _sells(shop)


async def _power_cut(shop: Counter) -> None:
    """It says afterwards that it is in set-up mode, as before."""
    boot = (await shop.info())["boot"]
    shop.bench.board.kill()
    info = await shop.until(lambda info: info["boot"] != boot, 20)
    assert info["state"] == "setup" and info["reason"]


# Keys.


async def _changes_key(shop: Counter, key: bytes, number: int) -> None:
    """Give the display another key with the network that it lacks; the backend has it too."""
    given = {
        "settings": {"wifi_ssid": OWN_SSID, "key_number": number},
        "secrets": {"device_key": key.hex(), "wifi_password": shop.bench.secrets["wifi_password"]},
    }
    devices = shop.bench.gateway.devices
    if devices[DEVICE].key_number != number:
        devices[DEVICE] = devices[DEVICE].with_key(key, number)
    await _give(shop, given)
    await shop.until(lambda info: not info["lacks"], 20)


async def _loses_its_network(shop: Counter) -> None:
    """So that it is in set-up mode again, and takes a key over the till line."""
    path = shop.bench.board.log.parent / "settings.json"
    settings = json.loads(path.read_text())
    del settings["wifi_ssid"]
    path.write_text(json.dumps(settings))
    shop.bench.board.kill()
    await shop.until(lambda info: info["state"] == "setup", 20)


def _receipt(shop: Counter, url: str, key: bytes, number: int) -> dict:
    """A receipt for the code on the panel, under a key of that number."""
    payment = codes.read(url.rpartition("/")[2], shop.bench.gateway.devices)
    return receipts.sign(payment, codes.Device(DEVICE, key, number), "paid", "T1")


_BAD_MAC = (401, "receipt_bad_mac")


@runtimes
async def test_receipts_under_the_key_before_count(runtime: str, tmp_path: Path) -> None:
    """And under none that is older, nor under one of them by the other's number."""
    async with set_up_counter(runtime, tmp_path, wifi_ssid=None) as shop:
        first, second, third = shop.bench.key, secrets.token_bytes(32), secrets.token_bytes(64)
        await _changes_key(shop, second, 2)
        code = await shop.show_code("1001")
        for key, number in ((first, 2), (second, 1), (third, 1), (third, 3)):
            assert await shop.post(_receipt(shop, code, key, number)) == _BAD_MAC
        assert (await shop.post(_receipt(shop, code, first, 1)))[0] == 200
        assert (await shop.result("1001"))["outcome"] == "paid"
        await _loses_its_network(shop)
        await _changes_key(shop, third, 3)
        code = await shop.show_code("1002")
        assert await shop.post(_receipt(shop, code, first, 1)) == _BAD_MAC
        assert (await shop.post(_receipt(shop, code, second, 2)))[0] == 200
        assert (await shop.result("1002"))["outcome"] == "paid"
        await pay(await shop.show_code("1003"))
        assert (await shop.result("1003"))["outcome"] == "paid", "under the newest"


@runtimes
@pytest.mark.parametrize("step", ["previous_key", "device_key", "commit"])
async def test_a_power_cut_in_a_change_of_keys(step: str, runtime: str, tmp_path: Path) -> None:
    """Whenever it comes, the key before is not lost."""
    async with set_up_counter(runtime, tmp_path, wifi_ssid=None) as shop:
        board = shop.bench.board
        cuts = cut_power_at(board, step)
        second = secrets.token_bytes(32)
        with contextlib.suppress(Refused):  # repeated to the board that works by then
            await _changes_key(shop, second, 2)
        info = await shop.until(lambda info: info["state"] != "setup" or info["reason"], 20)
        if info["state"] == "setup":
            await _changes_key(shop, second, 2)
        assert cuts == [step]
        assert board.nvs.stored["tillqr", "previous_key"] == b"\x01" + shop.bench.key
        code = await shop.show_code()
        assert (await shop.post(_receipt(shop, code, shop.bench.key, 1)))[0] == 200
        assert (await shop.result())["outcome"] == "paid"
