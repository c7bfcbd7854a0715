"""The register's side of the till link: a library for a POS program, and a command.

from tools.register import Register, ShopDatabase

with Register("/dev/ttyUSB0", ShopDatabase("sqlite:///shop.db"), name="3") as register:
    result = register.pay("10000001", 1234, "EUR")
"""

from tools.register.client import NoAnswer, Refused, Register, RegisterError
from tools.register.database import ShopDatabase

__all__ = ["NoAnswer", "Refused", "Register", "RegisterError", "ShopDatabase"]
