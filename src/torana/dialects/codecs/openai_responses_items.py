"""Reads the items of a Responses input into turns: https://platform.openai.com/docs/api-reference/responses/create.

It judges no member of the body around them. Called by ``openai_responses_request``.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from typing import NoReturn, TypeVar

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Media, Part, Refusal, Text, Thinking, ToolCall, ToolResult, Turn
from torana.dialects.codecs.openai_responses_words import AUDIO_TYPES, unseal

T = TypeVar("T")
_DATA_URL = re.compile(r"data:(?P<type>[^;,]*)(?:;[^,;]*?)*?(?P<base64>;base64)?,(?P<data>.*)", re.DOTALL)
_LONG = {"12h": "1h"}
"""How long a cache breakpoint lasts, in our words; any other is ``5m``."""


class _Audio(msgspec.Struct):
    data: str
    format: str = "wav"


class _Breakpoint(msgspec.Struct):
    ttl: str | None = None


class _Part(msgspec.Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = None
    detail: str | None = None
    file_id: str | None = None
    file_data: str | None = None
    file_url: str | None = None
    filename: str | None = None
    input_audio: _Audio | None = None
    prompt_cache_breakpoint: _Breakpoint | None = None


class _Kind(msgspec.Struct):
    type: str = "message"


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part]
    phase: str | None = None


class _Google(msgspec.Struct):
    thought_signature: str = ""


class _Extra(msgspec.Struct):
    google: _Google | None = None


class _Call(msgspec.Struct):
    call_id: str
    name: str
    arguments: str = ""
    extra_content: _Extra | None = None


class _Output(msgspec.Struct):
    call_id: str
    output: str | list[_Part]


class _Said(msgspec.Struct):
    text: str = ""


class _Reasoning(msgspec.Struct):
    id: str | None = None
    summary: list[_Said] = []
    content: list[_Said] | None = None
    encrypted_content: str | None = None


_kind = msgspec.json.Decoder(_Kind)
_message = msgspec.json.Decoder(_Message)
_call = msgspec.json.Decoder(_Call)
_output = msgspec.json.Decoder(_Output)
_reasoning = msgspec.json.Decoder(_Reasoning)
_SPOKEN_FOR = frozenset({
    "web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call", "mcp_list_tools",
    "mcp_call", "tool_search_call", "tool_search_output",
})  # fmt: skip
"""Items of tools that ran at the provider: the message after them says what came of it."""


class Items:
    """The turns and system texts that the items of an input make."""

    __slots__ = ("system", "turns")

    def __init__(self) -> None:
        self.system: list[Text] = []
        self.turns: list[Turn] = []

    def read(self, given: str | Sequence[msgspec.Raw] | None, dropped: list[str]) -> None:
        """Add what is given. Raises GatewayError REQUEST_INVALID, CAPABILITY_MISSING for items only OpenAI can read."""
        if isinstance(given, str):
            self.turns.append(Turn("user", (Text(given),)))
            return
        for at, raw in enumerate(given or ()):
            self._item(bytes(raw), f"input[{at}]", dropped)

    def _item(self, raw: bytes, place: str, dropped: list[str]) -> None:
        kind = _as(_kind, raw, place).type
        match kind:
            case "message":
                self._message(_as(_message, raw, place), place, dropped)
            case "function_call":
                call = _as(_call, raw, place)
                google = call.extra_content.google if call.extra_content is not None else None
                signature = google.thought_signature if google is not None else ""
                self._said((ToolCall(call.call_id, call.name, call.arguments, signature),))
            case "function_call_output":
                result = _as(_output, raw, place)
                parts = tuple(part for part in _parts(result.output, place) if isinstance(part, Text | Media))
                self._result(ToolResult(result.call_id, parts))
            case "reasoning":
                self._said((_thinking(_as(_reasoning, raw, place)),))
            case _ if kind in _SPOKEN_FOR:
                dropped.append(f"{place} ({kind})")
            case _:
                message = f"{place}: only a provider that speaks the Responses API itself can read {kind[:60]!r} items."
                raise GatewayError("CAPABILITY_MISSING", message, param=place, details={"missing": [kind[:60]]})

    def _message(self, message: _Message, place: str, dropped: list[str]) -> None:
        parts = tuple(_parts(message.content, f"{place}.content"))
        if message.phase:
            dropped.append("phase")
        match message.role:
            case "system" | "developer":
                self.system += (part for part in parts if isinstance(part, Text))
                if not all(isinstance(part, Text) for part in parts):
                    _refuse(f"{place}: a {message.role} message can only be text.", place)
            case "user":
                self.turns.append(Turn("user", parts))
            case "assistant":
                self._said(parts)
            case role:
                _refuse(f"{place}.role: there is no role {role[:40]!r}.", f"{place}.role")

    def _said(self, parts: tuple[Part, ...]) -> None:
        """Add to the assistant's turn; a message right behind a message begins another."""
        last = self.turns[-1] if self.turns else None
        again = last is not None and last.parts and isinstance(last.parts[-1], Text | Refusal | Media)
        if last is None or last.role != "assistant" or (again and parts and isinstance(parts[0], Text | Refusal)):
            self.turns.append(Turn("assistant", parts))
        else:
            self.turns[-1] = Turn("assistant", (*last.parts, *parts))

    def _result(self, result: ToolResult) -> None:
        """Add to the results before it: results of parallel calls belong to one turn."""
        last = self.turns[-1] if self.turns else None
        if last is not None and last.role == "user" and all(isinstance(part, ToolResult) for part in last.parts):
            self.turns[-1] = Turn("user", (*last.parts, result))
        else:
            self.turns.append(Turn("user", (result,)))


def _thinking(item: _Reasoning) -> Thinking:
    signature, data = unseal(item.encrypted_content or "")
    text = "\n\n".join(said.text for said in item.summary or item.content or ())
    return Thinking(text, signature, data, item.id or "")


def _parts(content: str | Sequence[_Part], place: str) -> Iterator[Text | Media | Refusal]:
    if isinstance(content, str):
        yield Text(content)
        return
    for at, part in enumerate(content):
        yield _part(part, f"{place}[{at}]")


def _part(part: _Part, place: str) -> Text | Media | Refusal:
    cache = ""
    if part.prompt_cache_breakpoint is not None:
        cache = _LONG.get(part.prompt_cache_breakpoint.ttl or "", "5m")
    match part.type:
        case "input_text" | "output_text" | "text" if part.text is not None:
            return Text(part.text, cache)
        case "refusal" if part.refusal is not None:
            return Refusal(part.refusal)
        case "input_image" if part.image_url or part.file_id:
            return _media("image", part.image_url, part, place, cache)
        case "input_file" if part.file_data or part.file_url or part.file_id:
            return _media("document", part.file_data or part.file_url, part, place, cache)
        case "input_audio" if part.input_audio is not None:
            sound = part.input_audio
            return Media("audio", AUDIO_TYPES.get(sound.format, f"audio/{sound.format}"), sound.data, cache=cache)
    raise GatewayError(
        "REQUEST_INVALID", f"{place}: a part of the type {part.type[:40]!r} cannot be read.", param=place
    )


def _media(kind: str, address: str | None, part: _Part, place: str, cache: str) -> Media:
    """A data URL (RFC 2397) taken apart, an address, bare base64 in ``file_data``, or the id of a file."""
    made = Media(kind, name=part.filename or "", detail=part.detail or "", cache=cache)
    if not address:
        return made._replace(file_id=part.file_id or "")
    if not address.startswith("data:"):
        return made._replace(data=address) if address is part.file_data else made._replace(url=address)
    match = _DATA_URL.fullmatch(address)
    if match is None:
        _refuse(f"{place}: this is no data URL (RFC 2397).", place)
    data = match["data"] if match["base64"] else base64.b64encode(match["data"].encode()).decode()
    return made._replace(media_type=match["type"] or "text/plain", data=data)


def _as(decoder: msgspec.json.Decoder[T], raw: bytes, place: str) -> T:
    try:
        return decoder.decode(raw)
    except msgspec.ValidationError as fault:
        where = str(fault).replace("`$", f"`{place}")
        _refuse(f"{place}: {where}.", place)


def _refuse(message: str, param: str) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", message, param=param) from None
