"""Parts of a conversation, from Gemini's words to ours and back: https://ai.google.dev/api/caching#Part.

It knows one part at a time, not a request. Called by ``gemini_request`` and ``gemini_body``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping

import msgspec

from torana.core import events
from torana.core.errors import GatewayError
from torana.core.events import Media, Text, ToolCall, ToolResult
from torana.dialects.codecs.gemini_wire import (
    FILES,
    OWN_CALL,
    SIGNED_TEXT,
    Blob,
    Called,
    File,
    Part,
    Raw,
    Response,
    ResponsePart,
    code_text,
    is_object,
    unwrapped,
)

_any = msgspec.json.Decoder().decode
_encode = msgspec.json.encode
_STANDARD = str.maketrans("-_", "+/", " \r\n\t=")
_TYPES = {"image": "image/jpeg", "document": "application/pdf", "audio": "audio/wav", "video": "video/mp4"}
"""What is said of media of which nothing is known but the kind: the API wants a type."""


class Calls:
    """The tool calls of one conversation: gives ids to those without, and finds whose result a result is."""

    __slots__ = ("_count", "_open")

    def __init__(self) -> None:
        self._count = 0
        self._open: list[tuple[str, str]] = []

    def called(self, given: str | None, name: str) -> str:
        """The id of a call."""
        call_id = given or self._own()
        self._open.append((call_id, name))
        return call_id

    def answered(self, given: str | None, name: str) -> str:
        """The id of the call that a result is of: the one given, else the first unanswered one of the name."""
        for at, (call_id, called) in enumerate(self._open):
            if call_id == given or (not given and called == name):
                del self._open[at]
                return call_id
        return given or self._own()

    def _own(self) -> str:
        self._count += 1
        return f"{OWN_CALL}{self._count}"


# --- reading


def parts_of(part: Part, place: str, calls: Calls) -> Iterator[events.Part]:
    """Our parts of one of Gemini's. Raises GatewayError REQUEST_INVALID for a kind that nobody here knows."""
    signature = part.thought_signature or ""
    if part.function_call is not None:
        call = part.function_call
        name = call.name or ""
        yield ToolCall(calls.called(call.id, name), name, arguments_of(call), signature)
        return
    if part.function_response is not None:
        yield _result(part.function_response, calls)
    elif part.inline_data is not None or part.file_data is not None:
        yield _media(part.inline_data, part.file_data)
    elif code := code_text(part):
        yield Text(code)
    elif part.thought or (signature and not part.text):
        yield unwrapped(part.text or "", signature)
        return
    elif part.text is not None:
        yield Text(part.text)
    else:
        raise GatewayError("REQUEST_INVALID", f"{place}: a part of no kind known here.", param=place)
    if signature:
        yield unwrapped("", signature, SIGNED_TEXT)


def arguments_of(call: Called) -> str:
    """The arguments' text, byte for byte; an empty object for a call without."""
    text = str(bytes(call.args), "utf-8")
    return text if text not in ("", "null") else "{}"


def _media(blob: Blob | None, file: File | None) -> Media:
    kind = (blob.mime_type if blob else file.mime_type if file else None) or ""
    family = kind.partition("/")[0]
    media = Media(family if family in ("image", "audio", "video") else "document", kind)
    if blob is not None:
        return media._replace(data=standard_base64(blob.data or ""))
    address = (file.file_uri if file else None) or ""
    return media._replace(file_id=address) if address.startswith(FILES) else media._replace(url=address)


def standard_base64(data: str) -> str:
    """Standard base64 with padding (RFC 4648, section 4); the API takes the URL-safe alphabet too."""
    if not data.isalnum():
        data = data.translate(_STANDARD)
    return data + "=" * (-len(data) % 4)


def _result(response: Response, calls: Calls) -> ToolResult:
    name = response.name or ""
    text, failed = _said(bytes(response.response) or b"{}")
    media = tuple(_media(part.inline_data, part.file_data) for part in response.parts or ())
    return ToolResult(calls.answered(response.id, name), (Text(text), *media), name, failed)


def _said(raw: bytes) -> tuple[str, bool]:
    """The text of a ``response`` object and whether it tells of a failure: the inside of a lone output or error.

    Source: https://ai.google.dev/api/caching#FunctionResponse. Only where ``_response`` makes the same of it again.
    """
    value = _any(raw)
    if isinstance(value, dict) and len(value) == 1:
        ((key, inner),) = value.items()
        failed = key == "error"
        if key in ("output", "error") and isinstance(inner, str) and _any(_response(inner, failed)) == value:
            return inner, failed
    return str(raw, "utf-8"), isinstance(value, dict) and "error" in value


def _response(text: str, failed: bool) -> bytes:
    if is_object(text):
        value = _any(text)
        if not failed or "error" in value:
            return text.encode()
    return _encode({"error" if failed else "output": text})


# --- writing


def call_part(call: ToolCall, unsigned: str) -> Part:
    """A call as a part. ``unsigned`` is the signature of one without. Raises GatewayError CAPABILITY_MISSING."""
    arguments = call.arguments.strip() or "{}"
    if not is_object(arguments):
        raise _missing("arguments", f"The arguments of the tool call {call.id[:64]!r} are no JSON object.")
    called = Called(told_id(call.id), call.name, Raw(arguments.encode()))
    return Part(function_call=called, thought_signature=call.signature or unsigned or None)


def result_parts(result: ToolResult, names: Mapping[str, str], nested: bool) -> Iterator[Part]:
    """A result as parts. ``names``: the tools' names by call; ``nested``: the model takes media inside a result.

    Raises GatewayError CAPABILITY_MISSING when nothing says which tool gave it.
    """
    name = result.name or names.get(result.id)
    if not name:
        message = f"The tool result {result.id[:64]!r} belongs to no call of this conversation; Gemini wants its name."
        raise _missing("tool result", message)
    text = "\n".join(part.text for part in result.parts if isinstance(part, Text))
    media = [media_part(part) for part in result.parts if isinstance(part, Media)]
    response = Response(told_id(result.id), name, Raw(_response(text, result.failed)))
    if nested and media:
        response.parts = [ResponsePart(part.inline_data, part.file_data) for part in media]
    yield Part(function_response=response)
    if not nested:
        yield from media


def media_part(media: Media) -> Part:
    """Media as a part. Raises GatewayError CAPABILITY_MISSING for a file that another provider keeps."""
    kind = media.media_type or _TYPES.get(media.kind, "application/octet-stream")
    if media.data:
        return Part(inline_data=Blob(kind, media.data))
    if media.text:
        return Part(inline_data=Blob("text/plain", base64.b64encode(media.text.encode()).decode()))
    if media.file_id and not media.file_id.startswith(FILES):
        raise _missing("file", "Gemini does not have the file; only files uploaded to it can be named.")
    return Part(file_data=File(media.media_type or None, media.file_id or media.url))


def told_id(call_id: str) -> str | None:
    """The id as Gemini is told it: not at all when it never gave one."""
    return None if not call_id or call_id.startswith(OWN_CALL) else call_id


def _missing(what: str, message: str) -> GatewayError:
    return GatewayError("CAPABILITY_MISSING", message, details={"missing": [what]})
