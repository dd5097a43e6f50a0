"""Writes a Request as a Responses body for a provider that speaks it. Called by the codec ``openai_responses``.

Nothing is stored there: what the caller sends is the whole conversation.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from itertools import groupby

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import (
    Media,
    Part,
    Refusal,
    Request,
    Sampling,
    Text,
    Thinking,
    ToolCall,
    ToolResult,
    Turn,
)
from torana.dialects.codecs.openai_responses_words import AUDIO_FORMATS, choice_of, format_of, reasoning_of, tool_of
from torana.ports.codec import Written

Json = dict[str, object]
_encode = msgspec.json.encode
_UNHEARD = ("top_k", "stop", "seed", "frequency_penalty", "presence_penalty")
"""Members of Sampling that the API has no word for."""


def write_request(request: Request, model: str) -> Written:
    """The body. What the dialect cannot say is named.

    Raises GatewayError CAPABILITY_MISSING for several candidates, moving pictures, and media the model is to have said.
    """
    dropped: list[str] = []
    body: Json = {"model": model}
    items: list[Json] = []
    if request.system:
        body["instructions"] = request.system[0].text
        if len(request.system) > 1:
            items.append({"role": "system", "content": _content(request.system[1:], dropped)})
        if any(part.cache for part in request.system):
            dropped.append("cache_control")
    for turn in request.turns:
        items += _items(turn, dropped)
    body["input"] = items
    if request.tools:
        body.update(_tools(request, dropped))
    body.update(_sampling(request.sampling, dropped))
    if request.format is not None:
        body["text"] = {"format": format_of(request.format)}
    reasoning = reasoning_of(request.reasoning)
    if request.reasoning is not None and request.reasoning.budget and not request.reasoning.effort:
        dropped.append("thinking.budget_tokens")  # an effort comes near it, no more
    if reasoning:
        body["reasoning"] = reasoning
    include = _include(request)
    if include:
        body["include"] = include
    body["store"] = False
    rest = (("user", request.user), ("service_tier", request.tier), ("metadata", dict(request.metadata)))
    body.update((name, value) for name, value in (*rest, ("stream", request.stream)) if value)
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def _tools(request: Request, dropped: list[str]) -> Json:
    said: Json = {"tools": [tool_of(tool) for tool in request.tools]}
    if any(tool.cache for tool in request.tools):
        dropped.append("cache_control")
    if request.choice is not None:
        said["tool_choice"] = choice_of(request.choice)
    if request.parallel_tools is not None:
        said["parallel_tool_calls"] = request.parallel_tools
    return said


def _include(request: Request) -> list[str]:
    """Sealed reasoning only where reasoning is asked for: models without it refuse the wish."""
    wished = ["message.output_text.logprobs"] if request.sampling.logprobs is not None else []
    if request.reasoning is not None and request.reasoning.effort != "off":
        wished.append("reasoning.encrypted_content")
    return wished


def _sampling(sampling: Sampling, dropped: list[str]) -> Json:
    if sampling.candidates > 1:
        raise _missing("several candidates", "n")
    said: Json = {}
    if sampling.max_output is not None:
        said["max_output_tokens"] = sampling.max_output
    if sampling.temperature is not None:
        said["temperature"] = sampling.temperature
    if sampling.top_p is not None:
        said["top_p"] = sampling.top_p
    if sampling.logprobs:
        said["top_logprobs"] = sampling.logprobs
    dropped += (name for name in _UNHEARD if getattr(sampling, name) not in (None, ()))
    return said


# items


def _items(turn: Turn, dropped: list[str]) -> Iterator[Json]:
    """The items of a turn, in its order; parts of one message stay together."""
    if turn.name:
        dropped.append("name")
    for in_message, parts in groupby(turn.parts, lambda part: not isinstance(part, ToolCall | ToolResult | Thinking)):
        if in_message:
            yield {"role": turn.role, "content": _message(turn.role, list(parts), dropped)}
            continue
        for part in parts:
            item = _item(part, dropped)
            if item:
                yield item


def _item(part: Part, dropped: list[str]) -> Json | None:
    match part:
        case ToolCall():
            if part.signature:
                dropped.append("thought_signature")
            if part.cache:
                dropped.append("cache_control")
            return {"type": "function_call", "call_id": part.id, "name": part.name, "arguments": part.arguments}
        case ToolResult():
            if part.failed:
                dropped.append("is_error")
            if part.cache:
                dropped.append("cache_control")
            return {"type": "function_call_output", "call_id": part.id, "output": _content(part.parts, dropped)}
        case Thinking(data=data) if data:
            item: Json = {"type": "reasoning"}
            if part.id:
                item["id"] = part.id
            return {**item, "summary": _summary(part.text), "encrypted_content": data}
        case Thinking():
            dropped.append("thinking")  # unsealed or signed by another provider: this one refuses it
    return None


def _summary(text: str) -> list[Json]:
    return [{"type": "summary_text", "text": text}] if text else []


def _message(role: str, parts: Sequence[Part], dropped: list[str]) -> object:
    if role != "assistant":
        return _content([part for part in parts if isinstance(part, Text | Media)], dropped)
    said: list[Json] = []
    for part in parts:
        if isinstance(part, Text):
            said.append({"type": "output_text", "text": part.text})
        elif isinstance(part, Refusal):
            said.append({"type": "refusal", "refusal": part.text})
        else:
            raise _missing("media in what the model said", "input")
    return said


def _content(parts: Sequence[Text | Media], dropped: list[str]) -> object:
    """A plain string where the parts are one text."""
    if any(part.cache for part in parts):
        dropped.append("cache_control")  # only the newest models take breakpoints, others refuse them
    if len(parts) == 1 and isinstance(parts[0], Text):
        return parts[0].text
    return [{"type": "input_text", "text": part.text} if isinstance(part, Text) else _media(part) for part in parts]


def _media(part: Media) -> Json:
    match part.kind:
        case "image":
            said: Json = {"type": "input_image"}
            if part.file_id:
                said["file_id"] = part.file_id
            else:
                said["image_url"] = part.url or f"data:{part.media_type or 'image/png'};base64,{part.data}"
            return {**said, "detail": part.detail} if part.detail else said
        case "document":
            return _file(part)
        case "audio" if part.data:
            kind = AUDIO_FORMATS.get(part.media_type, part.media_type.removeprefix("audio/"))
            return {"type": "input_audio", "input_audio": {"data": part.data, "format": kind}}
    raise _missing(part.kind, "input")


def _file(part: Media) -> Json:
    said: Json = {"type": "input_file"}
    if part.file_id:
        said["file_id"] = part.file_id
    elif part.url:
        said["file_url"] = part.url
    elif part.text:
        data = base64.b64encode(part.text.encode()).decode()
        return {**said, "filename": part.name or "document.txt", "file_data": f"data:text/plain;base64,{data}"}
    else:
        kind = part.media_type or "application/pdf"
        said["filename"] = part.name or "document.pdf"
        said["file_data"] = f"data:{kind};base64,{part.data}"
    if part.name:
        said["filename"] = part.name
    return {**said, "detail": part.detail} if part.detail else said


def _missing(what: str, param: str) -> GatewayError:
    message = f"This model's provider cannot be sent {what}."
    return GatewayError("CAPABILITY_MISSING", message, param=param, details={"missing": [what]})
