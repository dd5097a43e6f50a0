"""Reads a chat completions body into a Request: https://platform.openai.com/docs/api-reference/chat/create.

It judges nothing that the dialect's ``read`` has judged. Called by ``openai_chat``.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import NoReturn
from urllib.parse import unquote_to_bytes

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Part,
    Reasoning,
    Refusal,
    Request,
    Sampling,
    Text,
    Thinking,
    Tool,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects import json_text

Raw = msgspec.Raw
_RAW_NULL = (b"", b"null")
AUDIO_TYPES = {"wav": "audio/wav", "mp3": "audio/mpeg"}


class _Cache(msgspec.Struct):
    ttl: str | None = None


class _Url(msgspec.Struct):
    url: str
    detail: str | None = None


class _Audio(msgspec.Struct):
    data: str
    format: str = "wav"


class _File(msgspec.Struct):
    file_id: str | None = None
    file_data: str | None = None
    filename: str | None = None


class _Part(msgspec.Struct):
    type: str
    text: str | None = None
    refusal: str | None = None
    image_url: _Url | str | None = None
    input_audio: _Audio | None = None
    file: _File | None = None
    cache_control: _Cache | None = None


class _Function(msgspec.Struct):
    name: str
    arguments: str = ""


class _Google(msgspec.Struct):
    thought_signature: str = ""


class _Extra(msgspec.Struct):
    google: _Google | None = None


class _Call(msgspec.Struct):
    function: _Function
    id: str = ""
    extra_content: _Extra | None = None


class _Thought(msgspec.Struct):
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Part | str] | None = None
    name: str | None = None
    tool_calls: list[_Call] | None = None
    tool_call_id: str | None = None
    function_call: _Function | None = None
    refusal: str | None = None
    reasoning_content: str | None = None
    thinking_blocks: list[_Thought] | None = None


class _Declared(msgspec.Struct):
    name: str
    description: str | None = None
    parameters: Raw = Raw(b"")
    strict: bool | None = None


class _Tool(msgspec.Struct):
    type: str = "function"
    function: _Declared | None = None
    cache_control: _Cache | None = None


class _Schema(msgspec.Struct):
    name: str = ""
    schema: Raw = Raw(b"")
    strict: bool | None = None
    description: str | None = None


class _Format(msgspec.Struct):
    type: str
    json_schema: _Schema | None = None


class _Options(msgspec.Struct):
    include_usage: bool | None = None


class _Named(msgspec.Struct):
    name: str


class _Choice(msgspec.Struct):
    type: str = ""
    function: _Named | None = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    model: str | None = None
    stream: bool | None = None
    stream_options: _Options | None = None
    max_tokens: int | None = None
    max_completion_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop: str | list[str] | None = None
    seed: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    n: int | None = None
    logprobs: bool | None = None
    top_logprobs: int | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    functions: list[_Declared] | None = None
    function_call: str | _Named | None = None
    parallel_tool_calls: bool | None = None
    response_format: _Format | None = None
    reasoning_effort: str | None = None
    user: str | None = None
    service_tier: str | None = None
    metadata: dict[str, str] | None = None


_body = msgspec.json.Decoder(_Body)
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
_EFFORTS = {"none": "off", "xhigh": "high", "max": "high"}
_NO_MORE = ("xhigh", "max")
"""Efforts beyond what others know: the highest goes on, and that it was more is named."""


def read_request(body: bytes) -> Request:
    """The Request. Raises GatewayError REQUEST_INVALID naming the member at fault."""
    wanted = json_text.decode_request(body, _body)
    known = _Body.__struct_fields__
    unknown = [name for name, value in _members(body).items() if name not in known and bytes(value) not in _RAW_NULL]
    system: list[Text] = []
    turns: list[Turn] = []
    for at, message in enumerate(wanted.messages):
        _add(message, f"messages[{at}]", system, turns)
    tools, odd = _tools(wanted)
    effort = wanted.reasoning_effort
    if effort in _NO_MORE:
        unknown.append(f"reasoning_effort ({effort})")
    return Request(
        model=wanted.model or "",
        turns=tuple(turns),
        system=tuple(system),
        tools=tools,
        choice=_choice(wanted),
        parallel_tools=wanted.parallel_tool_calls,
        sampling=_sampling(wanted),
        format=_format(wanted.response_format),
        reasoning=Reasoning(_EFFORTS.get(effort, effort)) if effort else None,
        stream=bool(wanted.stream),
        user=wanted.user or "",
        tier=wanted.service_tier or "",
        metadata=tuple((wanted.metadata or {}).items()),
        dropped=(*unknown, *odd),
        wants_usage=bool(wanted.stream_options is not None and wanted.stream_options.include_usage),
    )


def _add(message: _Message, place: str, system: list[Text], turns: list[Turn]) -> None:
    match message.role:
        case "system" | "developer":
            system += (part for part in _parts(message.content, place) if isinstance(part, Text))
        case "user":
            turns.append(Turn("user", tuple(_parts(message.content, place)), message.name or ""))
        case "assistant":
            turns.append(Turn("assistant", tuple(_said(message, place)), message.name or ""))
        case "tool" | "function":
            parts = tuple(part for part in _parts(message.content, place) if isinstance(part, Text | Media))
            result = ToolResult(message.tool_call_id or message.name or "", parts, message.name or "")
            if turns and turns[-1].role == "user" and all(isinstance(part, ToolResult) for part in turns[-1].parts):
                turns[-1] = turns[-1]._replace(parts=(*turns[-1].parts, result))
            else:
                turns.append(Turn("user", (result,)))
        case role:
            _refuse(f"{place}.role: there is no role {role[:40]!r}.", f"{place}.role")


def _said(message: _Message, place: str) -> Iterable[Part]:
    yield from _thoughts(message)
    yield from _parts(message.content, place)
    if message.refusal:
        yield Refusal(message.refusal)
    for call in message.tool_calls or ():
        google = call.extra_content.google if call.extra_content is not None else None
        signature = google.thought_signature if google is not None else ""
        yield ToolCall(call.id, call.function.name, call.function.arguments, signature)
    if message.function_call is not None:
        yield ToolCall(message.function_call.name, message.function_call.name, message.function_call.arguments)


def _thoughts(message: _Message) -> Iterable[Thinking]:
    """The reasoning. Streams tell its text apart from what signs it: then the text stands before the first signature."""
    text = message.reasoning_content or ""
    blocks = message.thinking_blocks or ()
    if text and not any(block.signature for block in blocks):
        yield Thinking(text)
    told = any(block.thinking for block in blocks)
    for block in blocks:
        said = block.thinking or ""
        if block.signature and text and not told:
            said, told = text, True
        if said or block.signature or block.data:
            yield Thinking(said, block.signature or "", block.data or "")


def _parts(content: str | list[_Part | str] | None, place: str) -> Iterable[Text | Media | Refusal]:
    if content is None:
        return
    if isinstance(content, str):
        yield Text(content)
        return
    for at, part in enumerate(content):
        yield Text(part) if isinstance(part, str) else _part(part, f"{place}.content[{at}]")


def _part(part: _Part, place: str) -> Text | Media | Refusal:
    cache = "" if part.cache_control is None else part.cache_control.ttl or "5m"
    if part.text is not None and part.type in ("text", "input_text", "output_text"):
        return Text(part.text, cache)
    if part.refusal is not None:
        return Refusal(part.refusal)
    if part.image_url is not None:
        image = part.image_url if isinstance(part.image_url, _Url) else _Url(part.image_url)
        return _addressed("image", image.url, place)._replace(detail=image.detail or "", cache=cache)
    if part.input_audio is not None:
        kind = AUDIO_TYPES.get(part.input_audio.format, f"audio/{part.input_audio.format}")
        return Media("audio", kind, data=part.input_audio.data, cache=cache)
    if part.file is not None:
        name = part.file.filename or ""
        if part.file.file_data:
            return _addressed("document", part.file.file_data, place)._replace(name=name, cache=cache)
        return Media("document", file_id=part.file.file_id or "", name=name, cache=cache)
    message = f"{place}: a part of the type {part.type[:40]!r} cannot be carried to this model's provider."
    raise GatewayError("REQUEST_INVALID", message, param=place)


def _addressed(kind: str, url: str, place: str) -> Media:
    """A data URL (RFC 2397) taken apart, or an address."""
    if not url.startswith("data:"):
        return Media(kind, data=url) if kind == "document" and "://" not in url else Media(kind, url=url)
    head, comma, data = url.removeprefix("data:").partition(",")
    if not comma:
        _refuse(f"{place}: this is no data URL (RFC 2397).", place)
    kind_of, *details = head.split(";")
    if "base64" not in details:
        data = base64.b64encode(unquote_to_bytes(data)).decode()
    return Media(kind, kind_of or "text/plain", data=data)


def _tools(wanted: _Body) -> tuple[tuple[Tool, ...], tuple[str, ...]]:
    """The functions, and the members that name tools of another kind: only their provider knows those."""
    tools: list[Tool] = []
    odd: list[str] = []
    for at, tool in enumerate(wanted.tools or ()):
        if tool.function is None:
            odd.append(f"tools[{at}] ({tool.type[:40]})")
        else:
            cache = "" if tool.cache_control is None else tool.cache_control.ttl or "5m"
            tools.append(_tool(tool.function)._replace(cache=cache))
    tools += (_tool(function) for function in wanted.functions or ())
    return tuple(tools), tuple(odd)


def _tool(declared: _Declared) -> Tool:
    schema = bytes(declared.parameters)
    return Tool(declared.name, declared.description or "", b"" if schema == b"null" else schema, declared.strict)


def _choice(wanted: _Body) -> Choice | None:
    chosen = wanted.tool_choice if wanted.tool_choice is not None else wanted.function_call
    if chosen is None:
        return None
    if isinstance(chosen, str):
        if chosen not in _CHOICES:
            _refuse("tool_choice: expected auto, none, required or a function.", "tool_choice")
        return Choice(_CHOICES[chosen])
    named = chosen.function if isinstance(chosen, _Choice) else chosen
    if named is None:
        _refuse("tool_choice: only functions can be chosen.", "tool_choice")
    return Choice("tool", named.name)


def _sampling(wanted: _Body) -> Sampling:
    limit = wanted.max_completion_tokens if wanted.max_completion_tokens is not None else wanted.max_tokens
    stop = wanted.stop
    return Sampling(
        max_output=None if limit is None or limit < 0 else limit,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        top_k=wanted.top_k,
        stop=(stop,) if isinstance(stop, str) else tuple(stop or ()),
        seed=wanted.seed,
        frequency_penalty=wanted.frequency_penalty,
        presence_penalty=wanted.presence_penalty,
        candidates=wanted.n or 1,
        logprobs=(wanted.top_logprobs or 0) if wanted.logprobs else None,
    )


def _format(wanted: _Format | None) -> Format | None:
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return Format("json")
    schema = wanted.json_schema
    if wanted.type != "json_schema" or schema is None:
        _refuse("response_format: expected text, json_object or json_schema.", "response_format")
    return Format("schema", schema.name, bytes(schema.schema), schema.strict, schema.description or "")


def _refuse(message: str, param: str) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", message, param=param)
