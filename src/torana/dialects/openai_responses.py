"""OpenAI's Responses dialect: what requests ask for, what answers mean, how refusals look. Bytes stay exact.

It translates nothing: its codec does. Called by ``edge`` (client side) and ``providers`` (upstream side).
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from torana.core.call import Ask, Chunk
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed
from torana.dialects import json_text, openai_errors
from torana.dialects.openai_responses_stream import Outcome, ResponseStream, fault_of, finish_of
from torana.dialects.openai_usage import usage_of_response
from torana.dialects.sealed import NONE, beginnings, signature_in
from torana.ports.dialect import StreamDecoder

ID = "openai_responses"
OPERATION = "chat"
PATHS: tuple[str, ...] = ("/v1/responses",)
CARRIES: frozenset[bytes] = frozenset()

_Tokens = Annotated[int, msgspec.Meta(ge=0, le=(1 << 31) - 1)]


class _Part(msgspec.Struct, gc=False):
    type: object = None


class _Item(msgspec.Struct, gc=False):
    content: msgspec.Raw = msgspec.Raw()
    output: msgspec.Raw = msgspec.Raw()
    encrypted_content: msgspec.Raw = msgspec.Raw()
    extra_content: msgspec.Raw = msgspec.Raw()


class _Format(msgspec.Struct, gc=False):
    type: str | None = None


class _Text(msgspec.Struct, gc=False):
    format: _Format | None = None


class _Body(msgspec.Struct, gc=False):
    """The members we must know; everything else stays bytes."""

    model: str | None = None
    input: str | list[_Item] | None = None
    stream: bool | None = None
    max_output_tokens: _Tokens | None = None
    tools: list[msgspec.Raw] | None = None
    text: _Text | None = None
    user: str | None = None
    safety_identifier: str | None = None
    background: bool | None = None
    previous_response_id: str | None = None
    store: bool | None = None
    conversation: object = None


class _Sealed(msgspec.Struct, gc=False):
    encrypted_content: msgspec.Raw = msgspec.Raw()


class _Answer(Outcome, gc=False):
    output: list[msgspec.Raw] | None = None


_body = msgspec.json.Decoder(_Body)
_answer = msgspec.json.Decoder(_Answer).decode
_parts = msgspec.json.Decoder(list[_Part]).decode
_seals = msgspec.json.Decoder(_Sealed).decode
_ENCRYPTED = b'"encrypted_content"'
_NEEDS = {"input_image": "vision", "input_audio": "audio"}


def read(body: bytes) -> Ask:
    """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault.

    An answer made in the background is refused: it would be fetched elsewhere, unseen and uncounted. So is what the
    provider has stored: it knows one account, ours, so a caller could name what another one's requests left there.
    """
    wanted = json_text.decode_request(body, _body)
    if wanted.previous_response_id is not None:
        raise not_offered("previous_response_id")
    return _asked(wanted)


def read_stored(body: bytes) -> tuple[Ask, str | None, bool]:
    """The same where it is known whose the stored answers are: what is asked for, the id of the response that it goes on
    from, and whether the answer is to be kept, as it is unless the body says otherwise.
    """
    wanted = json_text.decode_request(body, _body)
    return _asked(wanted), wanted.previous_response_id, wanted.store is not False


def not_offered(name: str) -> GatewayError:
    """The refusal of a member that names what a provider has stored."""
    message = f"{name}: stored conversations are not offered here. Send the earlier items as input."
    return GatewayError("REQUEST_INVALID", message, param=name)


def _asked(wanted: _Body) -> Ask:
    if wanted.background:
        raise GatewayError("REQUEST_INVALID", "Answers in the background are not offered here.", param="background")
    if wanted.conversation is not None:
        raise not_offered("conversation")
    return Ask(
        wanted.model,
        bool(wanted.stream),
        wanted.max_output_tokens,
        needs=_needs(wanted),
        user=wanted.user or wanted.safety_identifier,
        sealed=_sealed(wanted.input),
    )


def bound(body: bytes, most: int) -> bytes:
    """The body with the answer bounded."""
    return json_text.changed(body, {"max_output_tokens": b"%d" % most})


def _needs(wanted: _Body) -> frozenset[str]:
    needs = set()
    if wanted.tools:
        needs.add("tools")
    if wanted.text is not None and wanted.text.format is not None and wanted.text.format.type == "json_schema":
        needs.add("json_schema")
    if isinstance(wanted.input, list):
        for item in wanted.input:
            needs.update(_needs_of(bytes(item.content)), _needs_of(bytes(item.output)))
    return frozenset(needs)


def _sealed(given: str | list[_Item] | None) -> tuple[str, ...]:
    if not isinstance(given, list):
        return NONE
    raws = [raw for item in given for raw in (item.encrypted_content, signature_in(item.extra_content)) if bytes(raw)]
    return beginnings(raws) if raws else NONE


def _needs_of(content: bytes) -> set[str]:
    """What the parts of a list need; a text, or a list of something else, needs nothing."""
    if not content.startswith(b"["):
        return set()
    try:
        parts = _parts(content)
    except (ValueError, RecursionError):  # a list of an item that is younger than this code
        return set()
    return {need for part in parts if isinstance(part.type, str) and (need := _NEEDS.get(part.type)) is not None}


refuse = openai_errors.refuse


def refuse_event(error: GatewayError, request_id: str) -> bytes:
    """The last event of a broken stream: the API's ``error`` event.

    It says the error flat, as the API describes the event, and under ``error``, upon which the Python and Node SDKs
    raise. Its number in the sequence is not known here and told as 0.
    """
    refusal = msgspec.json.decode(refuse(error, request_id), type=dict[str, msgspec.Raw])
    shown = msgspec.json.decode(refusal["error"])
    flat = {"type": "error", "code": shown.get("code"), "param": shown.get("param"), "sequence_number": 0}
    return b"event: error\ndata: " + msgspec.json.encode({**flat, **refusal}) + b"\n\n"


def retarget(body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
    """The body with another model name; the same object when it stays. Streams of this API always tell their usage."""
    return json_text.changed(body, {"model": msgspec.json.encode(model)}) if model != ask.model else body


def decoder(ask: Ask) -> StreamDecoder:
    """A decoder for one stream that answers ``ask``."""
    return ResponseStream(ID)


def read_answer(body: bytes, ask: Ask) -> Chunk:
    """A whole plain answer as one chunk, bytes exact. Raises StatusFault for an error inside a 200, AnswerMalformed."""
    try:
        if not body.isascii():
            str(body, "utf-8")
        answer = _answer(body)
    except (ValueError, RecursionError):  # msgspec's errors and UnicodeDecodeError are ValueErrors
        raise AnswerMalformed("the answer is no response") from None
    if answer.error or answer.status == "failed":
        raise fault_of(answer.error, body, ID)
    if answer.output is None:
        raise AnswerMalformed("the answer has no output")
    sealed = _sealed_of(answer.output) if _ENCRYPTED in body else NONE
    return Chunk(body, True, usage_of_response(answer.usage, answer.service_tier), finish_of(answer), sealed=sealed)


def _sealed_of(output: list[msgspec.Raw]) -> tuple[str, ...]:
    try:
        return beginnings(_seals(item).encrypted_content for item in output)
    except (ValueError, RecursionError):  # an item that is younger than this code
        return NONE
