"""Provisioning: everything is checked before anything is written, and a power cut mixes nothing."""

import json

from tillqr.board import provision
from tillqr.board.settings import BadSettings, load

from tests import vectors
from tests.firmware.provisioned import KEY, PASSWORD, Board, Cut, document
from tests.support import SETTINGS, copy, raises


def test_a_blank_board_is_provisioned():
    with Board() as board:
        board.store(document())
        assert board.state() == ("D0001", "shop", bytes.fromhex(KEY), PASSWORD)
        assert board.files() == ["settings.json"]
        with open("settings.json") as file:
            text = file.read()
        assert json.loads(text) == SETTINGS
        assert KEY not in text and PASSWORD not in text


def test_whatever_is_wrong_is_named_and_nothing_is_written():
    cases = (
        ({"device": "D 1"}, {}, "device"),
        ({"device": "D\u00e9"}, {}, "device"),
        ({"device": "D" * 13}, {}, "device"),
        ({"shop": "a\nb"}, {}, "shop"),
        ({"shop": "a\u0085b"}, {}, "shop"),
        ({"shop": "a\x7fb"}, {}, "shop"),
        ({"wifi_ssid": "a\tb"}, {}, "wifi_ssid"),
        ({"qr_seconds": 4}, {}, "qr_seconds"),
        ({"language": "xx"}, {}, "language"),
        ({"languge": "en"}, {}, "languge"),
        ({"device_key": KEY}, {}, "device_key"),
        ({"backend": "ftp://pay.example.com"}, {}, "backend"),
        ({"broker": "https://x"}, {}, "broker"),
        ({"port": 0}, {}, "port"),
        ({"charges": "bank"}, {}, "charges"),
        ({"rotating": True}, {}, "rotating"),
        ({"address": "192.0.2.7/24 192.0.2.1"}, {}, "address"),
        ({"address": "192.0.2.7/33 192.0.2.1 192.0.2.1"}, {}, "address"),
        ({"time_server": "time.example:"}, {}, "time_server"),
        ({"time_server": "time.example:ntp"}, {}, "time_server"),
        ({"time_server": ":123"}, {}, "time_server"),
        ({"time_server": "t\u00efme"}, {}, "time_server"),
        ({}, {"broker_password": "\u00e9"}, "broker_password"),
        ({}, {"broker_password": "s" * 64}, "broker_password"),
        ({}, {"device_key": KEY[:30]}, "device_key"),
        ({}, {"device_key": KEY + "0"}, "device_key"),
        ({}, {"device_key": "0f" * 65}, "device_key"),
        ({}, {"device_key": KEY[:-1] + "g"}, "device_key"),
        ({}, {"device_key": 17}, "device_key"),
        ({}, {"wifi_password": "secret7"}, "wifi_password"),
        ({}, {"wifi_password": "s" * 64}, "wifi_password"),
        ({}, {"wifi_password": "secret-\u00e9\u00e9"}, "wifi_password"),
        ({}, {"wifi_password": None}, "wifi_password"),
        ({}, {"pin": "1"}, "pin"),
    )
    for settings, secrets, name in cases:
        with Board() as board:
            error = str(raises(BadSettings, board.store, document(settings, **secrets)))
            assert name in error, (name, error)
            assert board.files() == [] and board.flash.steps == 0, name
            for secret in secrets.values():
                assert not isinstance(secret, str) or secret not in error or len(secret) < 2
    for wrong in (None, [], 7, {"settings": []}, {"secrets": 1}):
        with Board() as board:
            raises(BadSettings, board.store, wrong)
            assert board.flash.steps == 0


def test_vectors():
    for line in vectors.load("documents"):
        end = line.rfind("}") + 1
        document, wrong = json.loads(line[:end]), line[end + 1 :]

        def check(given):
            return provision.check(given, {}, lambda language: language == "en")

        if wrong == "-":
            assert check(document) == document.get("settings", {})
        else:
            assert str(raises(BadSettings, check, document)) == wrong


def test_a_name_in_a_text_is_readable_and_short():
    with Board() as board:
        error = str(raises(BadSettings, board.store, {"settings": {"\x1b[2J" + "n" * 99: 1}}))
        assert len(error) < 60 and all(32 <= ord(character) < 127 for character in error)


def test_what_a_document_does_not_name_stays():
    with Board() as board:
        first = document()
        for name in ("wifi_ssid", "shop"):
            del first["settings"][name]
        del first["secrets"]["wifi_password"]
        board.store(first)
        assert board.state() is None
        form = {"wifi_ssid": "shop", "shop": "Corner Shop"}
        board.store({"settings": form, "secrets": {"wifi_password": PASSWORD}})
        assert board.state() == ("D0001", "shop", bytes.fromhex(KEY), PASSWORD)
        board.store({"settings": {"wifi_ssid": "other"}, "secrets": {"wifi_password": ""}})
        assert board.state() == ("D0001", "other", bytes.fromhex(KEY), "")


def test_what_goes_together_may_come_one_after_the_other():
    """No port for results is right only beside a broker, which the board may have already."""
    with Board() as board:
        board.store({"settings": {"port": 0}})
        error = str(raises(BadSettings, board.store, {"settings": {"backend": "http://pay"}}))
        assert error.startswith("port must not be 0")
        board.store({"settings": {"broker": "mqtt://broker"}})
        board.store({"settings": {"port": 0, "backend": "http://pay"}})
        error = str(raises(BadSettings, board.store, {"settings": {"broker": None}}))
        assert error.startswith("port must not be 0")


def test_the_page_may_come_first():
    with Board() as board:
        form = {"wifi_ssid": "shop", "shop": "Corner Shop"}
        board.store({"settings": form, "secrets": {"wifi_password": PASSWORD}})
        assert board.state() is None
        rest = document()
        for name in form:
            del rest["settings"][name]
        del rest["secrets"]["wifi_password"]
        board.store(rest)
        assert board.state() == ("D0001", "shop", bytes.fromhex(KEY), PASSWORD)


def test_broken_settings_on_the_board_are_in_the_way_only_where_they_stay():
    with Board({"qr_seconds": 3, "nonsense": 1, "shop": "Corner Shop"}) as board:
        error = raises(BadSettings, board.store, {"settings": {"wifi_ssid": "shop"}})
        assert "qr_seconds" in str(error) and board.flash.steps == 0
        board.store(document())
        assert board.state() is not None
        with open("settings.json") as file:
            assert "nonsense" not in file.read()
    for junk in ("", "[]", "{", "7"):
        with Board() as board:
            with open("settings.json", "w") as file:
                file.write(junk)
            board.store(document())
            assert board.state() is not None


def test_a_power_cut_leaves_the_old_or_the_new_or_no_set_up():
    old = copy(SETTINGS)
    unset = copy(SETTINGS)
    del unset["wifi_ssid"]
    whole = document({"device": "D0002", "wifi_ssid": "new"}, device_key="aa" * 32)
    open_network = document({"wifi_ssid": "new"}, wifi_password="")
    network = {"settings": {"wifi_ssid": "new"}, "secrets": {"wifi_password": "another one"}}
    seen = []
    for late in (False, True):
        for before in (None, old, unset):
            for given in (whole, open_network, network):
                outcomes = _cut_everywhere(before, given, late)
                assert outcomes[-1] == "new" or (before is None and given is network)
                seen += outcomes
    assert "old" in seen and "new" in seen and "none" in seen


def _started(before, late):
    """A board with settings, and the secrets that belong to them."""
    board = Board(before, late)
    if before is not None:
        board.flash.staged = {"device_key": b"k" * 32, "wifi_password": b"old-password"}
        board.flash.blobs = dict(board.flash.staged)
    return board


def _cut_everywhere(before, given, late):
    """Store a document with a cut before each step; what the board is then, at last without."""
    with _started(before, late) as board:
        was = board.state()
        board.store(given)
        wanted, steps = board.state(), board.flash.steps
    outcomes = []
    for step in range(1, steps + 2):
        with _started(before, late) as board:
            board.flash.fails_at = step
            try:
                board.store(given)
            except Cut:
                pass
            now = board.state()
        assert now in (None, was, wanted), (step, before, given, now)
        outcomes.append("none" if now is None else "new" if now == wanted else "old")
    return outcomes


def test_after_a_cut_it_can_be_provisioned_again():
    for step in range(1, 8):
        with Board(SETTINGS) as board:
            board.flash.fails_at = step
            try:
                board.store(document())
            except Cut:
                pass
            board.flash.fails_at = -1
            board.store(document())
            assert board.state() == ("D0001", "shop", bytes.fromhex(KEY), PASSWORD)
            assert board.files() == ["settings.json"]


def test_a_flash_that_is_full_leaves_what_was_there():
    with Board(SETTINGS) as board:
        board.flash.staged = {"device_key": b"k" * 32, "wifi_password": b"old-password"}
        board.flash.commit()
        was = board.state()

        def full(path, mode="r"):
            if mode == "w":
                raise OSError(28)
            return open(path, mode)

        provision.open = full
        raises(OSError, board.store, document({"device": "D0002"}))
        assert board.state() == was


def test_each_half_of_the_longest_document_fits_a_frame():
    settings = {
        "device": "D" * 12,
        "shop": "\u00e9" * 20,
        "backend": "https://" + "h" * 26 + ":65535",
        "broker": "mqtts://" + "h" * 46 + ":65535",
        "wifi_ssid": "\u00e9" * 16,
        "key_number": 255,
        "port": 65535,
        "till_baud": 921600,
        "qr_seconds": 599,
        "language": "en",
        "theme": "contrast",
        "text": "normal",
        "sleep_minutes": 1440,
        "console": "locked",
        "charges": "display",
        "rotating": "off",
        "address": "192.168.100.100/24 192.168.100.101 192.168.100.102",
        "time_server": "t" * 34 + ":65535",
    }
    passwords = {"wifi_password": '"' * 63, "broker_password": '"' * 63}
    longest = document(settings, device_key="0f" * 64, **passwords)
    assert provision.check(longest, {}, lambda _: True) == settings
    for part in ("settings", "secrets"):
        text = json.dumps({part: longest[part]})
        longer = sum(5 for character in text if ord(character) > 127)  # \u00e9 on CPython, é here
        assert len(text) + longer <= 1024


def test_a_name_may_be_a_number_where_a_comma_is_missing():
    for wrong in ({"settings": {120: "x"}}, {"secrets": {7: "x"}}, {"settings": {None: 1}}):
        error = raises(BadSettings, provision.check, wrong, {}, lambda _: True)
        assert str(error).startswith("there is no se")


def test_a_damaged_file_is_no_settings():
    whole = json.dumps(SETTINGS).encode()
    halves = whole.replace(b"Corner", b"\\ud83d")
    with Board():
        for content in (b"", b"[" * 1024, whole[:-1], b"\xff" + whole, halves, b"[]", b"null"):
            with open("settings.json", "wb") as file:
                file.write(content)
            raises(BadSettings, load, "settings.json")
            assert provision.on_board() == {}
