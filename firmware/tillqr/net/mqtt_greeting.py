"""The beginning of an MQTT connection: CONNECT and SUBSCRIBE, each until it is answered. Loaded
for that."""

from micropython import const

from tillqr.net.mqtt import KEEPALIVE_S, MqttError, field, packet, read_packet

TYPE_CHECKING = const(False)
if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter

    from tillqr.net.mqtt import Client

_CONNACK = const(2)
_SUBACK = const(9)


async def greet(client: "Client", reader: "StreamReader", writer: "StreamWriter") -> None:
    """Open a client's session; raises MqttError."""
    writer.write(_connect(client))
    await writer.drain()
    kind, body = await read_packet(reader)
    if kind >> 4 != _CONNACK or len(body) != 2:
        raise MqttError("broken")
    if body[1]:
        raise MqttError("refused")
    topics = b"".join(field(topic.encode()) + bytes((quality,)) for topic, quality in client.topics)
    writer.write(packet(0x82, b"\xff\xff", topics))
    await writer.drain()
    while True:
        kind, body = await read_packet(reader)
        if kind >> 4 == _SUBACK:
            break
        client.handle(kind, body)  # a kept session's messages may come first
    if b"\x80" in body[2:]:
        raise MqttError("refused")


def _connect(client: "Client") -> bytes:
    """CONNECT (3.1): a kept session, a retained will of QoS 1."""
    identifier, user, password, will = client.login
    flags = 0xEC if password else 0x2C
    body = field(b"MQTT") + bytes((4, flags, 0, KEEPALIVE_S)) + field(identifier.encode())
    body += field(will[0].encode()) + field(will[1])
    if password:
        body += field(user.encode()) + field(password.encode())
    return packet(0x10, body)
