"""The codec of Anthropic's Messages API: ``ports.codec.Codec``, put together from its parts."""

from __future__ import annotations

from torana.dialects import anthropic_messages
from torana.dialects.codecs.anthropic_messages_answer import MessageReader, read_whole
from torana.dialects.codecs.anthropic_messages_body import write_request
from torana.dialects.codecs.anthropic_messages_request import read_request
from torana.dialects.codecs.anthropic_messages_whole import write_whole
from torana.dialects.codecs.anthropic_messages_writer import MessageWriter

ID = anthropic_messages.ID

reader = MessageReader
writer = MessageWriter

__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
