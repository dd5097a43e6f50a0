"""The shapes and words of Gemini's API, as both directions use them: https://ai.google.dev/api/generate-content.

It translates nothing. Used by the modules of the codec ``gemini``.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec

from torana.core.events import Thinking

Raw = msgspec.Raw

ID = "gemini_content"
"""The dialect's name."""
OWN_CALL = "call_gm_"
"""Begins the id of a tool call that came without one; such an id is ours and never goes to Gemini."""
SIGNED = "gemini:"
"""Begins the signature of a Thinking that Gemini made. Without it a signature is another provider's and stays here."""
SIGNED_TEXT = "gemini-text:"
"""The same for a signature that stands beside a text, which then comes just before it."""
FILES = "https://generativelanguage.googleapis.com/"
"""Begins the addresses of files that were uploaded to Gemini."""


class Blob(msgspec.Struct, rename="camel", omit_defaults=True):
    """Media in the message itself, in base64."""

    mime_type: str | None = None
    data: str | None = None


class File(msgspec.Struct, rename="camel", omit_defaults=True):
    """Media at an address."""

    mime_type: str | None = None
    file_uri: str | None = None


class Called(msgspec.Struct, rename="camel", omit_defaults=True):
    """A call. ``args`` is an object, its text as it was written."""

    id: str | None = None
    name: str | None = None
    args: Raw = Raw()


class ResponsePart(msgspec.Struct, rename="camel", omit_defaults=True):
    """Media of a tool's result."""

    inline_data: Blob | None = None
    file_data: File | None = None


class Response(msgspec.Struct, rename="camel", omit_defaults=True):
    """A tool's result. ``response`` is an object, its text as it was written."""

    id: str | None = None
    name: str | None = None
    response: Raw = Raw()
    parts: list[ResponsePart] | None = None


class Code(msgspec.Struct, rename="camel", omit_defaults=True):
    """Code that the model had run."""

    language: str | None = None
    code: str | None = None


class CodeResult(msgspec.Struct, rename="camel", omit_defaults=True):
    """What came of code that the model had run."""

    outcome: str | None = None
    output: str | None = None


class Part(msgspec.Struct, rename="camel", omit_defaults=True):
    """One part: exactly one kind of content is in it."""

    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    inline_data: Blob | None = None
    file_data: File | None = None
    function_call: Called | None = None
    function_response: Response | None = None
    executable_code: Code | None = None
    code_execution_result: CodeResult | None = None


class Content(msgspec.Struct, rename="camel", omit_defaults=True):
    """One message."""

    role: str | None = None
    parts: list[Part] | None = None


FINISHES: Mapping[str, str] = {
    "STOP": "stop",
    "MAX_TOKENS": "length",
    "SAFETY": "filtered",
    "RECITATION": "filtered",
    "LANGUAGE": "filtered",
    "BLOCKLIST": "filtered",
    "PROHIBITED_CONTENT": "filtered",
    "SPII": "filtered",
    "IMAGE_SAFETY": "filtered",
    "IMAGE_PROHIBITED_CONTENT": "filtered",
    "IMAGE_RECITATION": "filtered",
    "MODEL_ARMOR": "filtered",
    "TOO_MANY_TOOL_CALLS": "length",
    "CONTINUATION": "paused",
    "FUNCTION_CALL": "tools",
}
"""``finishReason`` → our reason. Any other is ``filtered``: the answer is not what it should have become."""

SPOILT = frozenset(
    {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE"}
)
"""``finishReason`` of an answer that is none: the model's words could not be read by its own API."""

FINISH_OF: Mapping[str, str] = {
    "stop": "STOP",
    "tools": "STOP",
    "sequence": "STOP",
    "length": "MAX_TOKENS",
    "filtered": "SAFETY",
    "refused": "SAFETY",
    "paused": "CONTINUATION",
}
"""Our reason → ``finishReason``."""

STATUS_OF: Mapping[str, int] = {
    "INVALID_ARGUMENT": 400,
    "FAILED_PRECONDITION": 400,
    "OUT_OF_RANGE": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "CANCELLED": 499,
    "INTERNAL": 500,
    "UNKNOWN": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
"""``error.status`` → HTTP status. Source: https://cloud.google.com/apis/design/errors"""

_members = msgspec.json.Decoder(dict[str, Raw]).decode
_STANDARD = str.maketrans("-_", "+/")
_WRAPPED = b"torana-signature:"
_WRAPPED_DATA = b"torana-data:"


def is_object(text: str | bytes) -> bool:
    """Whether this is the JSON text of an object, whole and in UTF-8."""
    try:
        _members(text.encode() if isinstance(text, str) else str(text, "utf-8"))
    except (ValueError, RecursionError):  # msgspec's errors and Unicode's are ValueErrors
        return False
    return True


def code_text(part: Part) -> str:
    """Code that the model ran, or what came of it, as text: no other dialect has parts for them. Else empty."""
    if part.executable_code is not None:
        language = (part.executable_code.language or "").lower().removeprefix("language_unspecified")
        return f"```{language}\n{part.executable_code.code or ''}\n```\n"
    if part.code_execution_result is not None:
        return f"```\n{part.code_execution_result.output or ''}\n```\n"
    return ""


def wrapped(text: str, data: bool = False) -> str:
    """Another provider's signature, or reasoning only it can read, in the base64 that this API's clients expect.

    The SDKs take the bytes out and put them back in another alphabet, which the other provider would not know again.
    """
    return base64.b64encode((_WRAPPED_DATA if data else _WRAPPED) + text.encode()).decode()


def unwrapped(text: str, signature: str, mark: str = SIGNED) -> Thinking:
    """The reasoning that a ``thoughtSignature`` belongs to; ``mark`` says of one of Gemini's where it stands."""
    if not signature:
        return Thinking(text)
    try:
        raw = base64.b64decode(signature.translate(_STANDARD), validate=True)
    except ValueError:
        raw = b""
    if raw.startswith(_WRAPPED):
        return Thinking(text, raw.removeprefix(_WRAPPED).decode("utf-8", "replace"))
    if raw.startswith(_WRAPPED_DATA):
        return Thinking(text, data=raw.removeprefix(_WRAPPED_DATA).decode("utf-8", "replace"))
    return Thinking(text, mark + signature)
