"""amqtt 0.12 without the faults of its that would hide ours, and with the bench's users."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from amqtt import broker
from amqtt.contexts import Action
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler
from amqtt.plugins.base import BaseAuthPlugin, BaseTopicPlugin
from amqtt.session import OUTGOING, Session

from host_sim import rights


class Amqtt(broker.Broker):
    """The broker."""

    async def stream_connected(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
    ) -> None:
        """Serve a connection. A client that goes while it is turned away is no error."""
        with contextlib.suppress(OSError):
            await super().stream_connected(reader, writer, listener_name)

    async def _initialize_client_session(self, *arguments: Any) -> tuple[Any, Session]:
        handler, session = await super()._initialize_client_session(*arguments)
        handler.__class__ = _Handler  # amqtt names its own class where it makes one
        return handler, session

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Only to who has just subscribed so. amqtt's own sends a session that comes back what is
        retained of anybody's subscriptions, with QoS 0."""
        name, qos = subscription
        subscribed = ((one.client_id, level) for one, level in self._subscriptions.get(name, []))
        if (session.client_id, qos) in subscribed:
            await super()._publish_retained_messages_for_subscription(subscription, session)


class _Handler(BrokerProtocolHandler):
    """One connection."""

    async def _handle_qos1_message_flow(self, app_message: Any) -> None:
        """Send a message and wait for its PUBACK. Without one it is sent again when the session
        comes back, as MQTT wants (4.4); amqtt's own forgets it."""
        try:
            await super()._handle_qos1_message_flow(app_message)
        finally:
            if app_message.direction == OUTGOING and app_message.puback_packet is None:
                self.session.retained_messages.put_nowait(app_message)


class Passwords(BaseAuthPlugin):
    """Lets in who knows the password; amqtt loads it by its name."""

    @dataclass
    class Config:
        """What it is told."""

        users: dict[str, str] = field(default_factory=dict)

    async def authenticate(self, *, session: Session) -> bool:
        """Whether it is a user with the right password."""
        known = self.context.config.users.get(session.username)
        return known is not None and session.password == known


class Topics(BaseTopicPlugin):
    """Says who may read and write what; amqtt loads it by its name."""

    async def topic_filtering(
        self,
        *,
        session: Session | None = None,
        topic: str | None = None,
        action: Action | None = None,
    ) -> bool:
        """Whether a user may do that with a topic, or with all topics of a filter."""
        if session is None or not session.username or not topic:
            return False
        return rights.may(session.username, "write" if action == Action.PUBLISH else "read", topic)


def plugins(users: Mapping[str, str]) -> dict[str, dict]:
    """What makes amqtt know users, by their passwords, and their rights."""
    return {
        f"{__name__}.{Passwords.__name__}": {"users": dict(users)},
        f"{__name__}.{Topics.__name__}": {},
    }
