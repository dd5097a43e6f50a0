"""Decides what OpenAI's ``usage`` object says in our words; distrusts every number in it.

It prices nothing. Called by the OpenAI dialects.
"""

from __future__ import annotations

from torana.core.call import Usage

MOST_TOKENS = 1 << 40
"""No exchange has more; a greater number is nonsense and read as absent."""


def usage_of(value: object) -> Usage | None:
    """The Usage of a decoded ``usage`` value; None when it is no object with a count in it.

    ``prompt_tokens`` includes cached ones, ``completion_tokens`` includes reasoning:
    https://platform.openai.com/docs/api-reference/chat/object. Some hosts leave reasoning out of
    ``completion_tokens``, which shows in ``total_tokens``; it is then added, for it is billed.
    """
    if not isinstance(value, dict):
        return None
    prompt = count_of(value.get("prompt_tokens"))
    completion = count_of(value.get("completion_tokens"))
    if prompt is None and completion is None:
        return None
    into = prompt or 0
    output = completion or 0
    cached = _detail(value, "prompt_tokens_details", "cached_tokens")
    if cached is None:
        cached = count_of(value.get("prompt_cache_hit_tokens"))
    cache_read = min(cached or 0, into)
    reasoning = _detail(value, "completion_tokens_details", "reasoning_tokens") or 0
    if reasoning and count_of(value.get("total_tokens")) == into + output + reasoning:
        output += reasoning
    return Usage(uncached=into - cache_read, cache_read=cache_read, output=output, reasoning=min(reasoning, output))


def _detail(usage: dict[str, object], group: str, name: str) -> int | None:
    details = usage.get(group)
    return count_of(details.get(name)) if isinstance(details, dict) else None


def count_of(value: object) -> int | None:
    """The value when it is a believable number of tokens. Whole floats count: some hosts' JSON writers make them."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def usage_of_response(value: object) -> Usage | None:
    """The Usage of a decoded ``usage`` value of the Responses API; None when it is no object with a count in it.

    ``input_tokens`` includes what was read from and written to a cache, ``output_tokens`` includes reasoning:
    https://platform.openai.com/docs/api-reference/responses/object. Pictures, speech and transcripts say it so too; a
    ``usage`` that counts seconds has no tokens and is none.
    """
    if not isinstance(value, dict):
        return None
    into = count_of(value.get("input_tokens"))
    output = count_of(value.get("output_tokens"))
    if into is None and output is None:
        return None
    whole = into or 0
    cache_read = min(_detail(value, "input_tokens_details", "cached_tokens") or 0, whole)
    cache_write = min(_detail(value, "input_tokens_details", "cache_write_tokens") or 0, whole - cache_read)
    reasoning = min(_detail(value, "output_tokens_details", "reasoning_tokens") or 0, output or 0)
    return Usage(whole - cache_read - cache_write, cache_read, cache_write, output or 0, reasoning)
