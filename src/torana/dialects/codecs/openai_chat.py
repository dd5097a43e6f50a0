"""The codec of OpenAI chat completions: ``ports.codec.Codec``, put together from its parts."""

from __future__ import annotations

from torana.dialects import openai_chat
from torana.dialects.codecs.openai_chat_answer import ChatReader, read_whole
from torana.dialects.codecs.openai_chat_body import write_request
from torana.dialects.codecs.openai_chat_request import read_request
from torana.dialects.codecs.openai_chat_writer import ChatWriter, write_whole

ID = openai_chat.ID

reader = ChatReader
writer = ChatWriter

__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
