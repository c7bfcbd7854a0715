"""Settings are checked each time they are read; counters are bounded."""

from tillqr.board.counters import Counters
from tillqr.board.settings import BadSettings, checked, device_key, wifi_password

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
        ("backend", ("", "ftp://x.example", "http://x/path", "https://pay.example", "h" * 50)),
        ("wifi_ssid", ("", "s" * 33)),
        ("key_number", (-1, 256, "1", True)),
        ("port", (0, 65536, 80.0)),
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


def test_secrets():
    key = device_key(Nvs(device_key=b"k" * 32), 7)
    assert key.number == 7
    assert "device_key" in str(raises(BadSettings, device_key, Nvs(), 1))
    assert "device_key" in str(raises(BadSettings, device_key, Nvs(device_key=b"short"), 1))
    assert wifi_password(Nvs(wifi_password=b"secret-1")) == "secret-1"
    assert wifi_password(Nvs()) == ""


def test_counters_are_bounded_in_number_and_in_report():
    counters = Counters()
    for number in range(1000):
        counters.add("counter_%03d" % number)
        counters.add("counter_000")
    report = counters.report(10_000)
    assert len(report) == 40 and report["counter_000"] == 1001
    assert len(counters.report(100)) == 4
