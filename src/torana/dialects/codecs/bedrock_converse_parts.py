"""The content blocks of a Converse request: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html.

It decides what becomes of each part of a message, not how messages follow each other. Called by ``bedrock_converse_body``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NoReturn

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult

Json = dict[str, object]

IMAGES = {"image/png": "png", "image/jpeg": "jpeg", "image/jpg": "jpeg", "image/gif": "gif", "image/webp": "webp"}
DOCUMENTS = {
    "application/pdf": "pdf",
    "text/csv": "csv",
    "application/msword": "doc",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "docx",
    "application/vnd.ms-excel": "xls",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "xlsx",
    "text/html": "html",
    "text/plain": "txt",
    "text/markdown": "md",
}
SOUNDS = {
    "audio/mpeg": "mp3",
    "audio/mp3": "mp3",
    "audio/wav": "wav",
    "audio/x-wav": "wav",
    "audio/flac": "flac",
    "audio/ogg": "ogg",
    "audio/opus": "opus",
    "audio/aac": "aac",
    "audio/mp4": "mp4",
    "audio/webm": "webm",
}
VIDEOS = {
    "video/mp4": "mp4",
    "video/quicktime": "mov",
    "video/webm": "webm",
    "video/x-matroska": "mkv",
    "video/mpeg": "mpeg",
    "video/x-flv": "flv",
    "video/x-ms-wmv": "wmv",
    "video/3gpp": "three_gp",
}
FORMATS: Mapping[str, Mapping[str, str]] = {"image": IMAGES, "document": DOCUMENTS, "audio": SOUNDS, "video": VIDEOS}
"""Kind of a medium → media type → ``format``."""

_TOOL_ID = re.compile(r"[a-zA-Z0-9_.:-]{1,64}")
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9\-()\[\]]+")
_object = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Blocks:
    """Writes the parts of one request; knows which names of documents are taken."""

    __slots__ = ("_names", "dropped")

    def __init__(self, dropped: list[str]) -> None:
        self.dropped = dropped
        self._names: set[str] = set()

    def of(self, parts: Iterable[Part]) -> list[Json]:
        """The blocks of a turn; none for what says nothing: a blank text is refused by the API."""
        blocks: list[Json] = []
        for part in parts:
            block = self._block(part)
            if block is not None:
                blocks.append(block)
            cache: str = getattr(part, "cache", "")
            if blocks and cache:
                blocks.append(cache_point(cache))
        return blocks

    def _block(self, part: Part) -> Json | None:
        match part:
            case Text(text=text) | Refusal(text=text):
                return {"text": text} if text.strip() else None
            case Media():
                return self._media(part)
            case ToolCall():
                return {"toolUse": {"toolUseId": tool_id(part.id), "name": part.name, "input": _arguments(part)}}
            case ToolResult():
                return {"toolResult": self._result(part)}
            case Thinking():
                return self._thinking(part)

    def _result(self, part: ToolResult) -> Json:
        content = [block for one in part.parts if (block := self._block(one)) is not None]
        if not content:  # Nova refuses an empty list, every model an error without words
            content = [{"text": "The tool failed." if part.failed else ""}]
        result: Json = {"toolUseId": tool_id(part.id), "content": content}
        if part.failed:
            result["status"] = "error"  # not every model takes ``status``, and success is the default
        return result

    def _thinking(self, part: Thinking) -> Json | None:
        if part.data:
            return {"reasoningContent": {"redactedContent": part.data}}
        if part.signature:
            return {"reasoningContent": {"reasoningText": {"text": part.text, "signature": part.signature}}}
        self.dropped.append("thinking")  # a model takes only what it signed itself
        return None

    def _media(self, part: Media) -> Json:
        known = FORMATS[part.kind].get(part.media_type.partition(";")[0].strip().lower())
        if part.file_id:
            _cannot(part.kind, "by the id of a file")
        if part.text:
            known = known or "txt"
            source: Json = {"bytes": base64.b64encode(part.text.encode()).decode()}
        elif part.url:
            if not part.url.startswith("s3://"):
                _cannot(part.kind, "by address: send its bytes, or an s3:// address")
            ending = part.url.rpartition(".")[2].lower()
            known = known or (ending if ending in FORMATS[part.kind].values() else None)
            source = {"s3Location": {"uri": part.url}}
        else:
            source = {"bytes": part.data}
        if known is None:
            _cannot(part.kind, f"of the type {part.media_type[:80]!r}")
        if part.detail not in ("", "auto"):
            self.dropped.append("detail")
        block: Json = {"format": known, "source": source}
        if part.kind == "document":
            block["name"] = self._name(part.name)
        return {part.kind: block}

    def _name(self, wanted: str) -> str:
        """A name as the API allows it, and no other document's: it refuses doubles."""
        stem = _NOT_IN_NAMES.sub(" ", wanted.rpartition(".")[0] or wanted).strip()[:180] or "document"
        name, number = stem, 1
        while name in self._names:
            number += 1
            name = f"{stem} {number}"
        self._names.add(name)
        return name


def cache_point(lifetime: str) -> Json:
    """The mark behind what is to be cached. Five minutes go unsaid: older models do not take ``ttl``."""
    point: Json = {"type": "default"}
    if lifetime == "1h":
        point["ttl"] = lifetime
    return {"cachePoint": point}


def tool_id(wanted: str) -> str:
    """An id the API takes: the same one, or a digest of one from a dialect with wider ids."""
    return wanted if _TOOL_ID.fullmatch(wanted) else "t_" + sha256(wanted.encode()).hexdigest()[:32]


def _arguments(call: ToolCall) -> msgspec.Raw:
    """The arguments byte for byte, once it is sure that they are what they must be."""
    text = call.arguments.strip().encode() or b"{}"
    try:
        _object(text)
    except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
        message = "The arguments of a tool call are no JSON object, and this model's provider takes nothing else."
        raise GatewayError("REQUEST_INVALID", message) from None
    return msgspec.Raw(text)


def _cannot(kind: str, how: str) -> NoReturn:
    message = f"This model's provider cannot be sent a part of the kind {kind} {how}."
    raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [kind]})
