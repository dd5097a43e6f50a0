"""OpenAI translations of speech into English: transcriptions under another path, without streams.

It differs in names alone. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from dataclasses import replace

from torana.core.call import Ask, Chunk
from torana.dialects import openai_errors, plain, transcriptions
from torana.ports.dialect import StreamDecoder

ID = "translations"
OPERATION = "translations"
PATHS: tuple[str, ...] = ("/v1/audio/translations",)
CARRIES: frozenset[bytes] = frozenset()
ANSWERS = transcriptions.ANSWERS


def read(body: bytes) -> Ask:
    """What the form asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return replace(transcriptions.read(body), stream=False)


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = transcriptions.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder that refuses everything."""
    return plain.NoStream("a translation")


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A transcript as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    return transcriptions.answer_of(body, ID)
