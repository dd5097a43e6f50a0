"""Writes a Request as the body of Converse and ConverseStream. Called by ``bedrock_converse``.

Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Format, Request, Sampling, Text, Tool, ToolCall, ToolResult, Turn
from torana.dialects.codecs.bedrock_converse_extras import extras, structured
from torana.dialects.codecs.bedrock_converse_parts import Blocks, Json, cache_point
from torana.ports.codec import Written

_TIERS = frozenset({"priority", "default", "flex", "reserved"})
_METADATA = re.compile(r"[a-zA-Z0-9\s:_@$#=/+,.-]{0,256}")
_NO_PARAMETERS = b'{"type":"object","properties":{}}'
_GONE = "This tool was used earlier in the conversation. It is not there any more: do not call it."
_encode = msgspec.json.encode


def write_request(request: Request, model: str) -> Written:
    """The body; the model's name and whether the answer streams are told by the address. What cannot be said is named.

    Raises GatewayError CAPABILITY_MISSING for media that cannot be carried and for a schema that the model cannot keep.
    """
    dropped: list[str] = []
    messages = _messages(request, dropped)
    if not messages and request.system:  # the models want a message
        request = request._replace(turns=(Turn("user", request.system),), system=())
        messages = _messages(request, dropped)
    body: Json = {"messages": messages}
    system = _system(request.system)
    if system:
        body["system"] = system
    more, thinking = extras(request, model, dropped)
    inference = _inference(request.sampling, thinking, dropped)
    if inference:
        body["inferenceConfig"] = inference
    tools = _tools(request, model, dropped)
    if tools:
        body["toolConfig"] = tools
    if more:
        body["additionalModelRequestFields"] = more
    if request.format is not None:
        _format(body, request.format, model, dropped)
    metadata = _metadata(request.metadata, dropped)
    if metadata:
        body["requestMetadata"] = metadata
    if request.tier in _TIERS:
        body["serviceTier"] = {"type": request.tier}
    elif request.tier not in ("", "auto"):
        dropped.append("service_tier")
    if request.user:
        dropped.append("user")
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def _messages(request: Request, dropped: list[str]) -> list[Json]:
    """The turns; neighbours of one role become one message, for the API wants the roles to alternate."""
    blocks = Blocks(dropped)
    messages: list[Json] = []
    said: list[Json] = []
    for turn in request.turns:
        written = blocks.of(turn.parts)
        if not written:
            continue
        if turn.name:
            dropped.append("name")
        if messages and messages[-1]["role"] == turn.role:
            said += written
        else:
            said = written
            messages.append({"role": turn.role, "content": said})
    return messages


def _system(texts: Iterable[Text]) -> list[Json]:
    blocks: list[Json] = []
    for text in texts:
        if text.text.strip():
            blocks.append({"text": text.text})
        if blocks and text.cache:
            blocks.append(cache_point(text.cache))
    return blocks


def _inference(sampling: Sampling, thinking: bool, dropped: list[str]) -> Json:
    said: Json = {
        "maxTokens": sampling.max_output,
        "temperature": None if thinking else sampling.temperature,
        "topP": None if thinking else sampling.top_p,
        "stopSequences": list(sampling.stop) or None,
    }
    unsaid = {
        "temperature": thinking and sampling.temperature not in (None, 1),
        "top_p": thinking and sampling.top_p is not None,
        "top_k": thinking and sampling.top_k is not None,
        "seed": sampling.seed is not None,
        "frequency_penalty": bool(sampling.frequency_penalty),
        "presence_penalty": bool(sampling.presence_penalty),
        "n": sampling.candidates > 1,
        "logprobs": sampling.logprobs is not None,
    }
    dropped += (name for name, is_so in unsaid.items() if is_so)
    return {name: value for name, value in said.items() if value is not None}


def _tools(request: Request, model: str, dropped: list[str]) -> Json:
    """``toolConfig``, which the API wants as soon as a message has a tool call or result, whatever the caller sent."""
    used = _used(request)
    none = request.choice is not None and request.choice.kind == "none"
    if none and not used:
        return {}
    declared: Sequence[Tool] = request.tools or [Tool(name, _GONE) for name in used]
    if not declared:
        return {}
    strict = structured(model)
    listed: list[Json] = []
    for tool in declared:
        listed.append({"toolSpec": _spec(tool, strict, dropped)})
        if tool.cache:
            listed.append(cache_point(tool.cache))
    config: Json = {"tools": listed}
    if request.parallel_tools is False and request.tools:
        dropped.append("parallel_tool_calls")
    if none and request.tools:
        dropped.append("tool_choice")  # there is no such choice, and the tools must be declared
    elif request.choice is not None and request.tools:
        name = request.choice.name
        config["toolChoice"] = {"tool": {"name": name}} if name else {request.choice.kind: {}}
    return config


def _used(request: Request) -> list[str]:
    """Names of the tools in the messages; one that stands for them when results alone are there."""
    parts = [part for turn in request.turns for part in turn.parts]
    names = list(dict.fromkeys(part.name for part in parts if isinstance(part, ToolCall)))
    return names or (["tool"] if any(isinstance(part, ToolResult) for part in parts) else [])


def _spec(tool: Tool, strict: bool, dropped: list[str]) -> Json:
    spec: Json = {"name": tool.name, "inputSchema": {"json": msgspec.Raw(tool.schema or _NO_PARAMETERS)}}
    if tool.description:
        spec["description"] = tool.description
    if tool.strict and strict:
        spec["strict"] = True
    elif tool.strict:
        dropped.append("strict")
    return spec


def _format(body: Json, wanted: Format, model: str, dropped: list[str]) -> None:
    if wanted.kind != "schema":
        dropped.append("response_format")
        return
    if not structured(model):
        message = "This model cannot be held to a JSON schema for its answer; a tool with that schema can be."
        raise GatewayError("CAPABILITY_MISSING", message, details={"missing": ["json_schema"]})
    schema: Json = {"schema": (wanted.schema or b"{}").decode()}
    if wanted.name:
        schema["name"] = wanted.name
    if wanted.description:
        schema["description"] = wanted.description
    body["outputConfig"] = {"textFormat": {"type": "json_schema", "structure": {"jsonSchema": schema}}}


def _metadata(pairs: Iterable[tuple[str, str]], dropped: list[str]) -> dict[str, str]:
    kept: dict[str, str] = {}
    for name, value in pairs:
        if name and _METADATA.fullmatch(name) and _METADATA.fullmatch(value) and len(kept) < 16:
            kept[name] = value
        else:
            dropped.append("metadata")
    return kept
