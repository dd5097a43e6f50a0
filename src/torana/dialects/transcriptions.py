"""OpenAI transcriptions on both sides: what a form asks for, how refusals look, and reading transcripts of every format.

It hears nothing: the file goes on as it is. Called by ``edge`` and ``providers``, and by ``translations``.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed
from torana.dialects import form, openai_errors, plain
from torana.dialects.openai_usage import of_seconds, usage_of_response
from torana.dialects.typed_stream import TypedStream
from torana.ports.dialect import StreamDecoder

ID = "transcriptions"
OPERATION = "transcriptions"
PATHS: tuple[str, ...] = ("/v1/audio/transcriptions",)
CARRIES: frozenset[bytes] = frozenset()
ANSWERS = ("text/plain", "text/vtt", "text/srt", "application/x-subrip")
"""Content types of its answers beside JSON, as they begin."""

BYTES_A_TOKEN = 32
"""The fewest bytes of a file for a token, of its sound or of its transcript: about ten tokens a second, and no format that hosts take has less
than 6,000 bits a second (https://platform.openai.com/docs/guides/speech-to-text, RFC 6716 section 2.1.1)."""

BYTES_A_SECOND = 750
"""The fewest bytes of a file for a second of sound, from the same: what is held for where sound is priced by time."""

BYTES_A_TOKEN_OF_TEXT = 3
"""What the line counts for a token when it must estimate."""


class _Answer(msgspec.Struct, gc=False):
    text: str | None = None
    usage: object = None
    duration: object = None
    """Seconds, where the format is ``verbose_json``."""
    error: object = None


_answer = msgspec.json.Decoder(_Answer).decode


def read(body: bytes) -> Ask:
    """What the form asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
    given = form.read(body)
    files = given.files("file")
    if len(files) != 1:
        raise GatewayError("REQUEST_INVALID", "file: expected one file.", param="file")
    size = files[0].end - files[0].start
    most = -(-size // BYTES_A_TOKEN)
    stream = (given.text("stream") or "").lower() in ("true", "1")
    return Ask(
        given.text("model") or None,
        stream,
        max_tokens=most,
        counted_bytes=BYTES_A_TOKEN_OF_TEXT * most + given.text_bytes(),
        texts=given.texts(),
        units=(("audio_ms", -(-size * 1000 // BYTES_A_SECOND)),),
    )


refuse = openai_errors.refuse
refuse_event = openai_errors.refuse_event


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The form with the provider's name of the model; the same object when that is the caller's name."""
    return body if model == ask.model else form.changed(form.read(body), "model", model)


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return TypedStream("transcript.text.done", ID)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A transcript as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    return answer_of(body, ID)


def answer_of(body: bytes, dialect: str) -> Chunk:
    """The same for every dialect that answers with a transcript: JSON, or text and subtitles as they are."""
    if body[:1] != b"{":
        try:
            str(body, "utf-8")
        except UnicodeDecodeError:
            raise AnswerMalformed("the answer is no text") from None
        return Chunk(body)
    answer = plain.decoded(_answer, body, "transcript")
    if answer.error:
        raise openai_errors.fault_inside(answer.error, body, dialect)
    if answer.text is None:
        raise AnswerMalformed("the answer has no text")
    return Chunk(body, True, usage_of_response(answer.usage) or of_seconds(answer.duration))
