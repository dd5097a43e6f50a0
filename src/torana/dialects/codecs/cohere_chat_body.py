"""Writes a Request as a body of Cohere's v2 chat: https://docs.cohere.com/reference/chat.

It decides what this API cannot be told and names it. Called by ``cohere_chat``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import (
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
from torana.ports.codec import Written

Json = dict[str, object]

BUDGETS = {"minimal": 1024, "low": 2048, "medium": 8192, "high": 16384}
"""An effort as a budget of tokens."""
MOST_STOPS = 5
MOST_K = 500
LEAST_P, MOST_P = 0.01, 0.99
_NO_PARAMETERS = b'{"type":"object","properties":{}}'
_encode = msgspec.json.encode


def write_request(request: Request, model: str) -> Written:
    """The body. Raises GatewayError CAPABILITY_MISSING for media that the API does not take."""
    dropped = _unsayable(request)
    messages: list[Json] = []
    if request.system:
        messages.append({"role": "system", "content": _joined(request.system, dropped)})
    for turn in request.turns:
        messages += _messages(turn, model, dropped)
    body: Json = {"model": model, "messages": messages, "stream": request.stream}
    if request.tools:
        _tools(body, request, dropped)
    body.update(_sampling(request.sampling, dropped))
    if request.format is not None:
        body["response_format"] = _format(request.format)
    if request.reasoning is not None:
        _reason(body, request.reasoning, model, dropped)
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def reasons(model: str) -> bool:
    """Whether the model takes ``thinking``: https://docs.cohere.com/docs/reasoning. Others refuse it."""
    return "reasoning" in model


def _unsayable(request: Request) -> list[str]:
    sampling = request.sampling
    said = {
        "user": request.user,
        "service_tier": request.tier not in ("", "auto", "default"),
        "metadata": request.metadata,
        "parallel_tool_calls": request.parallel_tools is False and request.tools,
        "n": sampling.candidates > 1,
        "logprobs": sampling.logprobs is not None,
        "name": any(turn.name for turn in request.turns),
    }
    return [name for name, is_so in said.items() if is_so]


# --- messages


def _messages(turn: Turn, model: str, dropped: list[str]) -> Iterable[Json]:
    """The messages of a turn: each tool result is one of its own, before what else the turn says."""
    results = [part for part in turn.parts if isinstance(part, ToolResult)]
    for result in results:
        content = _content(result.parts, dropped, pictures=False)
        if result.failed and not content:
            content = "The tool failed."
        yield {"role": "tool", "tool_call_id": result.id, "content": content}
    rest = [part for part in turn.parts if not isinstance(part, ToolResult)]
    if turn.role == "assistant":
        message = _assistant(rest, model, dropped)
        if len(message) > 1:
            yield message
    elif rest or not results:
        yield {"role": "user", "content": _content(rest, dropped, pictures=True)}


def _assistant(parts: Sequence[Part], model: str, dropped: list[str]) -> Json:
    message: Json = {"role": "assistant"}
    said = [Text(part.text) if isinstance(part, Refusal) else part for part in parts]
    content = _content([part for part in said if isinstance(part, Text | Media)], dropped, pictures=False)
    calls = [part for part in parts if isinstance(part, ToolCall)]
    thoughts = [part for part in parts if isinstance(part, Thinking)]
    plain = "".join(part.text for part in thoughts if not part.signature)
    if any(part.signature or part.data for part in thoughts):
        dropped.append("thinking")  # signed by another provider: this one could not read it
    if plain and calls:
        message["tool_plan"] = plain  # what every model with tools takes back, thinking or not
    elif plain and reasons(model):
        texts = [{"type": "text", "text": content}] if isinstance(content, str) and content else content or []
        content = [{"type": "thinking", "thinking": plain}, *texts]
    elif plain:
        dropped.append("thinking")
    if content:
        message["content"] = content
    if calls:
        message["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}
            for call in calls
        ]
    return message


def _content(parts: Iterable[Part], dropped: list[str], *, pictures: bool) -> str | list[Json]:
    """A plain string where there is nothing but text; blocks where there is a picture."""
    listed: list[Json] = []
    for part in parts:
        if getattr(part, "cache", ""):
            dropped.append("cache_control")
        if isinstance(part, Text):
            listed.append({"type": "text", "text": part.text})
        elif isinstance(part, Media):
            listed.append(_media(part, pictures=pictures))
    if len(listed) == 1 and listed[0]["type"] == "text":
        return str(listed[0]["text"])
    return [one for one in listed if one.get("text") != ""] or ""


def _media(part: Media, *, pictures: bool) -> Json:
    if part.text:
        return {"type": "text", "text": part.text}
    if part.kind != "image" or part.file_id or not pictures:
        _cannot(part.kind)
    image: Json = {"url": part.url or f"data:{part.media_type or 'image/png'};base64,{part.data}"}
    if part.detail in ("auto", "low", "high"):
        image["detail"] = part.detail
    return {"type": "image_url", "image_url": image}


def _cannot(kind: str) -> NoReturn:
    message = f"This model's provider cannot be sent a part of the kind {kind} in that place or form."
    raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [kind]})


def _joined(texts: Sequence[Text], dropped: list[str]) -> str | list[Json]:
    return _content(texts, dropped, pictures=False)


# --- tools and the rest


def _tools(body: Json, request: Request, dropped: list[str]) -> None:
    """``tools`` and ``tool_choice``. One tool that must be called is the only one told of, for the API can name none."""
    tools = request.tools
    choice = request.choice
    if choice is not None and choice.kind == "tool":
        named = tuple(tool for tool in tools if tool.name == choice.name)
        if named:
            tools = named
        else:
            dropped.append("tool_choice")
    body["tools"] = [_tool(tool) for tool in tools]
    if any(tool.strict for tool in tools):
        if all(tool.strict for tool in tools):
            body["strict_tools"] = True
        else:
            dropped.append("strict")  # the API holds all tools to their schemas, or none
    if any(tool.cache for tool in tools):
        dropped.append("cache_control")
    if choice is not None and choice.kind != "auto":
        body["tool_choice"] = "NONE" if choice.kind == "none" else "REQUIRED"


def _tool(tool: Tool) -> Json:
    function: Json = {"name": tool.name, "parameters": msgspec.Raw(tool.schema or _NO_PARAMETERS)}
    if tool.description:
        function["description"] = tool.description
    return {"type": "function", "function": function}


def _sampling(sampling: Sampling, dropped: list[str]) -> Json:
    """What the API's own bounds leave of it; what is outside them is named, but for a ``top_p`` at its very ends."""
    temperature = sampling.temperature
    if temperature is not None and temperature > 1:
        dropped.append("temperature above 1")
        temperature = 1.0
    said: Json = {
        "max_tokens": sampling.max_output,
        "temperature": temperature,
        "p": None if sampling.top_p is None else min(max(sampling.top_p, LEAST_P), MOST_P),
        "k": sampling.top_k,
        "seed": sampling.seed,
        "stop_sequences": list(sampling.stop[:MOST_STOPS]) or None,
        "frequency_penalty": sampling.frequency_penalty,
        "presence_penalty": sampling.presence_penalty,
    }
    outside = {
        "k": ("top_k", sampling.top_k is not None and not 0 <= sampling.top_k <= MOST_K),
        "seed": ("seed", sampling.seed is not None and sampling.seed < 0),
        "frequency_penalty": ("frequency_penalty", not 0 <= (sampling.frequency_penalty or 0) <= 1),
        "presence_penalty": ("presence_penalty", not 0 <= (sampling.presence_penalty or 0) <= 1),
    }
    for name, (told, is_so) in outside.items():
        if is_so:
            said[name] = None
            dropped.append(told)
    if len(sampling.stop) > MOST_STOPS:
        dropped.append("stop")
    return {name: value for name, value in said.items() if value is not None}


def _format(wanted: Format) -> Json:
    if wanted.kind == "json":
        return {"type": "json_object"}
    return {"type": "json_object", "json_schema": msgspec.Raw(wanted.schema or b"{}")}


def _reason(body: Json, wanted: Reasoning, model: str, dropped: list[str]) -> None:
    """``thinking``, which is on by default where the model has it."""
    if not reasons(model):
        if wanted.effort != "off":
            dropped.append("reasoning")
    elif wanted.effort == "off":
        body["thinking"] = {"type": "disabled"}
    else:
        budget = wanted.budget or BUDGETS.get(wanted.effort)
        body["thinking"] = {"type": "enabled", **({"token_budget": budget} if budget else {})}
