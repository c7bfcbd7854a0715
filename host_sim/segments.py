"""The journal's two segments in memory, where nothing has to outlive the process.

Runs on CPython and on MicroPython.
"""


class MemorySegments:
    """What board/segments.py keeps in files."""

    def __init__(self) -> None:
        self.data = [b"", b""]
        self.writes = 0
        """How often anything was written."""

    def read(self, number: int, buffer: memoryview) -> int:
        """Read a segment into a buffer, as far as it takes it: how many bytes."""
        data = self.data[number][: len(buffer)]
        buffer[: len(data)] = data
        return len(data)

    def append(self, number: int, data: bytes) -> None:
        """Write behind what is there."""
        self.writes += 1
        self.data[number] += data

    def replace(self, number: int, data: bytes) -> None:
        """Write in the place of what is there."""
        self.writes += 1
        self.data[number] = data
