"""The codec of our own dialect: ``ports.codec.Codec``. Requests are OpenAI's chat with members of ours, answers are ours."""

from __future__ import annotations

from torana.core.events import Request
from torana.dialects import complete
from torana.dialects.codecs import openai_chat
from torana.dialects.codecs.own_answer import OwnReader, OwnWriter, read_whole, write_whole

ID = complete.ID
OURS = frozenset({"provider", "team_id"})
"""Members that are meant for this gateway, and so are not lost when no provider is told of them. ``team_id`` says nothing
here: the caller's key does."""

reader = OwnReader
writer = OwnWriter
write_request = openai_chat.write_request


def read_request(body: bytes) -> Request:
    """The Request. Raises GatewayError REQUEST_INVALID naming the member at fault."""
    request = openai_chat.read_request(body)
    return request._replace(dropped=tuple(name for name in request.dropped if name not in OURS), wants_usage=True)


__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
