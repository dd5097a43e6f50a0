"""The codec of Gemini's generateContent and streamGenerateContent: ``ports.codec.Codec``, put together from its parts.

The model and whether to stream stand in this API's path, not in its body: what ``read_request`` gives has neither.
"""

from __future__ import annotations

from torana.dialects.codecs.gemini_answer import GeminiReader, read_whole
from torana.dialects.codecs.gemini_body import write_request
from torana.dialects.codecs.gemini_request import read_request
from torana.dialects.codecs.gemini_wire import ID
from torana.dialects.codecs.gemini_writer import GeminiWriter, write_whole

reader = GeminiReader
writer = GeminiWriter

__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
