"""Writes a Request as a Messages body: https://platform.claude.com/docs/en/api/messages/create.

What a model's generation refuses is not its matter (``anthropic_messages_thinking`` knows). Called by
``anthropic_messages``.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Media, Part, Refusal, Request, Sampling, Text, Thinking, Tool, ToolCall, ToolResult, Turn
from torana.dialects import json_text
from torana.dialects.codecs.anthropic_messages_thinking import Rules, Said, most_tokens, rules_of, said_of
from torana.ports.codec import Written

Json = dict[str, object]


CALL_SIGNED = "call-signature:"
"""Begins the ``data`` of a redacted_thinking block that stands before a tool call and holds its signature: the API's
tool calls have no place for one, and clients send such blocks back unread."""
_encode = msgspec.json.encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_NO_ID = re.compile(r"[^A-Za-z0-9_-]")
_TIERS = {"auto": "auto", "default": "standard_only"}
_STARTS = {"/9j/": "image/jpeg", "iVBOR": "image/png", "R0lG": "image/gif", "UklG": "image/webp"}
"""The first letters of pictures in base64, for those that come without a type."""


def write_request(request: Request, model: str) -> Written:
    """The body. Raises GatewayError CAPABILITY_MISSING for sound, moving pictures and documents in other formats."""
    dropped: list[str] = []
    rules = rules_of(model)
    said = said_of(request, rules, dropped)
    messages = _messages(request, dropped)
    if not messages and request.system:  # the API wants a message
        request = request._replace(turns=(Turn("user", request.system),), system=())
        messages = _messages(request, dropped)
    body: Json = {"model": model, "max_tokens": most_tokens(request), "messages": messages}
    if request.system:
        body["system"] = _system(request.system)
    if request.tools:
        body["tools"] = [_tool(tool) for tool in request.tools]
        choice = _choice(request, rules, dropped)
        if choice is not None:
            body["tool_choice"] = choice
    body.update(_sampling(request.sampling, rules, said, dropped))
    if said.thinking is not None:
        body["thinking"] = said.thinking
    output = _output(request, said, dropped)
    if output:
        body["output_config"] = output
    if request.user:
        body["metadata"] = {"user_id": request.user}
    if request.metadata:
        dropped.append("metadata")
    if request.tier:
        tier = _TIERS.get(request.tier)
        if tier is None:
            dropped.append("service_tier")
        else:
            body["service_tier"] = tier
    if request.stream:
        body["stream"] = True
    return Written(_encode(body), tuple(dict.fromkeys(dropped)))


def input_of(arguments: str) -> object:
    """The JSON text of a call's arguments as the ``input`` object, byte for byte.

    What is no JSON object is wrapped as the API advises:
    https://platform.claude.com/docs/en/agents-and-tools/tool-use/fine-grained-tool-streaming
    """
    if not arguments.strip():
        return {}
    try:
        _members(arguments)
    except (msgspec.DecodeError, RecursionError):
        return {"INVALID_JSON": arguments}
    return msgspec.Raw(arguments.encode())


# --- turns


def _messages(request: Request, dropped: list[str]) -> list[Json]:
    """The turns, neighbours of one role as one: the API wants all results of a turn's calls together, and first."""
    joined: list[tuple[str, list[Part]]] = []
    for turn in request.turns:
        if turn.name:
            dropped.append("name")
        if joined and joined[-1][0] == turn.role:
            joined[-1][1].extend(turn.parts)
        else:
            joined.append((turn.role, list(turn.parts)))
    messages: list[Json] = []
    for role, parts in joined:
        parts.sort(key=lambda part: not isinstance(part, ToolResult))
        content = _content(parts, dropped)
        if content:
            messages.append({"role": role, "content": content})
    return messages


def _content(parts: Sequence[Part], dropped: list[str]) -> object:
    """A string where the parts are one plain text, else a list of blocks."""
    if len(parts) == 1 and isinstance(parts[0], Text) and not parts[0].cache:
        return parts[0].text
    return [block for part in parts if (block := _block(part, dropped)) is not None]


def _block(part: Part, dropped: list[str]) -> Json | None:
    match part:
        case Text():
            return _cached({"type": "text", "text": part.text}, part.cache) if part.text else None  # empty: refused
        case Refusal():
            return {"type": "text", "text": part.text} if part.text else None
        case ToolCall():
            if part.signature:
                dropped.append("thought_signature")
            call: Json = {"type": "tool_use", "id": _id(part.id), "name": part.name, "input": input_of(part.arguments)}
            return _cached(call, part.cache)
        case ToolResult():
            return _result(part, dropped)
        case Media():
            return _media(part, dropped)
        case Thinking(data=data) if data:
            return {"type": "redacted_thinking", "data": data}
        case Thinking(signature=signature) if signature:
            return {"type": "thinking", "thinking": part.text, "signature": signature}
    dropped.append("thinking")  # unsigned: the API refuses reasoning that it did not write
    return None


def _id(text: str) -> str:
    """An id as the API takes them; a call and its result come out alike."""
    return _NO_ID.sub("_", text) or "call"


def _result(part: ToolResult, dropped: list[str]) -> Json:
    result: Json = {"type": "tool_result", "tool_use_id": _id(part.id)}
    content = _content(part.parts, dropped)
    if content:
        result["content"] = content
    if part.failed:
        result["is_error"] = True
    return _cached(result, part.cache)


def _media(part: Media, dropped: list[str]) -> Json:
    if part.kind not in ("image", "document"):
        raise _missing(part.kind)
    block: Json = {"type": part.kind, "source": _source(part)}
    if part.kind == "document" and part.name:
        block["title"] = part.name
    if part.detail and part.detail != "auto":
        dropped.append("detail")
    return _cached(block, part.cache)


def _source(part: Media) -> Json:
    if part.file_id:
        return {"type": "file", "file_id": part.file_id}
    if part.url:
        return {"type": "url", "url": part.url}
    if part.kind == "image":
        kind = part.media_type or next((kind for start, kind in _STARTS.items() if part.data.startswith(start)), "")
        return {"type": "base64", "media_type": kind or "image/png", "data": part.data}
    if not part.data:
        return {"type": "text", "media_type": "text/plain", "data": part.text}
    if part.media_type in ("", "application/pdf"):
        return {"type": "base64", "media_type": "application/pdf", "data": part.data}
    if not part.media_type.startswith("text/") and part.media_type != "application/json":
        raise _missing(f"document {part.media_type[:80]}")
    try:
        return {"type": "text", "media_type": "text/plain", "data": base64.b64decode(part.data).decode()}
    except (binascii.Error, UnicodeDecodeError):
        raise GatewayError("REQUEST_INVALID", "A document that should be text is not base64 of UTF-8.") from None


def _missing(what: str) -> GatewayError:
    message = f"This model's provider takes no {what} in a message."
    return GatewayError("CAPABILITY_MISSING", message, details={"missing": [what]})


def _cached(block: Json, cache: str) -> Json:
    if cache:
        block["cache_control"] = {"type": "ephemeral", "ttl": "1h"} if cache == "1h" else {"type": "ephemeral"}
    return block


# --- the rest of the body


def _system(system: Sequence[Text]) -> object:
    if any(text.cache for text in system):
        return [_cached({"type": "text", "text": text.text}, text.cache) for text in system if text.text]
    return "\n\n".join(text.text for text in system)


def _tool(tool: Tool) -> Json:
    written: Json = {"name": tool.name}
    if tool.description:
        written["description"] = tool.description
    written["input_schema"] = msgspec.Raw(_schema(tool.schema))
    if tool.strict is not None:
        written["strict"] = tool.strict
    return _cached(written, tool.cache)


def _schema(schema: bytes) -> bytes:
    """The schema with the ``type`` that the API asks for: parameters without one are an object all the same."""
    if not schema:
        return b'{"type":"object","properties":{}}'
    try:
        return schema if "type" in _members(schema) else json_text.rewritten(schema, {"type": b'"object"'})
    except msgspec.DecodeError:
        raise GatewayError("REQUEST_INVALID", "The parameters of a tool are no JSON object.", param="tools") from None


def _choice(request: Request, rules: Rules, dropped: list[str]) -> Json | None:
    choice, parallel = request.choice, request.parallel_tools
    if choice is None and parallel is None:
        return None
    kind = "auto" if choice is None else choice.kind
    if kind in ("any", "tool") and not rules.forced:
        dropped.append("tool_choice")
        kind = "auto"
    written: Json = {"type": kind}
    if choice is not None and kind == "tool":
        written["name"] = choice.name
    if parallel is not None and kind != "none":
        written["disable_parallel_tool_use"] = not parallel
    return written


def _sampling(sampling: Sampling, rules: Rules, said: Said, dropped: list[str]) -> Json:
    unsaid = {
        "seed": sampling.seed,
        "frequency_penalty": sampling.frequency_penalty or None,
        "presence_penalty": sampling.presence_penalty or None,
        "logprobs": sampling.logprobs,
        "n": sampling.candidates if sampling.candidates > 1 else None,
    }
    dropped += (name for name, value in unsaid.items() if value is not None)
    written = {
        name: value
        for name, value in (("temperature", sampling.temperature), ("top_p", sampling.top_p), ("top_k", sampling.top_k))
        if value is not None
    }
    if said.on or not rules.sampling:  # refused beside thinking, and by models that have no such thing any more
        dropped += _lost(written)
        written = {}
    elif "temperature" in written and "top_p" in written and not rules.both:
        dropped.append("top_p")
        del written["top_p"]
    said_here: Json = dict(written)
    if written.get("temperature", 0) > 1:
        dropped.append("temperature above 1")
        said_here["temperature"] = 1.0
    stop = [text for text in sampling.stop if text.strip()]  # white space alone is refused
    if len(stop) < len(sampling.stop):
        dropped.append("stop")
    if stop:
        said_here["stop_sequences"] = stop
    return said_here


def _lost(written: Mapping[str, float]) -> Iterable[str]:
    """Names of the members that say something else than the API's own default, 1 for the temperature and top_p."""
    return [name for name, value in written.items() if name == "top_k" or value != 1]


def _output(request: Request, said: Said, dropped: list[str]) -> Json:
    output: Json = {}
    if said.effort:
        output["effort"] = said.effort
    if request.format is not None:
        if request.format.kind == "schema" and request.format.schema:
            output["format"] = {"type": "json_schema", "schema": msgspec.Raw(request.format.schema)}
            if request.format.description:
                dropped.append("response_format.description")
        else:
            dropped.append("response_format")  # JSON without a schema cannot be asked for
    return output
