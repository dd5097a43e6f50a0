"""Writes a Request as a chat completions body for a provider that speaks it. Called by ``openai_chat``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import (
    Choice,
    Format,
    Media,
    Part,
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
from torana.dialects.codecs.openai_chat_models import fit
from torana.ports.codec import Written

Json = dict[str, object]
_CHOICES = {"auto": "auto", "none": "none", "any": "required"}
_AUDIO_FORMATS = {"audio/wav": "wav", "audio/x-wav": "wav", "audio/mpeg": "mp3", "audio/mp3": "mp3"}
_BUDGETS = ((2048, "low"), (8192, "medium"))
"""A budget of thinking tokens as an effort: up to this many, else high."""
_encode = msgspec.json.encode


def write_request(request: Request, model: str) -> Written:
    """The body; usage is asked for on every stream. What the dialect cannot say is named.

    Raises GatewayError CAPABILITY_MISSING for moving pictures, and for sound at an address.
    """
    dropped: list[str] = []
    messages: list[Json] = []
    if request.system:
        messages.append({"role": "system", "content": _content(request.system, dropped)})
    for turn in request.turns:
        messages += _messages(turn, dropped)
    body: Json = {"model": model, "messages": messages}
    if request.tools:
        body.update(_tools(request, dropped))
    body.update(_sampling(request.sampling))
    if request.format is not None:
        body["response_format"] = _format(request.format)
    effort = _effort(request, dropped)
    if effort:
        body["reasoning_effort"] = effort
    fit(body, model, dropped)
    if request.user:
        body["user"] = request.user
    if request.tier:
        body["service_tier"] = request.tier
    if request.metadata:
        body["metadata"] = dict(request.metadata)
    if request.stream:
        body["stream"] = True
        body["stream_options"] = {"include_usage": True}
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def _messages(turn: Turn, dropped: list[str]) -> Iterable[Json]:
    """The messages of a turn: each tool result is one of its own, before what else the turn says."""
    for part in turn.parts:
        if isinstance(part, ToolResult):
            content: object = _content(part.parts, dropped)
            if part.failed:
                dropped.append("is_error")
                content = content or "The tool failed."
            if part.cache:
                dropped.append("cache_control")
            yield {"role": "tool", "tool_call_id": part.id, "content": content}
    rest = [part for part in turn.parts if not isinstance(part, ToolResult)]
    if not rest:
        return
    message: Json = {"role": turn.role}
    if turn.name:
        message["name"] = turn.name
    if turn.role == "assistant":
        yield _assistant(message, rest, dropped)
    else:
        message["content"] = _content(rest, dropped)
        yield message


def _assistant(message: Json, parts: Sequence[Part], dropped: list[str]) -> Json:
    said = [part for part in parts if isinstance(part, Text | Media)]
    message["content"] = _content(said, dropped) if said else None
    refusals = [part.text for part in parts if isinstance(part, Refusal)]
    if refusals:
        message["refusal"] = "".join(refusals)
    calls = [part for part in parts if isinstance(part, ToolCall)]
    if calls:
        message["tool_calls"] = [_call(call, dropped) for call in calls]
    thoughts = [part for part in parts if isinstance(part, Thinking)]
    plain = "".join(part.text for part in thoughts if not part.signature)
    if plain:
        message["reasoning_content"] = plain
    sealed = [_sealed(part) for part in thoughts if part.signature or part.data]
    if sealed:
        message["thinking_blocks"] = sealed
    return message


def _sealed(part: Thinking) -> Json:
    """What this very host sealed: ``translation`` lets nothing else come here."""
    if part.data:
        return {"type": "redacted_thinking", "data": part.data}
    return {"type": "thinking", "thinking": part.text, "signature": part.signature}


def _call(call: ToolCall, dropped: list[str]) -> Json:
    said: Json = {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
    if call.signature:
        said["extra_content"] = {"google": {"thought_signature": call.signature}}
    if call.cache:
        dropped.append("cache_control")
    return said


def _content(parts: Iterable[Part], dropped: list[str]) -> object:
    """A plain string where the parts are one text: many hosts take nothing else."""
    listed = list(parts)
    if len(listed) == 1 and isinstance(listed[0], Text):
        if listed[0].cache:
            dropped.append("cache_control")
        return listed[0].text
    if not listed:
        return ""
    return [_part(part, dropped) for part in listed]


def _part(part: Part, dropped: list[str]) -> Json:
    if isinstance(part, Media):
        if part.cache:
            dropped.append("cache_control")
        return _media(part)
    if isinstance(part, Text):
        if part.cache:
            dropped.append("cache_control")
        return {"type": "text", "text": part.text}
    if isinstance(part, Refusal):
        return {"type": "text", "text": part.text}
    dropped.append(type(part).__name__.lower())
    return {"type": "text", "text": ""}


def _media(part: Media) -> Json:
    address = part.url or f"data:{part.media_type or 'application/octet-stream'};base64,{part.data}"
    if part.kind == "image" and not part.file_id:
        image: Json = {"url": address}
        if part.detail:
            image["detail"] = part.detail
        return {"type": "image_url", "image_url": image}
    if part.kind == "audio" and part.data:
        form = _AUDIO_FORMATS.get(part.media_type, part.media_type.removeprefix("audio/"))
        return {"type": "input_audio", "input_audio": {"data": part.data, "format": form}}
    if part.text:
        return {"type": "text", "text": part.text}
    if part.kind in ("audio", "video"):
        what = "video" if part.kind == "video" else "audio that is not in the message itself"
        message = f"This model's provider cannot be sent {what}."
        raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [part.kind]})
    file: Json = {"file_id": part.file_id} if part.file_id else {"file_data": address}
    if part.name:
        file["filename"] = part.name
    elif part.data:
        file["filename"] = "document.pdf" if part.media_type == "application/pdf" else "document"
    return {"type": "file", "file": file}


def _tools(request: Request, dropped: list[str]) -> Json:
    said: Json = {"tools": [_tool(tool) for tool in request.tools]}
    if any(tool.cache for tool in request.tools):
        dropped.append("cache_control")
    if request.choice is not None:
        said["tool_choice"] = _choice(request.choice)
    if request.parallel_tools is not None:
        said["parallel_tool_calls"] = request.parallel_tools
    return said


def _tool(tool: Tool) -> Json:
    function: Json = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.schema:
        function["parameters"] = msgspec.Raw(tool.schema)
    if tool.strict is not None:
        function["strict"] = tool.strict
    return {"type": "function", "function": function}


def _choice(choice: Choice) -> object:
    return {"type": "function", "function": {"name": choice.name}} if choice.kind == "tool" else _CHOICES[choice.kind]


def _sampling(sampling: Sampling) -> Json:
    said: Json = {
        "max_tokens": sampling.max_output,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "top_k": sampling.top_k,
        "stop": list(sampling.stop) or None,
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
        "n": sampling.candidates if sampling.candidates > 1 else None,
        "logprobs": True if sampling.logprobs is not None else None,
        "top_logprobs": sampling.logprobs or None,
    }
    return {name: value for name, value in said.items() if value is not None}


def _format(wanted: Format) -> Json:
    if wanted.kind == "json":
        return {"type": "json_object"}
    schema: Json = {"name": wanted.name or "answer", "schema": msgspec.Raw(wanted.schema or b"{}")}
    if wanted.strict is not None:
        schema["strict"] = wanted.strict
    if wanted.description:
        schema["description"] = wanted.description
    return {"type": "json_schema", "json_schema": schema}


def _effort(request: Request, dropped: list[str]) -> str:
    reasoning = request.reasoning
    if reasoning is None:
        return ""
    if reasoning.effort == "off":
        dropped.append("reasoning")  # leaving it out: models that cannot reason refuse the member
        return ""
    if reasoning.effort or reasoning.budget is None:
        return reasoning.effort
    dropped.append("thinking.budget_tokens")  # an effort comes near it, no more
    return next((effort for most, effort in _BUDGETS if reasoning.budget <= most), "high")
