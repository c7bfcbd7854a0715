"""A script on the board, in main.py's place: a tap each time the key goes down, with the real
driver over the simulator's shims, and a line of JSON of what came of it (drive.py reads them).

A task that wants to run each millisecond says how long it had to wait at most, and how much of that
this process computed: the rest is the bench's and the machine's.
"""

import asyncio
import json
import sys
import time

with open("settings.json") as file:
    plan = json.load(file)
if plan["modules"]:  # each module by its own name, as the board's are without packages
    sys.path.insert(0, plan["modules"])

from tillqr.board import hardware
from tillqr.nfc.pn532 import CardError, ReaderError

SHORT = b"\x80\xcb\x00\x10\x00"
LONG = b"\x80\xcb\x01\x40" + bytes(at * 5 & 0xFF for at in range(300))
ticks_us = getattr(time, "ticks_us", None) or (lambda: time.monotonic_ns() // 1000 & 0x3FFFFFFF)
counts = {}
cpu_seconds = getattr(time, "clock", None) or time.process_time
stall = [0]
busy = [0.0]


def count(name):
    counts[name] = counts.get(name, 0) + 1


async def tick():
    """Keep the longest wait beyond the millisecond that was asked for, in microseconds, and the
    most seconds that were computed in one."""
    while True:
        before, computed = ticks_us(), cpu_seconds()
        await asyncio.sleep_ms(1)
        stall[0] = max(stall[0], time.ticks_diff(ticks_us(), before) - 1000)
        busy[0] = max(busy[0], cpu_seconds() - computed)


def expected(command):
    """What the card answers (drive.py: Echo)."""
    size = command[2] << 8 | command[3]
    total = sum(command)
    return bytes((total + at * 3) & 0xFF for at in range(size)) + b"\x90\x00"


async def tap(reader, said):
    """All that a tap needs; how it ended."""
    found = await timed("find", reader.find(), said)
    said["found"] = [[one.technology, one.identifier.hex(), one.sak, one.iso_dep] for one in found]
    if not found:
        return "nothing"
    contact = reader.contact()
    for command in (SHORT, LONG) if found[0].iso_dep else (b"\x30\x04",):
        answer = await timed("exchange", contact.exchange(command, plan["exchange_ms"]), said)
        if found[0].iso_dep and answer != expected(command):
            return "wrong answer"
        said["answer"] = len(answer)
    if not await timed("present", contact.present(), said):
        return "left"
    await reader.release()
    if plan["rest"]:
        await reader.rest()
    return "ok"


async def timed(name, call, said):
    """Await it, and say how long the longest of its name took, in milliseconds."""
    began = time.ticks_ms()
    try:
        return await call
    finally:
        said[name] = max(said.get(name, 0), time.ticks_diff(time.ticks_ms(), began))


async def main():
    profile = hardware.load_profile()
    key = hardware.make_key(profile, "qr_key")
    reader = hardware.make_reader(profile, count)
    asyncio.create_task(tick())
    while True:
        said = {}
        counts.clear()
        stall[0], busy[0] = 0, 0.0
        try:
            said["outcome"] = await (tap(reader, said) if key.value() == 0 else reader.start())
        except (CardError, ReaderError) as error:
            said["outcome"] = error.args[0]
        said["stall"] = stall[0]
        said["busy"] = int(busy[0] * 1e6)
        said["counts"] = counts
        print(json.dumps(said))
        while key.value() == 0:
            await asyncio.sleep_ms(2)
        while key.value():
            await asyncio.sleep_ms(2)


asyncio.run(main())
