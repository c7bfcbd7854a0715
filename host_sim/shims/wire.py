"""The wire from a simulated board to the bench: one TCP connection on this machine.

Runs on CPython and on MicroPython. Records to the bench, in order, so that the level of a pin
at each SPI byte is known there (host_sim/board.py reads them):

    P pin level              a pin was driven
    S host length:u16 data   bytes left an SPI host
    B pin duty:u16           a PWM duty
    W timeout:u32            the watchdog was started
    F                        the watchdog was fed
    R                        the board is to be reset
    X host length:u16 data   bytes leave an SPI host, and as many come in: answered by X
    T bus address length:u16 data   an I2C bus is written to: answered by an X of nothing, or by E
    G bus address length:u16        an I2C bus is read: answered by X or E
    J length:u16 json        a request: answered by J

and from the bench: I pin level (an input changed), and the answers:

    X length:u16 data        bytes
    E errno:u16              an error of the bus
    J length:u16 json        what was requested
"""

import asyncio
import json
import os
import select
import socket
import sys

MICROPYTHON = sys.implementation.name == "micropython"


def address():
    """(host, port) of the bench, from the environment."""
    host, port = os.getenv("TILLQR_BENCH").split(":")
    return host, int(port)


def connect(greeting):
    """A connection to the bench that begins with a line of JSON saying what it carries."""
    host, port = address()
    connection = socket.socket()
    connection.connect(socket.getaddrinfo(host, port)[0][-1])
    connection.setsockopt(6, 1, 1)  # TCP_NODELAY
    connection.setblocking(False)
    transmit(connection, json.dumps(greeting).encode() + b"\n")
    return connection


def _poll(connection, event):
    poll = select.poll()
    poll.register(connection, event)
    return poll


def _wait(poll):
    while not poll.poll(10_000):
        pass


def transmit(connection, data):
    """Send all of data."""
    sent = _sent(connection, data)
    while sent < len(data):
        _wait(_poll(connection, select.POLLOUT))
        sent += _sent(connection, memoryview(data)[sent:])


def _sent(connection, data):
    """How much of data the connection has taken."""
    try:
        return connection.send(data)
    except OSError as error:
        if error.args[0] != 11:  # EAGAIN
            raise SystemExit("the bench is gone") from None
        return 0


def receive_into(connection, buffer):
    """Read what has come into buffer; how much, or None if nothing has."""
    read = connection.readinto if MICROPYTHON else connection.recv_into
    try:
        size = read(buffer)
    except OSError as error:
        if error.args[0] != 11:
            raise SystemExit("the bench is gone") from None
        return None
    if size == 0:
        raise SystemExit("the bench is gone")
    return size


class ThreadSafeFlag:
    """asyncio.ThreadSafeFlag for interrupts that are calls from a task, as they are here.

    The Unix port's own is polled without a file descriptor; beside a growing number of sockets
    that crashes its poll (extmod/modselect.c moves a NULL pollfd in poll_set_add_fd).
    """

    def __init__(self):
        self._event = asyncio.Event()

    def set(self):
        """Wake the waiter."""
        self._event.set()

    def clear(self):
        """Forget that it was set."""
        self._event.clear()

    async def wait(self):
        """Wait until it is set, and clear it."""
        await self._event.wait()
        self._event.clear()


class Wire:
    """The connection for pins, SPI, PWM, watchdog and requests."""

    def __init__(self):
        self._connection = connect({})
        self._readable = _poll(self._connection, select.POLLIN)
        self._chunk = bytearray(128)
        self._pending = b""
        self._answers = []
        self._levels = {}
        self._handlers = {}
        self._listening = False

    def send(self, record):
        """Send one record."""
        transmit(self._connection, record)

    def ask(self, request):
        """Send a request and wait for its answer; raises what the hardware would."""
        body = json.dumps(request).encode()
        self.send(b"J" + len(body).to_bytes(2, "big") + body)
        answer = json.loads(self._answer())
        if "oserror" in answer:
            raise OSError(*answer["oserror"])
        if "refused" in answer:
            raise ValueError(answer["refused"])
        return answer["value"]

    def exchange(self, record):
        """Send a record of a bus and return the bytes of its answer; raises OSError."""
        self.send(record)
        answer = self._answer()
        if isinstance(answer, int):
            raise OSError(answer)
        return answer

    def _answer(self):
        while not self._answers:
            _wait(self._readable)
            self.drain()
        return self._answers.pop(0)

    def make(self, kind, **arguments):
        """Tell the bench of a new part of the chip; raises ValueError if it can't be."""
        self.ask({"make": kind, "with": arguments})

    def level(self, pin):
        """Level of an input pin now."""
        self.drain()
        return self._levels.get(pin, 1)

    def on_edge(self, pin, handler):
        """Call handler(level) when an input changes; needs a running event loop."""
        self._handlers[pin] = handler
        if not self._listening:
            self._listening = True
            asyncio.create_task(self._listen())

    def drain(self):
        """Take in what the bench has sent."""
        size = len(self._chunk)
        while size == len(self._chunk):
            size = receive_into(self._connection, self._chunk)
            if size:
                self._pending += self._chunk[:size]
        while len(self._pending) >= 3 and self._take():
            pass

    def _take(self):
        """Take the next record from what came; False if it isn't whole."""
        data = self._pending
        kind, value, end = data[0], data[1] << 8 | data[2], 3
        if kind in b"XJ":
            end += value
        if len(data) < end:
            return False
        self._pending = data[end:]
        if kind == 73:
            self._change(data[1], data[2])
        else:
            self._answers.append(value if kind == 69 else data[3:end])
        return True

    def _change(self, pin, level):
        before = self._levels.get(pin, 1)
        self._levels[pin] = level
        if level != before and pin in self._handlers:
            self._handlers[pin](level)

    async def _listen(self):
        while True:
            await readable(self._connection)
            self.drain()


if MICROPYTHON:

    async def readable(connection):
        """Wait until something can be read."""
        yield asyncio.core._io_queue.queue_read(connection)

else:

    async def readable(connection):
        """Wait until something can be read."""
        loop = asyncio.get_running_loop()
        ready = loop.create_future()
        descriptor = connection.fileno()
        loop.add_reader(descriptor, lambda: ready.done() or ready.set_result(None))
        try:
            await ready
        finally:
            loop.remove_reader(descriptor)


_wire = None


def wire():
    """The board's wire, made when it is first needed."""
    global _wire
    if _wire is None:
        _wire = Wire()
    return _wire
