"""What a display is to be given: checked by the firmware's own code before a port is opened."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tillqr.board import provision
from tillqr.board.settings import BadSettings
from tillqr.sale import money

from host_sim.board import language_names

NUMBERS = ("key_number", "port", "till_baud", "qr_seconds", "sleep_minutes")
WORDS = ("device", "shop", "backend", "wifi_ssid", "language", "theme", "text", "console")
ELSEWHERE = ("wifi_password", "currency")
"""What is not in settings.json: the password is a secret, the currency is for the backend."""
DEFAULTS = {"key_number": 1, "port": 80, "till_baud": 115200, "qr_seconds": 120}
COLUMNS = (*WORDS, *NUMBERS, *ELSEWHERE)
LATER = ("wifi_ssid", "shop")
"""What may be left to the set-up page."""


class BadPlan(ValueError):
    """Something is missing or wrong; the text says what."""


@dataclass(frozen=True)
class Plan:
    """One display's settings, password, and currency; the key is made later."""

    settings: dict[str, object]
    wifi_password: str | None
    currency: str

    @property
    def device(self) -> str:
        """The display's name at the backend."""
        return str(self.settings["device"])

    @property
    def complete(self) -> bool:
        """Whether the display can work with it, without the set-up page."""
        return all(name in self.settings for name in LATER)

    def document(self, key: bytes) -> dict:
        """What the display is sent."""
        secrets = {"device_key": key.hex()}
        if self.wifi_password is not None:
            secrets["wifi_password"] = self.wifi_password
        return {"settings": self.settings, "secrets": secrets}


def make(values: Mapping[str, str | None]) -> Plan:
    """The plan of some values by COLUMNS, "" or None for what is left out; raises BadPlan."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    password = values.get("wifi_password") if "wifi_ssid" in given else None
    settings: dict[str, object] = dict(DEFAULTS)
    for name, value in given.items():
        if name in NUMBERS:
            settings[name] = _number(name, str(value))
        elif name in WORDS:
            settings[name] = value
    for name in ("device", "backend"):
        if name not in settings:
            raise BadPlan(f"{name} is missing")
    if "wifi_ssid" in settings and password is None:
        raise BadPlan("wifi_password is missing: a file, $TILLQR_WIFI_PASSWORD, or --open-wifi")
    plan = Plan(settings, password, str(given.get("currency", "")))
    try:
        provision.check(plan.document(bytes(32)), {}, _has_texts)
        if plan.currency:
            money.exponent(plan.currency)
    except BadSettings as bad:
        raise BadPlan(str(bad)) from None
    except money.UnknownCurrency:
        raise BadPlan("currency must be an ISO 4217 code, such as EUR") from None
    return plan


def _number(name: str, words: str) -> int:
    try:
        return int(words)
    except ValueError:
        raise BadPlan(f"{name} must be a number") from None


def _has_texts(language: str) -> bool:
    return language in language_names()


def read_csv(path: Path, common: Mapping[str, str | None]) -> list[Plan]:
    """The plans of a CSV file's rows, under COLUMNS as their heads; an empty cell is what
    `common` says. All rows are checked; raises BadPlan with what is wrong in each."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file, restkey="", strict=True))
    except (OSError, UnicodeError, csv.Error) as error:
        raise BadPlan(f"can't read {path}: {error}") from None
    if not rows:
        raise BadPlan(f"{path} has no rows: the first line names the columns")
    unknown = [head for head in rows[0] if head not in COLUMNS and head != ""]
    if unknown or "device" not in rows[0]:
        known = ", ".join(COLUMNS)
        what = f"no column {unknown[0]!r} is known" if unknown else "the column device is missing"
        raise BadPlan(f"{path}: {what}; known: {known}")
    return _checked(path, rows, common)


def _checked(path: Path, rows: list[dict], common: Mapping[str, str | None]) -> list[Plan]:
    plans, wrong, seen = [], [], set()
    for line, row in enumerate(rows, 2):
        try:
            if "" in row:
                raise BadPlan("more cells than columns")
            filled = {name: value for name, value in row.items() if value}
            plan = make({**common, **filled})
            if plan.device in seen:
                raise BadPlan(f"device {plan.device} comes twice")
            seen.add(plan.device)
            plans.append(plan)
        except BadPlan as bad:
            wrong.append(f"{path}, row {line}: {bad}")
    if wrong:
        raise BadPlan("\n".join(wrong))
    return plans
