"""Memory is held while the code is loaded and given back then, by real threads; what ESP-IDF has
is a stand-in. That the heap of a chip grows by less then was measured on one.
"""

import _thread
import os
import sys

from tillqr.unload import unload

AREA = 57344
AREA_WITH_TLS = 49152
HELD = 65536


class Chip:
    """`_thread` and `esp32`: a heap in one piece, of which threads have their stacks."""

    HEAP_DATA = 4

    def __init__(self, largest, room=1 << 20):
        self.largest = largest
        self.room = room
        self.size = 0
        self.asked = []
        self.running = 0
        self.allocate_lock = _thread.allocate_lock

    def idf_heap_info(self, _):
        return [(1 << 20, self.largest, self.largest, 0), (4096, 240, 224, 24)]

    def stack_size(self, size):
        self.size = size

    def start_new_thread(self, function, arguments):
        size = self.size
        self.asked.append(size)
        if size > self.room:
            raise OSError("can't create thread")

        def run():
            function(*arguments)
            self.largest += size
            self.running -= 1

        self.largest -= size
        self.running += 1
        _thread.start_new_thread(run, ())


def load(chip):
    """Load what a chip loads; the module that came."""
    stand_ins = {"_thread": chip, "esp32": chip, "tillqr.assembly": "the assembly"}
    saved = {name: sys.modules.get(name) for name in stand_ins}
    sys.modules.update(stand_ins)
    try:
        from tillqr.board import reserve

        return reserve.load()
    finally:
        unload("tillqr.board.reserve")
        for name, module in saved.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def test_all_but_the_heap_s_part_is_held_and_given_back():
    chip = Chip(AREA + HELD)
    assert load(chip) == "the assembly"
    assert chip.asked == [HELD]
    assert (chip.running, chip.largest, chip.size) == (0, AREA + HELD, 0)


def test_a_display_with_tls_keeps_more_for_it():
    with open("ca.der", "w") as file:
        file.write("a certificate")
    try:
        chip = Chip(AREA_WITH_TLS + HELD)
        load(chip)
        assert chip.asked == [HELD]
    finally:
        os.remove("ca.der")


def test_little_is_not_held():
    chip = Chip(AREA + 4095)
    assert load(chip) == "the assembly"
    assert chip.asked == []


def test_memory_that_takes_no_stacks_is_left_alone():
    chip = Chip(4 << 20)
    assert load(chip) == "the assembly"
    assert (chip.asked, chip.running, chip.size) == ([(4 << 20) - AREA], 0, 0)
