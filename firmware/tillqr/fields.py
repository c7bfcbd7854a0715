"""Fields: what an object that came from outside must have, as a table says.

A table is a text, because one of tuples costs the chip four times as much memory: the fields
between commas, each a name ("?" if it may be missing), a check and its bounds.
"""

from tillqr import strict_json

_LINE = "name text 1 40,quantity? text 0 10,amount integer -9999999999 9999999999"
CHOICES = {
    "role": ("register", "display", "machine"),
    "method": ("qr", "tap"),
    "external": ("paid", "failed"),
}
"""The checks that are none of those below: the values that a field may have."""


def first_bad(values: dict, table: str) -> str:
    """Name of the first field that is missing or wrong, or ""."""
    for field in table.split(","):
        parts = field.split(" ")
        name = parts[0]
        required = name[-1] != "?"
        if not required:
            name = name[:-1]
        if name in values:
            low = int(parts[2]) if len(parts) > 2 else 0
            high = int(parts[3]) if len(parts) > 2 else 0
            if not _fits(values[name], parts[1], low, high):
                return name
        elif required:
            return name
    return ""


def _fits(value: object, check: str, low: int, high: int) -> bool:
    """Whether a field's value passes its check."""
    if check == "integer":
        return type(value) is int and low <= value <= high
    if check == "lines":
        return isinstance(value, list) and low <= len(value) <= high and all(map(_is_line, value))
    if check == "counters":
        return isinstance(value, dict) and len(value) <= high
    if not isinstance(value, str):
        return False
    if check == "name":
        return strict_json.is_name(value, low, high)
    if check == "text":
        return strict_json.is_text(value, low, high)
    return value in CHOICES[check]


def _is_line(line: object) -> bool:
    return isinstance(line, dict) and not first_bad(line, _LINE)
