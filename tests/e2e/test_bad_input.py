"""Garbage on any input costs a counter, never the sale."""

import asyncio
import contextlib
import random
import subprocess
import sys
from pathlib import Path

import pytest
import serial
from tillqr.till import frame, message

from host_sim.board import ROOT, RUNTIMES
from tests.e2e.counter import counter, pay
from tests.firmware.test_link import raw_frame

runtimes = pytest.mark.parametrize("runtime", RUNTIMES)


class RawRegister:
    """A register that sends what it likes."""

    def __init__(self, path: str) -> None:
        self._serial = serial.Serial(path, 115200, timeout=0.02)
        self._answers: list[tuple[int, int, dict]] = []
        self._reader = frame.FrameReader(self._take, lambda _: None)
        self._sequence = 0

    def close(self) -> None:
        self._serial.close()

    def send(self, octets: bytes) -> None:
        self._serial.write(octets)

    def _take(self, _: int, kind: int, sequence: int, payload: memoryview) -> None:
        if kind in (message.ACK, message.NAK):
            self._answers.append((kind, sequence, message.parse(kind, payload)))
        else:  # keep the display content: whatever it sends is acknowledged
            self.send(bytes(frame.build(message.ACK, sequence, b"")))

    def ask(self, kind: int, payload: bytes, version: int = 1, step: int = 1) -> dict:
        """Send a frame; the answer's NAK, or {} for ACK. {"silence": True} after a second."""
        self._sequence = (self._sequence + step) & 255
        octets = bytes(frame.build(kind, self._sequence, payload))
        if version != 1:
            octets = raw_frame(version, kind, self._sequence, payload)
        self.send(octets)
        for _ in range(50):
            data = bytearray(self._serial.read(1024))
            self._reader.feed(data, len(data))
            for kind_of, sequence, content in self._answers:
                if sequence == self._sequence:
                    self._answers.clear()
                    return content if kind_of == message.NAK else {}
        return {"silence": True}

    def hello(self) -> dict:
        hello = {"protocol": 1, "boot": "raw%d" % self._sequence, "role": "register"}
        return self.ask(message.HELLO, message.build(hello))


def torture(path: str) -> None:
    """Everything that the protocol forbids, in a row; each with the answer it must get."""
    register = RawRegister(path)
    chance = random.Random(3)
    try:
        for _ in range(20):
            register.send(chance.randbytes(chance.randint(1, 400)))
        register.send(b"\0" + b"\x01" * 5000 + b"\0")
        assert register.hello() == {}
        good = frame.build(message.CANCEL, 9, b'{"order":"1"}')
        register.send(bytes(good[:7]))
        register.send(bytes(good[:9]) + b"\x55" + bytes(good[10:]))
        pay = b'{"order":"9","register":"3","amount":%s,"currency":"%s"}'
        cases = [
            (message.QUERY, b"", 1, None),
            (77, b"{}", 1, "type"),
            (message.RESULT, b"{}", 1, "type"),
            (message.PAY, b"{}", 1, "field"),
            (message.PAY, b'{"order"', 1, "json"),
            (message.PAY, b'{"order":"\xc3\x28\xff"}', 1, "utf8"),
            (message.PAY, pay % (b"-1", b"EUR"), 1, "amount"),
            (message.PAY, pay % (b"0", b"EUR"), 1, "amount"),
            (message.PAY, pay % (b"9" * 400, b"EUR"), 1, "amount"),
            (message.PAY, pay % (b"1e3", b"EUR"), 1, "amount"),
            (message.PAY, pay % (b"5", b"BTC"), 1, "currency"),
            (message.PAY, b"[" * 500, 1, "json"),
            (message.CANCEL, b'{"order":"1"}', 1, "no_sale"),
        ]
        for kind, payload, version, reason in cases:
            answer = register.ask(kind, payload, version)
            assert answer.get("reason") == reason, (payload[:40], answer)
        assert register.ask(message.QUERY, b"", version=2)["reason"] == "version"
        assert register.ask(message.QUERY, b"", step=0) == {}  # the version's was not carried out
        assert register.ask(message.QUERY, b"", step=0) == {}  # a repeat
        assert register.ask(message.QUERY, b"", step=7)["reason"] == "sequence"
        assert register.hello() == {}
    finally:
        register.close()


@runtimes
async def test_the_register_line(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        path = shop.bench.board.line.path
        await shop.call(shop.register.close)
        await asyncio.to_thread(torture, path)
        from tools.register import Register

        shop.register = await asyncio.to_thread(Register, path, shop.database, name="3")
        info = await shop.until(lambda info: not info["lacks"])
        for name in ("frame_overlong", "frame_crc", "link_refused", "link_duplicate"):
            assert info["counters"].get(name), (name, info["counters"])
        assert not any(name.startswith("fault_") for name in info["counters"])
        await pay(await shop.show_code())
        assert (await shop.result())["outcome"] == "paid"
        assert shop.bench.board.resets == 0


async def http(port: int, octets: bytes, wait: float = 8) -> bytes:
    """What the board answers to raw bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        writer.write(octets)
        await writer.drain()
    answer = b""
    with contextlib.suppress(ConnectionError):
        answer = await asyncio.wait_for(reader.read(4096), wait)
    writer.close()
    return answer


@runtimes
async def test_the_result_endpoint(runtime: str, tmp_path: Path) -> None:
    async with counter(runtime, tmp_path) as shop:
        url = await shop.show_code()
        port = shop.bench.endpoint_port
        post = b"POST /result HTTP/1.1\r\nContent-Type: application/json\r\n"
        cases = [
            (b"GET /info HTTP/1.1\r\n\r\n", b"200"),
            (b"GET /result HTTP/1.1\r\n\r\n", b"405"),
            (b"POST /info HTTP/1.1\r\n\r\n", b"405"),
            (b"DELETE /result HTTP/1.1\r\n\r\n", b"405"),
            (b"GET / HTTP/1.1\r\n\r\n", b"404"),
            (b"GET /../etc/passwd HTTP/1.1\r\n\r\n", b"404"),
            (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(300) + b"\r\n\r\n", b"414"),
            (b"GET /info HTTP/9.9\r\n\r\n", b"400"),
            (b"GET /" + b"a" * 2000, b"431"),
            (b"GET /info HTTP/1.1\r\nX: " + b"a" * 400 + b"\r\n\r\n", b"431"),
            (b"GET /info HTTP/1.1\r\n" + b"A: b\r\n" * 400 + b"\r\n", b"431"),
            (post + b"\r\n", b"411"),
            (post + b"Content-Length: 2000000000\r\n\r\n", b"413"),
            (post + b"Content-Length: -5\r\n\r\n", b"400"),
            (post + b"Content-Length: 5\r\n\r\n{]{]{", b"400"),
            (post + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"501"),
            (b"POST /result HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}", b"415"),
        ]
        for octets, status in cases:
            answer = await http(port, octets)
            assert answer.startswith(b"HTTP/1.1 " + status), (octets[:60], answer[:80])
        before = await shop.info()
        # Half-open connections: none of them keeps a true receipt out.
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _, writer in idle[:10]:
            writer.write(b"POST /result HTTP/1.1\r\nContent-Le")
        assert await shop.post(shop.receipt(url)) == (200, "")
        assert (await shop.result())["outcome"] == "paid"
        for _, writer in idle:
            writer.close()
        after = await shop.info()
        assert before["counters"]["http_refused"] >= 14
        turned_away = after["counters"].get("http_turned_away", 0)
        assert after["counters"].get("http_evicted", 0) + turned_away >= 16
        assert shop.bench.board.resets == 0


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["pay", "--amount", "5"], 2, "name the display's serial port"),
        (["pay", "--port", "/dev/no-such-port", "--amount", "5"], 3, "can't open the serial port"),
        (["pay", "--port", "/dev/null", "--amount", "5"], 3, "can't open the serial port"),
        (["pay", "--port", "x", "--amount", "12.50"], 2, "invalid int value"),
        (["pay", "--port", "x"], 2, "--amount"),
        (["cart", "--port", "x", "--order", "1", "Milk"], 2, "is not NAME=AMOUNT"),
        (["info", "--port", "x", "--db", "nonsense"], 3, "can't open the database"),
        (["dance"], 2, "invalid choice"),
        ([], 2, "COMMAND"),
    ],
)
def test_the_register_command(arguments: list[str], status: int, words: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "tools.register", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert run.returncode == status
    assert words in run.stderr.splitlines()[-1]
    assert "Traceback" not in run.stderr
