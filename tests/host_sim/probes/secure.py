"""A script on the board, in main.py's place: asks the backend over verified TLS, as firmware does,
and says what came of it."""

import asyncio
import json
import ssl


async def main():
    with open("settings.json") as file:
        host, _, port = json.load(file)["backend"][len("https://") :].partition(":")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_mode = ssl.CERT_REQUIRED
    with open("ca.der", "rb") as file:
        context.load_verify_locations(cadata=file.read())
    try:
        connection = await asyncio.open_connection(
            host, int(port), ssl=context, server_hostname=host
        )
        connection[1].write(b"GET /charges/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        await connection[1].drain()
        said = str(await connection[0].readline(), "ascii").strip()
    except (OSError, ValueError) as refused:
        said = str(refused).strip()
    print("said", said)
    while True:
        await asyncio.sleep(1)


asyncio.run(main())
