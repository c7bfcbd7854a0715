"""What is on the test issuer's cards. All numbers are of the schemes' test ranges."""

from typing import NamedTuple


class Plastic(NamedTuple):
    """What is on a card."""

    pan: str
    expires: str = "301231"
    """YYMMDD."""
    sequence: str = "00"

    def __repr__(self) -> str:
        """Without its number."""
        return "<Plastic>"

    @property
    def track2(self) -> bytes:
        """Track 2 equivalent data: number, month, service code, nothing else (tag 57)."""
        digits = f"{self.pan}D{self.expires[:4]}201"
        return bytes.fromhex(digits + "F" * (len(digits) % 2))


GOOD = Plastic("5413330089020011")
"""Its account has money; what becomes of the others says host_sim/gateway/issuer.py."""
POOR = Plastic("5413330089020029")
LIMITED = Plastic("5413330089020037")
STOLEN = Plastic("5413330089020045")
EXPIRED = Plastic("5413330089020052", "200131")
STRANGE = Plastic("5413330089020060")
"""Of no account at all."""
TOKEN = Plastic("4761739001010119")
"""What a phone has in the place of a card's number."""
