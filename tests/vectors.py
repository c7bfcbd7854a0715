"""Reads the test vectors out of firmware/PROTOCOL.md; runs on CPython and on MicroPython."""

PROTOCOL = "firmware/PROTOCOL.md"


def load(name: str) -> "list[str]":
    """The lines of the block "```vectors NAME"."""
    with open(PROTOCOL) as file:
        text = file.read()
    _, _, rest = text.partition("```vectors " + name + "\n")
    block, end, _ = rest.partition("\n```")
    if not end:
        raise ValueError("no vectors " + name)
    return block.split("\n")
