"""A script on the board, in main.py's place: says why it started and what the RTC's memory has,
adds a byte to it, and does what the setting `shop` says. test_rtc.py reads it."""

import json
import time

import machine

with open("settings.json") as file:
    verb = json.load(file)["shop"]  # the test puts it there
clock = machine.RTC()
before = clock.memory()
refused = ""
try:
    clock.memory(bytes(2049))
except ValueError as error:
    refused = str(error)
clock.memory(bytearray(before + b"r"))
print(json.dumps({"cause": machine.reset_cause(), "memory": before.decode(), "refused": refused}))
if verb == "reset" and len(before) < 2:
    machine.reset()
if verb == "hang":
    machine.WDT(timeout=200)
if verb == "fill":
    clock.memory(b"x" * 2048)
    print(json.dumps({"cause": len(clock.memory()), "memory": "", "refused": ""}))
while True:
    time.sleep(1)
