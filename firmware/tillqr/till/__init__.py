"""The line to the register: frames, messages, the link, and the UART task (PROTOCOL.md)."""
