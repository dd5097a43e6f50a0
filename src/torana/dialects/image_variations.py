"""OpenAI image variations on both sides: what a form asks for, how refusals look, and reading answers.

It opens no picture. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from dataclasses import replace

from torana.core.call import Ask, Chunk
from torana.dialects import image_edits, image_generations, openai_errors, transcriptions
from torana.ports.dialect import StreamDecoder

ID = "image_variations"
OPERATION = "image_variations"
PATHS: tuple[str, ...] = ("/v1/images/variations",)
CARRIES: frozenset[bytes] = frozenset()


def read(body: bytes) -> Ask:
    """What the form asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    return replace(image_edits.read(body), stream=False)  # there are none of this operation


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = transcriptions.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """Variations are never streamed; were they, it would be as edits are."""
    return image_edits.decoder(ask)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    return image_generations.answer_of(body, ID)
