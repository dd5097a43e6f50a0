"""OpenAI image edits on both sides: what a form asks for, how refusals look, and reading answers.

It opens no picture. Called by ``edge`` and ``providers``.
"""

from __future__ import annotations

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.dialects import form, image_generations, openai_errors, transcriptions
from torana.dialects.typed_stream import TypedStream
from torana.ports.dialect import StreamDecoder

ID = "image_edits"
OPERATION = "image_edits"
PATHS: tuple[str, ...] = ("/v1/images/edits",)
CARRIES: frozenset[bytes] = frozenset()

TOKENS_A_PICTURE = 8192
"""The most input tokens of a picture: 6,240 for high fidelity and the tiles beside them
(https://platform.openai.com/docs/guides/images-vision)."""
_PICTURES = ("image", "image[]", "mask")


def read(body: bytes) -> Ask:
    """What the form asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    given = form.read(body)
    pictures = given.files(*_PICTURES)
    if not pictures:
        raise GatewayError("REQUEST_INVALID", "image: expected at least one file.", param="image")
    partial = _number(given, "partial_images", 0, 16)
    made = _number(given, "n", 1, image_generations.MOST_PICTURES)
    return Ask(
        given.text("model") or None,
        (given.text("stream") or "").lower() in ("true", "1"),
        max_tokens=image_generations.MOST_TOKENS + image_generations.TOKENS_A_PARTIAL * partial,
        candidates=made,
        user=given.text("user"),
        counted_bytes=transcriptions.BYTES_A_TOKEN_OF_TEXT * TOKENS_A_PICTURE * len(pictures) + given.text_bytes(),
        texts=given.texts(),
        files=tuple((part.start, part.end, part.filename or part.name) for part in pictures),
        units=((image_generations.kind_of_picture(given.text("size"), given.text("quality")), made),),
    )


def _number(given: form.Form, name: str, least: int, most: int) -> int:
    """A field that is a whole number between the two; the least when it is absent."""
    text = given.text(name)
    if text is None or text == "":
        return least
    if not (text.isascii() and text.isdigit() and len(text) < 5 and least <= int(text) <= most):
        raise GatewayError("REQUEST_INVALID", f"{name}: expected a number from {least} to {most}.", param=name)
    return int(text)


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event
retarget = transcriptions.retarget


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return TypedStream("image_edit.completed", ID, image_generations.MOST_TOKENS)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    return image_generations.answer_of(body, ID)
