"""Reads a generateContent body into a Request: https://ai.google.dev/api/generate-content#request-body.

It decides what stays unsaid in other dialects and names it; it knows no model. Called by ``gemini``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NoReturn

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Choice, Format, Reasoning, Request, Sampling, Text, Tool, Turn
from torana.dialects import json_text
from torana.dialects.codecs.gemini_parts import Calls, parts_of
from torana.dialects.codecs.gemini_schema import camelled, json_schema
from torana.dialects.codecs.gemini_wire import (
    Blob,
    Called,
    Code,
    CodeResult,
    Content,
    File,
    Part,
    Raw,
    Response,
    ResponsePart,
)


class _Declared(msgspec.Struct, rename="camel"):
    name: str
    description: str | None = None
    parameters: Raw = Raw()
    parameters_json_schema: Raw = Raw()


class _Tool(msgspec.Struct, rename="camel"):
    function_declarations: list[_Declared] | None = None


class _Calling(msgspec.Struct, rename="camel"):
    mode: str | None = None
    allowed_function_names: list[str] | None = None


class _ToolConfig(msgspec.Struct, rename="camel"):
    function_calling_config: _Calling | None = None


class _Thinking(msgspec.Struct, rename="camel"):
    include_thoughts: bool | None = None
    thinking_budget: int | None = None
    thinking_level: str | None = None


class _Config(msgspec.Struct, rename="camel"):
    max_output_tokens: int | None = None
    temperature: float | None = None
    top_p: float | None = None
    top_k: float | None = None
    stop_sequences: list[str] | None = None
    seed: int | None = None
    candidate_count: int | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_mime_type: str | None = None
    response_schema: Raw = Raw()
    response_json_schema: Raw = Raw()
    response_logprobs: bool | None = None
    logprobs: int | None = None
    thinking_config: _Thinking | None = None


class _Body(msgspec.Struct, rename="camel"):
    contents: list[Content]
    model: str | None = None
    system_instruction: Content | None = None
    tools: list[_Tool] | None = None
    tool_config: _ToolConfig | None = None
    generation_config: _Config | None = None


_Kind = type[msgspec.Struct]
_INSIDE: Mapping[_Kind, Mapping[str, _Kind]] = {
    _Body: {
        "contents": Content,
        "systemInstruction": Content,
        "tools": _Tool,
        "toolConfig": _ToolConfig,
        "generationConfig": _Config,
    },
    _Tool: {"functionDeclarations": _Declared},
    _ToolConfig: {"functionCallingConfig": _Calling},
    _Config: {"thinkingConfig": _Thinking},
    Content: {"parts": Part},
    Part: {
        "inlineData": Blob,
        "fileData": File,
        "functionCall": Called,
        "functionResponse": Response,
        "executableCode": Code,
        "codeExecutionResult": CodeResult,
    },
    Response: {"parts": ResponsePart},
    ResponsePart: {"inlineData": Blob, "fileData": File},
}
"""Where the shapes we know stand in one another."""

_body = msgspec.json.Decoder(_Body)
_any = msgspec.json.Decoder().decode
_ABSENT = (b"", b"null")
_ROLES = {"user": "user", "model": "assistant", "function": "user", "": "user"}
_MODES = {"AUTO": "auto", "NONE": "none", "ANY": "any"}
_EFFORTS = {"MINIMAL": "minimal", "LOW": "low", "MEDIUM": "medium", "HIGH": "high", "XHIGH": "high"}


def read_request(body: bytes) -> Request:
    """The Request, without the model's name unless the body has it. Raises GatewayError REQUEST_INVALID."""
    try:
        body = camelled(body)
    except (ValueError, RecursionError):
        pass  # what cannot be read is refused below, in words
    wanted = json_text.decode_request(body, _body)
    dropped = list(dict.fromkeys(_unknown(_any(body), _Body)))
    config = wanted.generation_config or _Config()
    return Request(
        model=(wanted.model or "").removeprefix("models/"),
        turns=tuple(_turns(wanted.contents)),
        system=tuple(_system(wanted.system_instruction, dropped)),
        tools=tuple(_tool(declared) for tool in wanted.tools or () for declared in tool.function_declarations or ()),
        choice=_choice(wanted.tool_config, dropped),
        sampling=_sampling(config),
        format=_format(config, dropped),
        reasoning=_reasoning(config.thinking_config),
        dropped=tuple(dropped),
    )


def _unknown(value: object, kind: _Kind, path: str = "") -> Iterator[str]:
    """The members, by path without indexes, that no shape of ours has and that say something."""
    if isinstance(value, list):
        for one in value:
            yield from _unknown(one, kind, path)
    elif isinstance(value, dict):
        inside = _INSIDE.get(kind, {})
        for name, inner in value.items():
            if inner is None:
                continue
            if name not in kind.__struct_encode_fields__:
                yield path + name
            elif name in inside:
                yield from _unknown(inner, inside[name], f"{path}{name}.")


def _turns(contents: list[Content]) -> Iterator[Turn]:
    calls = Calls()
    for at, content in enumerate(contents):
        role = _ROLES.get(content.role or "")
        if role is None:
            _refuse(f"contents[{at}].role: expected user or model.", f"contents[{at}].role")
        places = enumerate(content.parts or ())
        parts = [one for n, part in places for one in parts_of(part, f"contents[{at}].parts[{n}]", calls)]
        yield Turn(role, tuple(parts))


def _system(content: Content | None, dropped: list[str]) -> Iterator[Text]:
    for part in (content and content.parts) or ():
        if part.text is not None:
            yield Text(part.text)
        else:
            dropped.append("systemInstruction.parts")


def _tool(declared: _Declared) -> Tool:
    schema = bytes(declared.parameters_json_schema)
    if schema in _ABSENT:
        own = bytes(declared.parameters)
        schema = b"" if own in _ABSENT else json_schema(own)
    return Tool(declared.name, declared.description or "", schema)


def _choice(config: _ToolConfig | None, dropped: list[str]) -> Choice | None:
    calling = config and config.function_calling_config
    if not calling or not calling.mode or calling.mode == "MODE_UNSPECIFIED":
        return None
    kind = _MODES.get(calling.mode)
    if kind is None:
        dropped.append("toolConfig.functionCallingConfig.mode")
        return Choice("auto")
    names = calling.allowed_function_names or []
    if kind == "any" and len(names) == 1:
        return Choice("tool", names[0])
    if names:
        dropped.append("toolConfig.functionCallingConfig.allowedFunctionNames")
    return Choice(kind)


def _sampling(config: _Config) -> Sampling:
    return Sampling(
        max_output=config.max_output_tokens,
        temperature=config.temperature,
        top_p=config.top_p,
        top_k=None if config.top_k is None else int(config.top_k),
        stop=tuple(config.stop_sequences or ()),
        seed=config.seed,
        frequency_penalty=config.frequency_penalty,
        presence_penalty=config.presence_penalty,
        candidates=config.candidate_count or 1,
        logprobs=(config.logprobs or 0) if config.response_logprobs else None,
    )


def _format(config: _Config, dropped: list[str]) -> Format | None:
    kind = config.response_mime_type or "text/plain"
    if kind != "application/json":
        if kind != "text/plain":
            dropped.append("generationConfig.responseMimeType")
        return None
    schema = bytes(config.response_json_schema)
    if schema in _ABSENT:
        own = bytes(config.response_schema)
        if own in _ABSENT:
            return Format("json")
        schema = json_schema(own)
    return Format("schema", schema=schema)


def _reasoning(config: _Thinking | None) -> Reasoning | None:
    """What is asked of thinking. A budget of -1 leaves it to the model, which neither effort nor budget says too."""
    if config is None:
        return None
    shown = bool(config.include_thoughts)
    if config.thinking_budget is not None and config.thinking_budget >= 0:
        budget = config.thinking_budget
        return Reasoning("", budget, shown) if budget else Reasoning("off", None, shown)
    return Reasoning(_EFFORTS.get(config.thinking_level or "", ""), None, shown)


def _refuse(message: str, param: str) -> NoReturn:
    raise GatewayError("REQUEST_INVALID", message, param=param)
