"""The network: Wi-Fi, the result endpoint and the client that asks the backend."""
