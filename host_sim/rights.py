"""Who may read and write what at the broker (PROTOCOL.md, 11): a display its own topics, and the
backend their other side."""

from paho.mqtt.client import topic_matches_sub

BACKEND_USER = "tillqr-backend"
# %u is the user's name, which a display's is its own.
_DISPLAY_READS = ("till/%u/result", "till/%u/answer", "tillqr/backend")
_DISPLAY_WRITES = ("till/%u/charge", "till/%u/status")
_BACKEND_READS = ("till/+/charge", "till/+/status")
_BACKEND_WRITES = ("till/+/result", "till/+/answer", "tillqr/backend")


def may(user: str, verb: str, topic: str) -> bool:
    """Whether a user may "read" or "write" a topic, or all topics of a filter."""
    if user == BACKEND_USER:
        allowed = _BACKEND_READS if verb == "read" else _BACKEND_WRITES
    else:
        allowed = _DISPLAY_READS if verb == "read" else _DISPLAY_WRITES
    own = [rule.replace("%u", user) for rule in allowed]
    if "+" in topic or "#" in topic:
        return topic in own
    return any(topic_matches_sub(rule, topic) for rule in own)


def mosquitto_file() -> str:
    """The same as Mosquitto's file (acl_file). A pattern holds for every user."""
    lines = [f"user {BACKEND_USER}"]
    lines += [f"topic read {topic}" for topic in _BACKEND_READS]
    lines += [f"topic write {topic}" for topic in _BACKEND_WRITES]
    lines += [f"pattern read {topic}" for topic in _DISPLAY_READS]
    lines += [f"pattern write {topic}" for topic in _DISPLAY_WRITES]
    return "\n".join(lines) + "\n"
