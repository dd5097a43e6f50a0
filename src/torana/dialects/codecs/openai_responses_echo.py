"""Writes what of a response object is known before the model says anything, and its usage.

Called by ``openai_responses_writer``. Members are those of https://platform.openai.com/docs/api-reference/responses/object
"""

from __future__ import annotations

from torana.core.call import Usage
from torana.core.events import Began, Request
from torana.dialects.codecs.openai_responses_words import choice_of, format_of, reasoning_of, tool_of

Json = dict[str, object]
_NO_ID = "resp_0"
"""The id of a response whose provider gave it none; nothing can be asked for by it."""


def echo(began: Began, request: Request) -> Json:
    """The response object as it begins. Clients read ``error`` and ``incomplete_details`` also when they are null."""
    said: Json = {
        "id": began.id or _NO_ID,
        "object": "response",
        "created_at": began.created,
        "status": "in_progress",
        "error": None,
        "incomplete_details": None,
        "model": began.model or request.model,
        "output": [],
        "parallel_tool_calls": request.parallel_tools is not False,
        "previous_response_id": None,
        "store": False,
        "text": {"format": format_of(request.format)},
        "tool_choice": "auto" if request.choice is None else choice_of(request.choice),
        "tools": [tool_of(tool) for tool in request.tools],
        "truncation": "disabled",
        "metadata": dict(request.metadata),
    }
    if request.system:
        said["instructions"] = "\n\n".join(part.text for part in request.system)
    reasoning = reasoning_of(request.reasoning)
    if reasoning:
        said["reasoning"] = reasoning
    for name, value in (
        ("max_output_tokens", request.sampling.max_output),
        ("temperature", request.sampling.temperature),
        ("top_p", request.sampling.top_p),
        ("user", request.user or None),
        ("service_tier", request.tier or None),
    ):
        if value is not None:
            said[name] = value
    return said


def usage_said(usage: Usage) -> Json:
    """``usage``: the input with what was cached, the output with reasoning."""
    return {
        "input_tokens": usage.input,
        "input_tokens_details": {"cached_tokens": usage.cache_read, "cache_write_tokens": usage.cache_write},
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.input + usage.output,
    }
