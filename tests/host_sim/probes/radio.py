"""A script on the board, in main.py's place: what the station and the clock of the simulated chip
do and refuse, as lines of JSON on the console. The bench's test (test_air.py) reads them."""

import json
import time

import machine
import network


def say(name, value):
    print(json.dumps({name: value}))


def refusal(call):
    try:
        call()
    except (OSError, ValueError, TypeError) as refused:
        return type(refused).__name__
    return "none"


def settled(wlan):
    """The status once it doesn't change any more."""
    for _ in range(40):
        if wlan.status() != network.STAT_CONNECTING:
            break
        time.sleep(0.05)
    return wlan.status()


with open("settings.json") as file:
    settings = json.load(file)
password = settings["shop"]  # the test puts it there
wlan = network.WLAN(network.STA_IF)
say("inactive", [refusal(lambda: wlan.connect("shop", "x" * 8)), refusal(wlan.scan), wlan.status()])
wlan.active(True)
network.hostname("till-D0001")
say(
    "idle",
    [wlan.status(), wlan.isconnected(), wlan.ifconfig()[0], refusal(lambda: wlan.status("rssi"))],
)
wlan.connect("shop", "wrong password")
time.sleep(0.5)
say("endless", wlan.status())
wlan.config(reconnects=1)
wlan.connect("shop", "wrong password")
say("password", settled(wlan))
wlan.connect("nowhere", password)
say("absent", settled(wlan))
wlan.connect("shop", password, bssid=b"\x02\x00\x00\x00\x00\x09")
say("absent point", settled(wlan))
wlan.connect("shop", password)
say("joined", [settled(wlan), wlan.isconnected(), wlan.status("rssi"), wlan.ifconfig()[0]])
say("heard", [[one[0].decode(), one[1][5], one[2], one[3], one[4], one[5]] for one in wlan.scan()])
wlan.connect("shop", password, bssid=b"\x02\x00\x00\x00\x00\x02")
say("chosen", [settled(wlan), wlan.status("rssi")])
wlan.ifconfig(("127.0.0.9", "255.0.0.0", "127.0.0.1", "127.0.0.1"))
say("fixed", wlan.ifconfig()[0])
wlan.ifconfig("dhcp")
say("given", wlan.ifconfig()[0])
say(
    "refused",
    [
        refusal(lambda: wlan.status("strength")),
        refusal(lambda: wlan.config(channel=1)),
        refusal(lambda: wlan.config(reconnects=255)),
        refusal(lambda: wlan.connect("shop", "short")),
        refusal(lambda: wlan.connect("shop", password, bssid=b"\x02")),
        refusal(lambda: wlan.ifconfig(("127.0.0.1",))),
        refusal(lambda: wlan.ifconfig(("127.0.0.1", "255.0.0", "", ""))),
        refusal(lambda: network.hostname("x" * 33)),
    ],
)
clock = machine.RTC()
moment = (2026, 11, 24, 1, 13, 45, 59, 999999)
for place, wrong in enumerate((1999, 13, 31, 7, 24, 60, 60, 1000000)):
    changed = list(moment)
    changed[place] = wrong
    say("clock", refusal(lambda: clock.datetime(tuple(changed))))
say("clock", refusal(lambda: clock.datetime(moment[:7])))
clock.datetime(moment)
say("done", network.hostname())
while True:
    time.sleep(1)
