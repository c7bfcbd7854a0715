"""The register's side of the till link: a library for a POS program, and a command.

from tools.register import Register, ShopDatabase

with Register("/dev/ttyUSB0", ShopDatabase("sqlite:///shop.db"), name="3") as register:
    result = register.pay("10000001", 1234, "EUR")
"""

import sys

try:
    from tools.register.client import NoAnswer, Refused, Register, RegisterError
    from tools.register.database import ShopDatabase
    from tools.register.machine import CardMachine
except ModuleNotFoundError as missing:
    if sys.argv[0] != "-m":
        raise
    # Run as a command by a Python that has not what `make setup` installs.
    sys.exit(
        f"register: {missing.name} is not installed for this Python: "
        "run `make setup`, then use .venv/bin/python"
    )

__all__ = ["CardMachine", "NoAnswer", "Refused", "Register", "RegisterError", "ShopDatabase"]
