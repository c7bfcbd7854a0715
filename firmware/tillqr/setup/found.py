"""What a board has been given already; looked at once, when set-up mode begins."""

import os

from micropython import const

from tillqr.board import provision
from tillqr.board import settings as board_settings

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from esp32 import NVS


def right_ones() -> dict:
    """What settings.json has, if all of it is right; else nothing."""
    try:
        return provision.check({}, provision.on_board(), provision.has_texts)
    except board_settings.BadSettings:
        return {}


def languages() -> "list[str]":
    """Those that there are texts in."""
    return sorted([name[:-4] for name in os.listdir("texts") if name.endswith(".txt")])


def lacking(nvs: "NVS") -> str:
    """What a board has not been given yet, in words for staff; "" if that is nothing."""
    known = provision.on_board()
    try:
        board_settings.device_keys(nvs, 0)
    except board_settings.BadSettings:
        return "No device key yet"
    for name, thing in (
        ("device", "device name"),
        ("backend", "backend"),
        ("wifi_ssid", "Wi-Fi network"),
        ("shop", "shop name"),
    ):
        if name not in known:
            return "No {} yet".format(thing)
    return ""
