"""The codec of OpenAI's Responses API: ``ports.codec.Codec``, put together from its parts."""

from __future__ import annotations

from torana.dialects import openai_responses
from torana.dialects.codecs.openai_responses_answer import ResponseReader, read_whole
from torana.dialects.codecs.openai_responses_body import write_request
from torana.dialects.codecs.openai_responses_request import read_request
from torana.dialects.codecs.openai_responses_writer import ResponseWriter, write_whole

ID = openai_responses.ID

reader = ResponseReader
writer = ResponseWriter

__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
