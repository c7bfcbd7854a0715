"""What a display is to be given: checked by the firmware's own code before a port is opened."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tillqr.board import provision
from tillqr.board.settings import BadSettings
from tillqr.sale import money

from host_sim.board import language_names
from tools.provision import ca

NUMBERS = (
    *("key_number", "port", "till_baud", "qr_seconds", "sleep_minutes"),
    *("machine_baud", "machine_key_number"),
)
WORDS = (
    *("device", "shop", "backend", "broker", "wifi_ssid", "address", "time_server"),
    *("charges", "rotating", "language", "theme", "text", "console", "machine"),
)
ELSEWHERE = ("wifi_password", "broker_password", "machine_key", "ca", "currency")
"""What is not in settings.json: passwords and keys are secrets, the certificate has a file of its
own, and the currency is for the backend."""
DEFAULTS = {"key_number": 1, "port": 80, "till_baud": 115200, "qr_seconds": 120}
COLUMNS = (*WORDS, *NUMBERS, *ELSEWHERE)
LATER = ("wifi_ssid", "shop")
"""What may be left to the set-up page."""
NO_BROKER = "none"
"""In the place of a broker: the display had one, and is to have none."""


class BadPlan(ValueError):
    """Something is missing or wrong; the text says what."""


@dataclass(frozen=True)
class Plan:
    """What one display is given; the key is made later."""

    settings: dict[str, object]
    passwords: Mapping[str, str]
    currency: str = ""
    ca: bytes = b""
    """The certificate of its CA; nothing if it has that, or needs none."""
    replaces: int | None = None
    """In a change of keys: the number of the key that it has."""

    @property
    def device(self) -> str:
        """The display's name at the backend."""
        return str(self.settings["device"])

    @property
    def complete(self) -> bool:
        """Whether the display can work with it, without the set-up page."""
        return self.replaces is not None or all(name in self.settings for name in LATER)

    @property
    def secure(self) -> bool:
        """Whether what the display asks is reached by TLS, so that it needs a CA."""
        asked = str(self.settings.get("broker") or self.settings.get("backend", ""))
        return asked.lower().startswith(("https:", "mqtts:"))

    def document(self, key: bytes) -> dict:
        """What the display is sent."""
        return {"settings": self.settings, "secrets": {"device_key": key.hex(), **self.passwords}}


def make(values: Mapping[str, str | None]) -> Plan:
    """The plan of some values by COLUMNS, "" or None for what is left out; raises BadPlan."""
    given = {name: value for name, value in values.items() if value not in ("", None)}
    settings = _settings(given)
    try:
        certificate = ca.read(Path(str(given["ca"]))) if "ca" in given else b""
        passwords = dict(_passwords(values, settings))
        plan = Plan(settings, passwords, str(given.get("currency", "")), certificate)
        provision.check(plan.document(bytes(32)), {}, _has_texts)
        if plan.currency:
            money.exponent(plan.currency)
    except (BadSettings, ca.BadCa) as bad:
        raise BadPlan(str(bad)) from None
    except money.UnknownCurrency:
        raise BadPlan("currency must be an ISO 4217 code, such as EUR") from None
    return plan


def _settings(given: Mapping[str, object]) -> dict[str, object]:
    settings: dict[str, object] = dict(DEFAULTS)
    for name, value in given.items():
        if name in NUMBERS:
            settings[name] = _number(name, str(value))
        elif name in WORDS:
            settings[name] = value
    for name in ("device", "backend"):
        if name not in settings:
            raise BadPlan(f"{name} is missing")
    broker = str(settings.get("broker", "")).lower()
    if broker == NO_BROKER:
        settings["broker"] = None
    elif broker.startswith("mqtts:") and "port" not in given:
        settings["port"] = 0  # TLS needs the memory, and results come over the broker
    return settings


def _passwords(
    values: Mapping[str, str | None], settings: Mapping[str, object]
) -> Iterator[tuple[str, str]]:
    """The passwords of what the display joins, and a card machine's key; raises BadPlan."""
    for name, of, more in (
        ("wifi_password", "wifi_ssid", ", or --open-wifi"),
        ("broker_password", "broker", ""),
    ):
        if settings.get(of) is not None:
            password = values.get(name)
            if password is None:
                raise BadPlan(f"{name} is missing: a file, or $TILLQR_{name.upper()}{more}")
            yield name, password
    if settings.get("machine") == "link":
        key = values.get("machine_key")
        if not key:
            raise BadPlan("machine_key is missing: a file, or $TILLQR_MACHINE_KEY")
        yield "machine_key", key.strip()


def change_of_key(record: Mapping) -> Plan:
    """The plan that gives a display the key in its record, whose one before it has."""
    settings = {name: record[name] for name in ("device", "key_number")}
    return Plan(settings, {}, replaces=record["previous"]["key_number"])


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
