"""Which display a result is recorded of, whichever comes first: the result or its INFO."""

import os
import pty
import select
import threading
import time
import tty
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tillqr.setup import till as setup_till
from tillqr.till import answers, message
from tillqr.till.link import Link

from tools.register import Register, ShopDatabase

ORDER = {"order": "1001", "register": "3", "amount": 1234, "currency": "EUR"}
_SECONDS = 10


def result(attempt: str, **changes: object) -> dict:
    return {**ORDER, "attempt": attempt, "outcome": "paid", "transaction": "T1", **changes}


def info(boot: str, device: str) -> dict:
    words = {"protocol": 1, "boot": boot, "device": device, "firmware": "1", "serial": "a4"}
    return {**words, "shop": "", "state": "idle", "network": "", "counters": {}}


class Display:
    """The display's end of a line: what a test has it say, it says, and nothing else."""

    def __init__(self) -> None:
        self._port, self._other = pty.openpty()
        tty.setraw(self._other)
        self.path = os.ttyname(self._other)
        self.heard: list[int] = []
        self._settled: list[dict] = []
        self._open = True
        self._lock = threading.Lock()
        self.start("boot1")
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def start(self, boot: str) -> None:
        """It starts, or another display is joined."""
        with self._lock:
            told = (lambda kind, _: self.heard.append(kind), self._settle, lambda _: None)
            self._link = Link("display", boot, 115200, *told)

    def _settle(self, _kind: int, content: dict, reason: str, _: str) -> None:
        assert not reason
        self._settled.append(content)

    def say(self, kind: int, content: dict) -> None:
        """Say something; it is acknowledged when this returns."""
        with self._lock:
            self._link.send(kind, content)
        wait(lambda: any(one is content for one in self._settled))

    def _run(self) -> None:
        while self._open:
            with self._lock:
                if (output := self._link.output(time.monotonic_ns() // 1_000_000)) is not None:
                    os.write(self._port, output)
                if select.select([self._port], [], [], 0.005)[0]:
                    data = bytearray(os.read(self._port, 1024))
                    self._link.feed(data, len(data))
            time.sleep(0.001)

    def close(self) -> None:
        self._open = False
        self._thread.join()
        os.close(self._port)
        os.close(self._other)


def wait(ready: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _SECONDS
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.005)


@pytest.fixture
def display() -> Iterator[Display]:
    setup_till.add()
    answers.add()
    made = Display()
    yield made
    made.close()


@pytest.fixture
def shop(tmp_path: Path) -> ShopDatabase:
    return ShopDatabase(f"sqlite:///{tmp_path}/shop.db")


@pytest.fixture
def register(display: Display, shop: ShopDatabase) -> Iterator[Register]:
    with Register(display.path, shop, name="3") as made:
        yield made


def devices(shop: ShopDatabase, order: str = "1001") -> list[str]:
    sale = shop.sale("3", order)
    assert sale is not None
    return [sale["device"], *(row["device"] for row in shop.attempts("3", order))]


@pytest.mark.usefixtures("register")
def test_a_result_that_comes_before_info_gets_its_name_then(
    display: Display, shop: ShopDatabase
) -> None:
    """As from a display that has kept a result, to a register that has just started."""
    display.say(message.RESULT, result("a1"))
    assert devices(shop) == ["", ""]
    display.say(message.INFO, info("boot1", "D0001"))
    assert devices(shop) == ["D0001", "D0001"]


def test_a_result_while_info_is_asked_for_has_the_name(
    display: Display, register: Register, shop: ShopDatabase
) -> None:
    display.say(message.INFO, info("boot1", "D0001"))
    asking = threading.Thread(target=register.info, args=(_SECONDS,))
    asking.start()
    wait(lambda: message.QUERY in display.heard)
    display.say(message.RESULT, result("a1"))
    assert devices(shop) == ["D0001", "D0001"]
    display.say(message.INFO, info("boot1", "D0001"))
    asking.join()


@pytest.mark.usefixtures("register")
def test_another_display_at_the_port_is_not_taken_for_the_last_one(
    display: Display, shop: ShopDatabase
) -> None:
    display.say(message.INFO, info("boot1", "D0001"))
    display.say(message.RESULT, result("a1"))
    display.start("boot2")
    display.say(message.RESULT, result("a2", order="1002"))
    assert devices(shop, "1002") == ["", ""]
    display.say(message.INFO, info("boot2", "D0002"))
    assert devices(shop, "1002") == ["D0002", "D0002"]
    assert devices(shop) == ["D0001", "D0001"]
