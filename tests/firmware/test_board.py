"""Settings are checked each time they are read; counters are bounded."""

from tillqr.board.counters import Counters
from tillqr.board.settings import BadSettings, checked, device_keys, password
from tillqr.sale.mac import Key

from tests.support import SETTINGS, raises


class Nvs:
    """An NVS with given blobs."""

    def __init__(self, **blobs):
        self._blobs = blobs

    def get_blob(self, name, buffer):
        if name not in self._blobs:
            raise OSError(-4354, "ESP_ERR_NVS_NOT_FOUND")
        blob = self._blobs[name]
        buffer[: len(blob)] = blob
        return len(blob)


def changed(**changes):
    values = dict(SETTINGS)
    values.update(changes)
    return values


def test_good_settings():
    settings = checked(SETTINGS)
    assert settings.backend == "HTTP://PAY.EXAMPLE.COM:8080"
    assert (settings.device, settings.port) == ("D0001", 80)


def test_each_bad_setting_is_named():
    cases = (
        ("device", ("", "D" * 13, 1, None)),
        ("shop", ("", "é" * 21)),
        ("backend", ("", "ftp://x.example", "http://x/path", "https://x:0", "http://:80")),
        ("backend", ("h" * 50, "http://x:65536", "http://x y", "http://a:1:2", 7)),
        ("wifi_ssid", ("", "s" * 33)),
        ("key_number", (-1, 256, "1", True)),
        ("port", (-1, 65536, 80.0)),
        ("till_baud", (9599, 921601)),
        ("qr_seconds", (0, 600)),
    )
    for name, values in cases:
        for value in values:
            error = raises(BadSettings, checked, changed(**{name: value}))
            assert name in str(error)
        missing = dict(SETTINGS)
        del missing[name]
        assert name in str(raises(BadSettings, checked, missing))


def test_how_the_panel_looks_may_be_left_out():
    settings = checked(SETTINGS)
    assert (settings.language, settings.theme, settings.large_text) == ("en", "light", False)
    assert settings.sleep_minutes == 0
    settings = checked(changed(language="de", theme="dark", text="large", sleep_minutes=30))
    assert (settings.language, settings.theme, settings.large_text) == ("de", "dark", True)
    for name, values in (
        ("language", ("", "x", "Deutsch", 1)),
        ("theme", ("pink", "", None, 3)),
        ("text", ("small", True)),
        ("sleep_minutes", (-1, 1441, "5")),
    ):
        for value in values:
            assert name in str(raises(BadSettings, checked, changed(**{name: value})))


def test_the_path_of_results_may_be_left_out():
    settings = checked(SETTINGS)
    assert (settings.broker, settings.foreign, settings.rotating) == ("", False, False)
    assert (settings.address, settings.time_server) == (None, "pool.ntp.org")
    assert not settings.secure
    settings = checked(changed(broker="MQTTS://Broker.example:8884", rotating="on", port=0))
    assert (settings.broker, settings.rotating) == ("mqtts://broker.example:8884", True)
    assert settings.secure
    assert not checked(changed(backend="https://x.example", broker="mqtt://x")).secure
    assert checked(changed(backend="https://x.example", port=0)).secure
    address = "192.168.1.20/23 192.168.1.1 10.0.0.53"
    assert checked(changed(address=address)).address == (
        "192.168.1.20",
        "255.255.254.0",
        "192.168.1.1",
        "10.0.0.53",
    )
    for name, values in (
        ("broker", ("", "http://x.example", "mqtt://", "mqtt://x/topic", 1)),
        ("charges", ("", "nobody")),
        ("rotating", (True, "yes")),
        ("address", ("", "192.168.1.20", "1.2.3.4/33 1.2.3.4 1.2.3.4", "1.2.3/8 1.2.3.4 1.2.3.4")),
        ("address", ("1.2.3.4/24 1.2.3.4", "1.2.3.256/24 1.2.3.4 1.2.3.4", 1)),
        ("time_server", ("", 1, "a:b", ":123", "a:0", "a:65536", "a b")),
        ("broker", ("mqtt://h:\u00b2", "mqtt://h\u00e9")),  # no digit, no letter of a host
        ("port", (0,)),  # and no broker, and no https: no result could come
    ):
        for value in values:
            assert name in str(raises(BadSettings, checked, changed(**{name: value})))


def test_the_key_before_counts_beside_the_present_one():
    present, before = b"k" * 32, b"p" * 16
    both = Nvs(device_key=present, previous_key=b"\x06" + before)
    assert [key.number for key in device_keys(both, 7)] == [7, 6]
    assert device_keys(both, 7)[1].mac(b"x") == Key(before).mac(b"x")
    assert [key.number for key in device_keys(both, 6)] == [6]


def test_secrets():
    assert [key.number for key in device_keys(Nvs(device_key=b"k" * 32), 7)] == [7]
    assert "device_key" in str(raises(BadSettings, device_keys, Nvs(), 1))
    assert "device_key" in str(raises(BadSettings, device_keys, Nvs(device_key=b"short"), 1))
    assert password(Nvs(wifi_password=b"secret-1"), "wifi_password") == "secret-1"
    assert password(Nvs(), "broker_password") == ""


def test_counters_are_bounded_in_number_and_in_report():
    counters = Counters()
    for number in range(1000):
        counters.add("counter_%03d" % number)
        counters.add("counter_000")
    report = counters.report(10_000)
    assert len(report) == 40 and report["counter_000"] == 1001
    assert len(counters.report(100)) == 4
