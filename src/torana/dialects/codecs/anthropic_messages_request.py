"""Reads a Messages body into a Request: https://platform.claude.com/docs/en/api/messages/create.

It judges nothing that the dialect's ``read`` has judged. Called by ``anthropic_messages``.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Part,
    Reasoning,
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
from torana.dialects.codecs.anthropic_messages_body import CALL_SIGNED

Raw = msgspec.Raw
_NULL = (b"", b"null")
_LEAST_TTL = "5m"


class _Cache(msgspec.Struct):
    ttl: str | None = None


class _Source(msgspec.Struct):
    type: str
    media_type: str | None = None
    data: str | None = None
    url: str | None = None
    file_id: str | None = None
    content: str | list[_Block] | None = None


class _Block(msgspec.Struct):
    type: str
    text: str | None = None
    source: _Source | str | None = None
    title: str | None = None
    id: str | None = None
    name: str | None = None
    input: Raw = Raw(b"")
    tool_use_id: str | None = None
    content: object = None
    is_error: bool | None = None
    thinking: str | None = None
    signature: str | None = None
    data: str | None = None
    cache_control: _Cache | None = None
    citations: object = None
    context: object = None
    transformations: object = None


class _Message(msgspec.Struct):
    role: str
    content: str | list[_Block]


class _Choice(msgspec.Struct):
    type: str
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class _Thinking(msgspec.Struct):
    type: str
    budget_tokens: int | None = None
    display: str | None = None


class _Format(msgspec.Struct):
    type: str = ""
    schema: Raw = Raw(b"")


class _Output(msgspec.Struct):
    effort: str | None = None
    format: _Format | None = None


class _Body(msgspec.Struct):
    messages: list[_Message]
    model: str | None = None
    system: str | list[_Block] | None = None
    tools: list[Raw] | None = None
    tool_choice: _Choice | None = None
    max_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: int | None = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    thinking: _Thinking | None = None
    output_config: _Output | None = None
    output_format: _Format | None = None
    metadata: dict[str, object] | None = None
    service_tier: str | None = None


class _Tool(msgspec.Struct):
    name: str = ""
    type: str | None = None
    description: str | None = None
    input_schema: Raw = Raw(b"")
    strict: bool | None = None
    cache_control: _Cache | None = None


_body = msgspec.json.Decoder(_Body)
_tool = msgspec.json.Decoder(_Tool).decode
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_CHOICES = frozenset({"auto", "none", "any", "tool"})
_EFFORTS = {"xhigh": "high", "max": "high"}
"""Efforts beyond what others know: the highest goes on, and that it was more is named."""
_TIERS = {"standard_only": "default"}
_UNSAID = ("citations", "context", "transformations")
"""Members of blocks that only this API has."""


def read_request(body: bytes) -> Request:
    """The Request. Raises GatewayError REQUEST_INVALID naming the member at fault."""
    wanted = json_text.decode_request(body, _body)
    known = _Body.__struct_fields__
    dropped = [name for name, value in _members(body).items() if name not in known and bytes(value) not in _NULL]
    system = [part for part in _parts(wanted.system or (), "system", dropped) if isinstance(part, Text)]
    turns: list[Turn] = []
    for at, message in enumerate(wanted.messages):
        parts = _parts(message.content, f"messages[{at}].content", dropped)
        if message.role == "system":
            system += (part for part in parts if isinstance(part, Text))
        elif message.role in ("user", "assistant"):
            turns.append(Turn(message.role, tuple(parts)))
        else:
            raise _refused(f"messages[{at}].role: there is no role {message.role[:40]!r}.", f"messages[{at}].role")
    metadata = dict(wanted.metadata or {})
    user = metadata.pop("user_id", None)
    choice = wanted.tool_choice
    return Request(
        model=wanted.model or "",
        turns=tuple(turns),
        system=tuple(system),
        tools=tuple(_tools(wanted.tools or (), dropped)),
        choice=_choice(choice),
        parallel_tools=_parallel(choice),
        sampling=_sampling(wanted),
        format=_format(wanted, dropped),
        reasoning=_reasoning(wanted, dropped),
        stream=bool(wanted.stream),
        user=user if isinstance(user, str) else "",
        tier=_TIERS.get(wanted.service_tier or "", wanted.service_tier or ""),
        metadata=tuple((name, value) for name, value in metadata.items() if isinstance(value, str)),
        dropped=tuple(dict.fromkeys(dropped)),
    )


# --- parts


def _parts(content: str | Iterable[_Block], place: str, dropped: list[str]) -> Iterable[Part]:
    if isinstance(content, str):
        return (Text(content),) if content else ()
    parts: list[Part] = []
    signature = ""
    for at, block in enumerate(content):
        if block.type == "redacted_thinking" and (block.data or "").startswith(CALL_SIGNED):
            signature = (block.data or "").removeprefix(CALL_SIGNED)
            continue
        for part in _part(block, f"{place}[{at}]", dropped):
            if signature and isinstance(part, ToolCall):
                parts.append(part._replace(signature=signature))
                signature = ""
            else:
                parts.append(part)
    return parts


def _part(block: _Block, place: str, dropped: list[str]) -> Iterable[Part]:
    dropped += (name for name in _UNSAID if getattr(block, name))
    cache = "" if block.cache_control is None else block.cache_control.ttl or _LEAST_TTL
    match block.type:
        case "text":
            return (Text(block.text or "", cache),)
        case "image" | "document":
            return _media(block, cache, place, dropped)
        case "tool_use":
            arguments = bytes(block.input).decode() or "{}"
            return (ToolCall(block.id or "", block.name or "", arguments, cache=cache),)
        case "tool_result":
            parts = [part for part in _nested(block, place, dropped) if isinstance(part, Text | Media)]
            return (ToolResult(block.tool_use_id or "", tuple(parts), failed=bool(block.is_error), cache=cache),)
        case "thinking":
            return (Thinking(block.thinking or "", block.signature or ""),)
        case "redacted_thinking":
            return (Thinking(data=block.data or ""),)
        case "search_result":
            said = "".join(part.text for part in _nested(block, place, dropped) if isinstance(part, Text))
            address = block.source if isinstance(block.source, str) else ""
            dropped.append("search_result")
            return (Media("document", "text/plain", text=said, name=block.title or address, cache=cache),)
        case kind if kind == "server_tool_use" or kind.endswith("_tool_result"):
            # A tool that ran at the provider: its marks mean nothing elsewhere.
            dropped.append(f"{place} ({kind[:60]})")
            return ()
        case kind:
            raise _refused(
                f"{place}: a block of the type {kind[:40]!r} cannot be carried to this model's provider.", place
            )


def _nested(block: _Block, place: str, dropped: list[str]) -> Iterable[Part]:
    content = block.content
    if content is None or isinstance(content, str):
        return _parts(content or "", f"{place}.content", dropped)
    try:
        blocks = msgspec.convert(content, list[_Block])
    except msgspec.ValidationError:
        raise _refused(f"{place}.content: a text or a list of blocks was expected.", f"{place}.content") from None
    return _parts(blocks, f"{place}.content", dropped)


def _media(block: _Block, cache: str, place: str, dropped: list[str]) -> Iterable[Part]:
    source = block.source
    if not isinstance(source, _Source):
        raise _refused(f"{place}.source: an object was expected.", f"{place}.source")
    kind, name = block.type, block.title or ""
    match source.type:
        case "base64":
            return (Media(kind, source.media_type or "", data=source.data or "", name=name, cache=cache),)
        case "url":
            return (Media(kind, url=source.url or "", name=name, cache=cache),)
        case "file":
            return (Media(kind, file_id=source.file_id or "", name=name, cache=cache),)
        case "text":
            return (Media(kind, source.media_type or "text/plain", text=source.data or "", name=name, cache=cache),)
        case "content":
            if name:
                dropped.append(f"{place}.title")
            return _parts(source.content or "", f"{place}.source.content", dropped)
        case other:
            raise _refused(f"{place}.source.type: there is no source {other[:40]!r}.", f"{place}.source.type")


# --- the rest of the body


def _tools(raw: Iterable[Raw], dropped: list[str]) -> Iterable[Tool]:
    """The functions. Tools of a type of their own are only known to their provider, and named."""
    known = _Tool.__struct_fields__
    for at, text in enumerate(raw):
        try:
            tool, members = _tool(text), _members(text)
        except msgspec.ValidationError as fault:
            raise _refused(
                f"tools[{at}]: this is no tool ({str(fault).partition(' - at')[0]}).", f"tools[{at}]"
            ) from None
        if tool.type not in (None, "custom"):
            dropped.append(f"tools[{at}] ({tool.type[:40]})")
            continue
        dropped += (
            f"tools[{at}].{name}" for name, value in members.items() if name not in known and value not in _NULL
        )
        cache = "" if tool.cache_control is None else tool.cache_control.ttl or _LEAST_TTL
        yield Tool(tool.name, tool.description or "", bytes(tool.input_schema), tool.strict, cache)


def _choice(choice: _Choice | None) -> Choice | None:
    if choice is None:
        return None
    if choice.type not in _CHOICES:
        raise _refused(f"tool_choice.type: there is no choice {choice.type[:40]!r}.", "tool_choice.type")
    return Choice(choice.type, choice.name or "")


def _parallel(choice: _Choice | None) -> bool | None:
    if choice is None or choice.disable_parallel_tool_use is None:
        return None
    return not choice.disable_parallel_tool_use


def _sampling(wanted: _Body) -> Sampling:
    return Sampling(
        max_output=wanted.max_tokens,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        top_k=wanted.top_k,
        stop=tuple(wanted.stop_sequences or ()),
    )


def _format(wanted: _Body, dropped: list[str]) -> Format | None:
    """``output_format`` is the name that ``output_config.format`` had before it was released."""
    form = wanted.output_config.format if wanted.output_config is not None else None
    form = form or wanted.output_format
    if form is None:
        return None
    if form.type != "json_schema":
        dropped.append(f"output_config.format ({form.type[:40]})")
        return None
    return Format("schema", schema=bytes(form.schema))


def _reasoning(wanted: _Body, dropped: list[str]) -> Reasoning | None:
    effort = wanted.output_config.effort if wanted.output_config is not None else None
    if effort in _EFFORTS:
        dropped.append(f"output_config.effort ({effort})")
    effort = _EFFORTS.get(effort or "", effort or "")
    thinking = wanted.thinking
    if thinking is None:
        return Reasoning(effort) if effort else None
    shown = thinking.display != "omitted"
    match thinking.type:
        case "disabled":
            return Reasoning("off")
        case "between_tools":
            dropped.append("thinking (between_tools)")
            return Reasoning("off")
        case "enabled":
            return Reasoning(effort, thinking.budget_tokens, shown)
        case "adaptive":
            return Reasoning(effort, None, shown)
        case other:
            raise _refused(f"thinking.type: there is no type {other[:40]!r}.", "thinking.type")


def _refused(message: str, param: str) -> GatewayError:
    return GatewayError("REQUEST_INVALID", message, param=param)
