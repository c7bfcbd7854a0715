"""What a card machine says on its line (PROTOCOL.md, 13)."""

from micropython import const

from tillqr.sale import receipt
from tillqr.till import message

REQUEST = const(11)
"""Its pay key was pressed."""
TABLES = {
    message.HELLO: message.FIELDS[message.HELLO],
    message.STATUS: "attempt text 24 24,state text 1 8",
    message.RESULT: receipt.FIELDS,
    REQUEST: "",
    message.ACK: "",
    message.NAK: message.FIELDS[message.NAK],
}
"""Its messages, as message.FIELDS has those of a register."""
