"""Runs main.py, and says what the heap has: asked for it (host_sim/shims/asked.py), it collects,
and prints its processor time and micropython.mem_info()."""

import gc
import time

import micropython
from asked import run_main


def _tell():
    gc.collect()
    gc.collect()
    print("processor:", time.clock())
    micropython.mem_info()


run_main(_tell)
