"""The payment backend: creates charges from codes, takes payments, answers queries and pushes
signed results. It reads PROTOCOL.md by itself and shares no code with the firmware."""
