"""Reads a Responses body into a Request: https://platform.openai.com/docs/api-reference/responses/create.

What lives in the provider's own store is refused; what only changes cost or comfort is named and left out. Called by
the codec ``openai_responses``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Literal, NoReturn

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Choice, Format, Reasoning, Request, Sampling, Text, Tool
from torana.dialects import json_text
from torana.dialects.codecs.openai_responses_items import Items
from torana.dialects.codecs.openai_responses_words import CHOICES, EFFORTS

Raw = msgspec.Raw


class _Tool(msgspec.Struct):
    type: str
    name: str = ""
    description: str | None = None
    parameters: Raw = Raw(b"")
    strict: bool | None = None


class _Named(msgspec.Struct):
    type: str = ""
    name: str = ""


class _Choice(msgspec.Struct):
    type: str
    name: str = ""
    mode: str = "auto"
    tools: list[_Named] = []


class _Format(msgspec.Struct):
    type: Literal["text", "json_object", "json_schema"]
    name: str = ""
    schema: Raw = Raw(b"")
    strict: bool | None = None
    description: str | None = None


class _TextConfig(msgspec.Struct):
    format: _Format | None = None


class _Reasoning(msgspec.Struct):
    effort: str | None = None
    summary: str | None = None
    generate_summary: str | None = None


class _Body(msgspec.Struct):
    model: str | None = None
    input: str | list[Raw] | None = None
    instructions: str | None = None
    stream: bool | None = None
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_logprobs: int | None = None
    include: list[str] | None = None
    tools: list[_Tool] | None = None
    tool_choice: str | _Choice | None = None
    parallel_tool_calls: bool | None = None
    text: _TextConfig | None = None
    reasoning: _Reasoning | None = None
    user: str | None = None
    safety_identifier: str | None = None
    service_tier: str | None = None
    metadata: dict[str, str] | None = None


_body = msgspec.json.Decoder(_Body)
_members = msgspec.json.Decoder(dict[str, Raw]).decode
_STORED = ("previous_response_id", "conversation", "prompt", "background")
"""Members by which a request leans on what its provider keeps."""
_MEANS_NOTHING: Mapping[str, bytes] = {"store": b"false", "truncation": b'"disabled"', "background": b"false"}
"""Members that ask for nothing when they have this value."""
LOGPROBS = "message.output_text.logprobs"
SEALED = "reasoning.encrypted_content"


def read_request(body: bytes) -> Request:
    """The Request.

    Raises GatewayError REQUEST_INVALID naming the member at fault, CAPABILITY_MISSING for what only OpenAI can do.
    """
    wanted = json_text.decode_request(body, _body)
    members = {name: bytes(value) for name, value in _members(body).items() if bytes(value) != b"null"}
    for name in _STORED:
        if name in members and members[name] != _MEANS_NOTHING.get(name):
            missing(name, name)
    dropped = [
        name
        for name, value in members.items()
        if name not in _Body.__struct_fields__ and value != _MEANS_NOTHING.get(name)
    ]
    dropped += _unheard(members.get("text"), _TextConfig, "text.") + _unheard(
        members.get("reasoning"), _Reasoning, "reasoning."
    )
    items = Items()
    if wanted.instructions:
        items.system.append(Text(wanted.instructions))
    items.read(wanted.input, dropped)
    tools = _tools(wanted, dropped)
    return Request(
        model=wanted.model or "",
        turns=tuple(items.turns),
        system=tuple(items.system),
        tools=tools,
        choice=_choice(wanted.tool_choice),
        parallel_tools=wanted.parallel_tool_calls,
        sampling=_sampling(wanted, dropped),
        format=_format(wanted.text),
        reasoning=_reasoning(wanted.reasoning, dropped),
        stream=bool(wanted.stream),
        user=_user(wanted, dropped),
        tier=wanted.service_tier or "",
        metadata=tuple((wanted.metadata or {}).items()),
        dropped=tuple(dict.fromkeys(dropped)),
    )


def missing(what: str, param: str) -> NoReturn:
    """Raises GatewayError CAPABILITY_MISSING."""
    message = f"{param}: {what[:60]} works only with a provider that speaks the Responses API itself."
    raise GatewayError("CAPABILITY_MISSING", message, param=param, details={"missing": [what[:60]]})


def _unheard(member: bytes | None, known: type[msgspec.Struct], prefix: str) -> list[str]:
    """The members of an object that its Struct does not know."""
    if not member:
        return []
    return [
        prefix + name
        for name, value in _members(member).items()
        if name not in known.__struct_fields__ and bytes(value) != b"null"
    ]


def _user(wanted: _Body, dropped: list[str]) -> str:
    if wanted.user and wanted.safety_identifier:
        dropped.append("safety_identifier")
    return wanted.user or wanted.safety_identifier or ""


def _sampling(wanted: _Body, dropped: list[str]) -> Sampling:
    asked: Collection[str] = wanted.include or ()
    if set(asked) - {LOGPROBS, SEALED}:
        dropped.append("include")
    return Sampling(
        max_output=wanted.max_output_tokens,
        temperature=wanted.temperature,
        top_p=wanted.top_p,
        logprobs=wanted.top_logprobs or 0 if LOGPROBS in asked or wanted.top_logprobs else None,
    )


def _tools(wanted: _Body, dropped: list[str]) -> tuple[Tool, ...]:
    """The functions; tools of another kind, which only their provider has, are named."""
    tools = []
    allowed = _allowed(wanted.tool_choice)
    for at, tool in enumerate(wanted.tools or ()):
        if tool.type != "function":
            dropped.append(f"tools[{at}] ({tool.type[:40]})")
        elif not tool.name:
            raise GatewayError("REQUEST_INVALID", f"tools[{at}]: a function needs a name.", param=f"tools[{at}].name")
        elif allowed is None or tool.name in allowed:
            schema = bytes(tool.parameters)
            tools.append(Tool(tool.name, tool.description or "", b"" if schema == b"null" else schema, tool.strict))
    return tuple(tools)


def _allowed(choice: str | _Choice | None) -> frozenset[str] | None:
    """The names a choice narrows the tools to; None for no narrowing."""
    if not isinstance(choice, _Choice) or choice.type != "allowed_tools":
        return None
    return frozenset(one.name for one in choice.tools if one.type == "function")


def _choice(choice: str | _Choice | None) -> Choice | None:
    if choice is None:
        return None
    if isinstance(choice, _Choice):
        if choice.type == "function" and choice.name:
            return Choice("tool", choice.name)
        if choice.type != "allowed_tools":
            missing(choice.type, "tool_choice")
        choice = choice.mode
    if choice not in CHOICES:
        message = "tool_choice: expected auto, none, required or a function."
        raise GatewayError("REQUEST_INVALID", message, param="tool_choice")
    return Choice(CHOICES[choice])


def _format(text: _TextConfig | None) -> Format | None:
    wanted = text.format if text is not None else None
    if wanted is None or wanted.type == "text":
        return None
    if wanted.type == "json_object":
        return Format("json")
    return Format("schema", wanted.name, bytes(wanted.schema), wanted.strict, wanted.description or "")


def _reasoning(wanted: _Reasoning | None, dropped: list[str]) -> Reasoning | None:
    if wanted is None:
        return None
    shown = bool(wanted.summary or wanted.generate_summary)
    if not wanted.effort and not shown:
        return None
    effort = EFFORTS.get(wanted.effort, "high") if wanted.effort else ""
    if wanted.effort and wanted.effort not in EFFORTS:
        dropped.append(f"reasoning.effort ({wanted.effort[:20]})")
    return Reasoning(effort, shown=shown)
