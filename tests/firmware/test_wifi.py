"""The station's owner: it tries again, says why it failed, and changes to a better access point."""

import asyncio

from tillqr.net.wifi import Wifi

NEAR, FAR = b"\2\0\0\0\0\1", b"\2\0\0\0\0\2"


class Wlan:
    """A station among access points: bssid -> strength in dBm."""

    def __init__(self, points, reason=201):
        self.points = points
        self.reason = reason
        self.joined = None
        self.asked = []
        self.scans = 0

    def connect(self, ssid, key, bssid=None):
        assert (ssid, key) == ("shop", "password")
        self.asked.append(bssid)
        self.joined = bssid or (
            sorted(self.points, key=self.points.get)[0] if self.points else None
        )

    def disconnect(self):
        self.joined = None

    def isconnected(self):
        return self.joined in self.points

    def status(self, what=None):
        if what == "rssi":
            return self.points[self.joined]
        return 1010 if self.isconnected() else self.reason

    def scan(self):
        self.scans += 1
        return [(b"shop", bssid, 6, rssi, 3, False) for bssid, rssi in self.points.items()] + [
            (b"other", b"\2\0\0\0\0\3", 6, -20, 3, False)
        ]

    def ifconfig(self):
        return ("192.168.1.17", "255.255.255.0", "192.168.1.1", "192.168.1.1")


def run(wlan, turns, calm=True, during=None):
    """Let a station run for some turns of its loop; the Wifi, and what it told."""
    told = []

    async def main():
        wifi = Wifi(wlan, "shop", "password")
        wifi.calm = lambda: calm
        wifi.on_change = lambda: told.append((wifi.connected, wifi.trouble))
        real, count = asyncio.sleep_ms, [0]

        async def sleep_ms(_):
            count[0] += 1
            if during:
                during(count[0], wlan)
            await real(0)

        asyncio.sleep_ms = sleep_ms
        task = asyncio.create_task(wifi.run())
        try:
            while count[0] < turns:
                await real(0)
        finally:
            asyncio.sleep_ms = real
            task.cancel()
        return wifi

    return asyncio.run(main()), told


def test_it_says_why_it_is_not_connected():
    for reason, trouble in (
        (201, "wifi_absent"),
        (200, "wifi_absent"),
        (202, "wifi_password"),
        (15, "wifi_password"),
        (204, "wifi_password"),
        (1001, "wifi_no_address"),
    ):
        wifi, told = run(Wlan({}, reason), 200)
        assert told == [(False, trouble)] and not wifi.connected


def test_it_comes_back_by_itself():
    def change(turn, wlan):
        wlan.points = {} if 20 < turn < 60 else {NEAR: -50}

    wifi, told = run(Wlan({NEAR: -50}), 300, during=change)
    assert told[0] == (True, "") and told[-1] == (True, "") and (False, "") in told
    assert wifi.connections >= 2 and wifi.address == "192.168.1.17"


def test_it_changes_to_an_access_point_that_is_much_stronger():
    wlan = Wlan({FAR: -80, NEAR: -60})
    wifi, _ = run(wlan, 1400)
    assert wlan.asked[:2] == [None, NEAR] and wlan.joined == NEAR and wifi.connected
    assert wifi.connections == 2


def test_it_stays_where_a_change_would_gain_little_or_somebody_waits():
    for points, calm, scans in (
        ({FAR: -74, NEAR: -40}, True, 0),
        ({FAR: -80, NEAR: -73}, True, 1),
        ({FAR: -80, NEAR: -40}, False, 0),
    ):
        wlan = Wlan(points)
        run(wlan, 1400, calm)
        assert (wlan.asked, wlan.joined, wlan.scans) == ([None], FAR, scans), points
