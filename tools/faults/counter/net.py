"""The network: MicroPython's `socket` for the board, and what is at the other end.

A connection's bytes take some time and arrive, in their order; a message that is lost takes its
connection with it: nothing more passes on it, and both ends have to find out by waiting.
"""

import errno

LATENCY_US = 15_000
_READ, _WRITE = 1, 4


class Net:
    """The shop's network between the board and the backend."""

    def __init__(self, agenda):
        self.agenda = agenda
        self.up = True
        self.messages = 0
        """How many were carried or lost."""
        self.on_message = lambda number: True
        """Told of each before it is carried; False: it is lost."""
        self.serve = None
        """Makes the handler of a connection that the board opens; None while nobody listens."""
        self.listener = None
        self.on_read = lambda size: None
        """Told when the board has read all that has come on a connection: how many bytes."""
        self.on_write = lambda: None
        """Told when it writes."""

    def carry(self, connection, act, *arguments):
        """Have a message arrive, unless it is lost."""
        self.messages += 1
        if not self.on_message(self.messages) or not self.up:
            connection.broken = True
        if not connection.broken:
            self.agenda.after(LATENCY_US, self._arrive, connection, act, arguments)

    def _arrive(self, connection, act, arguments):
        if not self.up:
            connection.broken = True
        if not connection.broken:
            act(*arguments)

    def dial(self, handler):
        """A connection from outside to the board; the handler has data(bytes) and ended()."""
        connection = Connection(self, handler)
        self.carry(connection, self._ring, connection)
        return connection

    def _ring(self, connection):
        listener = self.listener
        if listener is None or listener.life.over:
            connection.handler.ended()
            return
        connection.board = Socket(self, listener.life)
        connection.board.join(connection)
        listener.callers.append(connection.board)


class Connection:
    """One connection: a socket of the board, and a handler of the world."""

    def __init__(self, net, handler):
        self.net = net
        self.handler = handler
        self.board = None
        self.broken = False

    def send(self, data):
        """From the world to the board."""
        self.net.carry(self, self._received, data)

    def close(self):
        """By the world."""
        self.net.carry(self, self._received, b"")

    def _received(self, data):
        if self.board is not None:
            self.board.received.append(data)


class Socket:
    """A socket of the board; `life` ends with the board."""

    def __init__(self, net, life):
        self.life = life
        self.received = []
        self.callers = []
        self._net = net
        self._connection = None
        self._refused = False
        self._taken = 0

    def join(self, connection):
        """It is connected."""
        self._connection = connection
        connection.board = self

    def setblocking(self, _):
        """It never blocks."""

    def setsockopt(self, *_):
        """It has no options."""

    def bind(self, _):
        """There is only one address."""

    def listen(self, _):
        """Take callers from now on."""
        self._net.listener = self

    def accept(self):
        """The next caller."""
        return self.callers.pop(0), ("192.168.1.9", 50000)

    def connect(self, _):
        """Begin to connect; raises EINPROGRESS."""
        handler = self._net.serve() if self._net.serve else None
        connection = Connection(self._net, handler)
        self._net.carry(connection, self._answered, connection, handler)
        raise OSError(errno.EINPROGRESS)

    def _answered(self, connection, handler):
        if handler is None:
            self._refused = True
            return
        handler.connection = connection
        self.join(connection)

    def ioctl(self, request, flags):
        """Whether it can be read or written (MP_STREAM_POLL)."""
        if request != 3:
            return 0
        ready = _READ if self.received or self.callers or self._refused else 0
        ready |= _WRITE if self._connection or self._refused else 0
        return ready & flags

    def read(self, size):
        """Bytes that came, b"" at the end, None if there are none yet."""
        if self._refused:
            raise OSError(errno.ECONNREFUSED)
        if not self.received:
            return None
        data = self.received[0]
        if data:
            self.received.pop(0)
        if len(data) > size:
            self.received.insert(0, data[size:])
            data = data[:size]
        self._taken += len(data)
        if not self.received or not self.received[0]:
            self._net.on_read(self._taken)
        return data

    def write(self, data):
        """Send bytes."""
        if self._refused:
            raise OSError(errno.ECONNREFUSED)
        if not self.life.over:
            self._net.on_write()
            connection = self._connection
            self._net.carry(connection, connection.handler.data, bytes(data))
        return len(data)

    def close(self):
        """End it."""
        connection, self._connection = self._connection, None
        if self._net.listener is self:
            self._net.listener = None
        if connection is not None and not self.life.over:
            self._net.carry(connection, connection.handler.ended)


def socket_module(net, life):
    """The parts of MicroPython's module `socket`, of a board's life."""
    return {
        "SOCK_STREAM": 1,
        "SOL_SOCKET": 1,
        "SO_REUSEADDR": 2,
        "socket": lambda *_: Socket(net, life),
        "getaddrinfo": lambda host, port, *_: [(2, 1, 0, "", (host, port))],
    }
