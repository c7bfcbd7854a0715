"""What a shop lives through: second tries, late money, restarts, networks that come and go."""

import asyncio
import signal
from pathlib import Path

import pytest

from host_sim import board
from host_sim.board import RUNTIMES
from host_sim.phone import Phone, PhoneError
from tests.e2e.counter import counter, decline, pay
from tools.register import NoAnswer, Refused

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)


@runtimes
async def test_declined_then_paid(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        first = await shop.show_code()
        await decline(first, "limit_exceeded")
        result = await shop.result()
        assert (result["outcome"], result["reason"]) == ("failed", "limit_exceeded")
        assert shop.database.sale("3", "1001") is None
        failed = await shop.bench.next_picture()
        shop.bench.board.press("qr_key")
        await shop.bench.next_picture(failed)
        second = await shop.bench.code_on_panel()
        assert second != first
        with pytest.raises(PhoneError):  # the first code can't be paid any more
            await pay(first)
        await shop.call(shop.register.query, "1001")
        shop.register._results.pop("1001")
        await pay(second)
        assert (await shop.result())["outcome"] == "paid"
        outcomes = [row["outcome"] for row in shop.database.attempts("3", "1001")]
        assert outcomes == ["failed", "paid"]
        assert (shop.database.sale("3", "1001") or {})["amount"] == 1234
        with pytest.raises(Refused, match="already_paid"):
            await shop.call(shop.register.start_payment, "1001", 1234, "EUR")


@runtimes
async def test_false_receipts_change_nothing(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        url = await shop.show_code()
        true = shop.receipt(url)
        mac = bytearray.fromhex(true["mac"])
        mac[7] ^= 0x10
        cases = [
            ({**true, "mac": mac.hex()}, 401, "receipt_bad_mac"),
            ({**true, "transaction": "T2"}, 401, "receipt_bad_mac"),
            (shop.receipt(url, key=b"another device's key, 32 bytes.."), 401, "receipt_bad_mac"),
            (shop.receipt(url, order="1002"), 409, "receipt_wrong_order"),
            (shop.receipt(url, amount=1233), 409, "receipt_wrong_amount"),
            (shop.receipt(url, currency="USD"), 409, "receipt_wrong_currency"),
            (shop.receipt(url, register="4"), 409, "receipt_wrong_register"),
            (shop.receipt(url, device="D0002"), 409, "receipt_wrong_device"),
            (shop.receipt(url, attempt="ab" * 12), 404, "receipt_unknown_attempt"),
            ({**true, "amount": True}, 400, "receipt_malformed"),
            ([true], 400, "receipt_malformed"),
        ]
        expected: dict[str, int] = {}
        for false, status, name in cases:
            assert await shop.post(false) == (status, name)
            expected[name] = expected.get(name, 0) + 1
            info = await shop.info()
            assert info["state"] == "qr"
            assert {key: info["counters"].get(key) for key in expected} == expected
        assert shop.database.attempts("3", "1001") == []
        assert await shop.post(true) == (200, "")
        assert (await shop.result())["transaction"] == "T1"
        assert await shop.post(true) == (409, "receipt_replayed")
        info = await shop.info()
        assert info["counters"]["receipt_replayed"] == 1
        assert len(shop.database.attempts("3", "1001")) == 1


@runtimes
async def test_a_cancelled_code_can_not_be_paid(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        url = await shop.show_code()
        phone = Phone()
        page = await phone.open(url)
        await shop.call(shop.register.cancel, "1001")
        assert (await shop.result())["outcome"] == "cancelled"
        await shop.until(lambda info: info["counters"].get("receipt_accepted") == 1)
        answer = await phone.pay(page)
        assert answer.status_code == 409
        assert "No longer valid" in answer.text
        await phone.close()
        assert shop.database.sale("3", "1001") is None


@runtimes
async def test_money_that_wins_the_race_is_late(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        url = await shop.show_code()
        shop.bench.gateway.faults.garbage = True  # the display can't close the charge
        await shop.call(shop.register.cancel, "1001")
        assert (await shop.result())["outcome"] == "cancelled"
        # The same order again, for less; then the money for the first code comes after all.
        await shop.call(shop.register.start_payment, "1001", 999, "EUR")
        assert await shop.post(shop.receipt(url)) == (200, "")
        async with asyncio.timeout(10):
            while shop.database.attempts("3", "1001")[0]["outcome"] != "late":
                await asyncio.sleep(0.02)
        with pytest.raises(NoAnswer):  # the payment under way has no result yet
            await shop.call(shop.register.wait_for_result, "1001", 0.5)
        rows = shop.database.attempts("3", "1001")
        assert [(row["outcome"], row["transaction"]) for row in rows] == [("late", "T1")]
        assert shop.database.sale("3", "1001") is None


async def test_a_refused_payment_does_not_stop_the_one_under_way(tmp_path: Path) -> None:
    async with counter("micropython", tmp_path) as shop:
        url = await shop.show_code()
        for order, amount in (("1001", 9999), ("1002", 1234), ("1001", 0)):
            with pytest.raises(Refused, match=r"busy|amount"):
                await shop.call(shop.register.start_payment, order, amount, "EUR")
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR")  # a repeat is no harm
        assert await shop.bench.code_on_panel() == url
        await pay(url)
        result = await shop.result()
        assert (result["outcome"], result["amount"]) == ("paid", 1234)
        assert len(shop.database.attempts("3", "1001")) == 1


@runtimes
async def test_a_new_code_replaces_a_cancelled_one_at_once(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        codes = [await shop.show_code("2000")]
        for order in range(2001, 2005):  # as fast as the line allows
            await shop.call(shop.register.cancel, str(order - 1))
            await shop.call(shop.register.start_payment, str(order), 1234, "EUR")
            async with asyncio.timeout(10):
                while (code := await shop.bench.code_on_panel()) in codes:
                    await asyncio.sleep(0.05)
            codes.append(code)
            assert shop.payment(code).order == str(order)
        await pay(codes[-1])
        assert (await shop.result("2004"))["outcome"] == "paid"


@runtimes
async def test_no_network_no_code(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        idle = await shop.bench.next_picture()
        shop.bench.board.wifi_on = False
        await shop.until(lambda info: info["lacks"] == "wifi")
        with pytest.raises(Refused, match="no_network"):
            await shop.call(shop.register.start_payment, "1001", 1234, "EUR")
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR", None)
        choose = await shop.bench.next_picture(idle)
        shop.bench.board.press("qr_key")
        await shop.bench.next_picture(choose)
        status = await shop.call(shop.register.query, "1001")
        assert (status["state"], status["reason"]) == ("choose", "no_network")
        shop.bench.board.wifi_on = True
        await shop.until(lambda info: not info["lacks"])
        shop.bench.board.press("qr_key")
        await pay(await shop.bench.code_on_panel())
        assert (await shop.result())["outcome"] == "paid"


@runtimes
@pytest.mark.parametrize("given_up_by", ["time", "cancel"])
async def test_given_up_without_a_network(given_up_by: str, runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path, qr_seconds=5) as shop:
        url = await shop.show_code()
        shop.bench.board.wifi_on = False
        await shop.until(lambda info: info["lacks"] == "wifi")
        if given_up_by == "cancel":
            await shop.call(shop.register.cancel, "1001")
            assert (await shop.result())["outcome"] == "cancelled"
        else:
            await shop.until(lambda info: info["state"] == "unknown")
        await asyncio.sleep(1)
        shop.bench.board.wifi_on = True
        await shop.until(lambda info: info["counters"].get("receipt_accepted") == 1)
        if given_up_by == "time":
            assert (await shop.result())["outcome"] == "expired"
        phone = Phone()
        assert "No longer valid" in (await phone.open(url)).text
        await phone.close()
        assert shop.bench.board.resets == 0


@runtimes
async def test_the_network_goes_between_pay_and_code(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        await shop.call(shop.register.start_payment, "1001", 1234, "EUR", None)
        shop.bench.board.wifi_on = False
        shop.bench.board.press("qr_key")
        await asyncio.sleep(0.6)
        assert (await shop.info())["state"] in ("qr", "choose")
        assert not any(name.startswith("fault") for name in (await shop.info())["counters"])


@runtimes
async def test_a_board_that_restarts_is_found_again(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        boot = (await shop.info())["boot"]
        shop.bench.board.kill()
        await shop.until(lambda info: info["boot"] != boot and not info["lacks"], 30)
        await pay(await shop.show_code())
        assert (await shop.result())["outcome"] == "paid"


@pytest.mark.parametrize("baud", [9600, 38400, 921600])
async def test_other_speeds(baud: int, tmp_path: Path) -> None:
    async with counter("micropython", tmp_path, baud=baud) as shop:
        lines = [{"name": "Bread", "quantity": "1", "amount": 617}] * 12
        await shop.call(shop.register.cart, "1001", "EUR", lines, 7404)
        await pay(await shop.show_code(amount=7404))
        assert (await shop.result())["amount"] == 7404


async def test_a_storage_failure_is_not_acknowledged(tmp_path: Path) -> None:
    async with counter("micropython", tmp_path) as shop:
        url = await shop.show_code()
        record = shop.database.record
        failures: list[dict] = []

        def failing(result: dict, device: str) -> str:
            from tools.register.database import StorageError

            if len(failures) < 2:
                failures.append(result)
                raise StorageError("disk full")
            return record(result, device)

        shop.database.record = failing  # type: ignore[method-assign]
        await pay(url)
        assert (await shop.result())["outcome"] == "paid"
        assert len(failures) == 2
        assert (await shop.info())["counters"]["result_refused"] == 2
        assert shop.database.sale("3", "1001") is not None


async def test_both_runtimes_show_the_same_screens(tmp_path: Path) -> None:
    pictures = []
    for runtime in RUNTIMES:
        async with counter(runtime, tmp_path / runtime) as shop:
            shown = [await shop.bench.next_picture()]
            line = {"name": "Käse", "quantity": "0.2 kg", "amount": 399}
            await shop.call(shop.register.cart, "7", "EUR", [line], 399)
            shown.append(await shop.bench.next_picture(shown[-1]))
            await shop.call(shop.register.start_payment, "7", 399, "EUR", None)
            shown.append(await shop.bench.next_picture(shown[-1]))
            shop.bench.board.press("qr_key")
            code = await shop.bench.code_on_panel()
            await decline(code, "declined")
            await shop.result("7")
            shown.append(await shop.bench.next_picture(shown[-1]))
            await shop.call(shop.register.cancel, "7")
            shown.append(await shop.bench.next_picture(shown[-1]))
            pictures.append([picture.tobytes() for picture in shown])
    assert len(pictures[0]) == 5
    assert pictures[0] == pictures[1]
    assert len(set(pictures[0])) == 5


async def test_a_hung_board_is_reset_by_its_watchdog(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = board.profile
    monkeypatch.setattr(board, "profile", lambda name: {**real(name), "watchdog_ms": 2000})
    async with counter("cpython", tmp_path) as shop:
        process = shop.bench.board._process
        assert process is not None
        process.send_signal(signal.SIGSTOP)
        async with asyncio.timeout(20):
            while not shop.bench.board.resets:
                await asyncio.sleep(0.1)
        await shop.until(lambda info: not info["lacks"], 30)
