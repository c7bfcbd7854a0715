"""Gives inputs to a parser on MicroPython and says what became of each; neutral:
`drive.py PARSER [SPOIL]`.

Stdin has records: size (2 bytes) and an input; a size of MEMORY asks how many bytes of the heap
are taken. A line answers each: "=" and a verdict, "!" and what was raised, or a number. SPOIL names
a fault of spoil.py that is built in first.
"""

import gc
import sys

from tools.fuzz.parsers.all import PARSERS

MEMORY = 0xFFFF


def serve(judge, read, write) -> None:  # type: ignore[no-untyped-def]
    """Answer records until there are no more."""
    while True:
        head = read(2)
        if len(head) < 2:
            return
        size = head[0] << 8 | head[1]
        if size == MEMORY:
            gc.collect()
            line = str(gc.mem_alloc())  # type: ignore[attr-defined]
        else:
            line = _answer(judge, read(size))
        write(line.replace("\n", " ").encode() + b"\n")


def _answer(judge, octets: bytes) -> str:  # type: ignore[no-untyped-def]
    try:
        return "=" + judge(octets)
    except Exception as error:  # noqa: BLE001  (whatever is raised is a finding)
        return "!" + repr(error)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        from tools.fuzz import spoil

        spoil.build_in(sys.argv[2])
    serve(PARSERS[sys.argv[1]].judge, sys.stdin.buffer.read, sys.stdout.buffer.write)
