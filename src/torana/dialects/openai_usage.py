"""Decides what OpenAI's ``usage`` object says in our words; distrusts every number in it.

It prices nothing. Called by the OpenAI dialects.
"""

from __future__ import annotations

from dataclasses import replace
from math import ceil

from torana.core.call import Usage
from torana.dialects.usage_parts import variant, within

MOST_TOKENS = 1 << 40
"""No exchange has more; a greater number is nonsense and read as absent."""

MOST_SECONDS = 1_000_000
PLAIN = frozenset({"prompt_tokens", "completion_tokens", "total_tokens"})


def usage_of(value: object, service_tier: object = None) -> Usage | None:
    """The Usage of a decoded ``usage`` value; None when it is no object with a count in it.

    ``prompt_tokens`` includes cached ones, ``completion_tokens`` includes reasoning:
    https://platform.openai.com/docs/api-reference/chat/object. Some hosts leave reasoning out of
    ``completion_tokens``, which shows in ``total_tokens``; it is then added, for it is billed. ``service_tier``: the
    answer's member beside it, upon which prices depend.
    """
    if not isinstance(value, dict):
        return None
    prompt = count_of(value.get("prompt_tokens"))
    completion = count_of(value.get("completion_tokens"))
    if prompt is None and completion is None:
        return None
    into = prompt or 0
    output = completion or 0
    if service_tier is None and value.keys() <= PLAIN:
        return Usage(into, 0, 0, output)
    cached = _detail(value, "prompt_tokens_details", "cached_tokens")
    if cached is None:
        cached = count_of(value.get("prompt_cache_hit_tokens"))
    cache_read = min(cached or 0, into)
    reasoning = _detail(value, "completion_tokens_details", "reasoning_tokens") or 0
    if reasoning and count_of(value.get("total_tokens")) == into + output + reasoning:
        output += reasoning
    cache_write = min(_detail(value, "prompt_tokens_details", "cache_write_tokens") or 0, into - cache_read)
    reasoning = min(reasoning, output)
    plain = Usage(into - cache_read - cache_write, cache_read, cache_write, output, reasoning)
    media = _with_media(plain, value.get("prompt_tokens_details"), value.get("completion_tokens_details"))
    return media if service_tier is None else _tiered(media, service_tier)


MEDIA = ("audio", "image", "video")


def _with_media(usage: Usage, into: object, out: object) -> Usage:
    """The Usage with what the details tell of sound and pictures; the same object when they tell of none.

    Tokens of a medium include cached ones; where it is not said how many of these are of it, they count as text.
    """
    extra: tuple[tuple[str, int], ...] = ()
    if isinstance(into, dict):
        found = {medium: count for medium in MEDIA if (count := count_of(into.get(f"{medium}_tokens")))}
        if found:
            details = into.get("cached_tokens_details")
            cached = details if isinstance(details, dict) else {}
            parts = [
                (medium, min(count_of(cached.get(f"{medium}_tokens")) or 0, count)) for medium, count in found.items()
            ]
            of_cached = within(usage.cache_read, [(f"cache_read_{medium}", count) for medium, count in parts])
            rest = [(f"input_{medium}", found[medium] - count) for medium, count in parts]
            extra = (*within(usage.uncached, rest), *of_cached)
    if isinstance(out, dict):
        made = [(f"output_{medium}", count_of(out.get(f"{medium}_tokens"))) for medium in MEDIA]
        extra = (*extra, *within(usage.output - usage.reasoning, made))
    return replace(usage, extra=extra) if extra else usage


def _tiered(usage: Usage, service_tier: object) -> Usage:
    """The Usage with the service tier that the answer names; the same object for the standard one."""
    told = variant("service_tier", service_tier)
    return replace(usage, extra=(*usage.extra, *told)) if told else usage


def _detail(usage: dict[str, object], group: str, name: str) -> int | None:
    details = usage.get(group)
    return count_of(details.get(name)) if isinstance(details, dict) else None


def count_of(value: object) -> int | None:
    """The value when it is a believable number of tokens. Whole floats count: some hosts' JSON writers make them."""
    if type(value) is int:
        return value if 0 <= value <= MOST_TOKENS else None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if 0 <= value <= MOST_TOKENS else None


def usage_of_response(value: object, service_tier: object = None) -> Usage | None:
    """The Usage of a decoded ``usage`` value of the Responses API; None when it is no object with a count in it.

    ``input_tokens`` includes what was read from and written to a cache, ``output_tokens`` includes reasoning:
    https://platform.openai.com/docs/api-reference/responses/object. Pictures, speech and transcripts say it so too; a
    ``usage`` that counts seconds has these and no tokens.
    """
    if not isinstance(value, dict):
        return None
    if (seconds := value.get("seconds")) is not None and value.get("type") == "duration":
        return of_seconds(seconds)
    into = count_of(value.get("input_tokens"))
    output = count_of(value.get("output_tokens"))
    if into is None and output is None:
        return None
    whole = into or 0
    cache_read = min(_detail(value, "input_tokens_details", "cached_tokens") or 0, whole)
    cache_write = min(_detail(value, "input_tokens_details", "cache_write_tokens") or 0, whole - cache_read)
    reasoning = min(_detail(value, "output_tokens_details", "reasoning_tokens") or 0, output or 0)
    plain = Usage(whole - cache_read - cache_write, cache_read, cache_write, output or 0, reasoning)
    # Transcripts and realtime sessions write the names without the s.
    details_in = value.get("input_tokens_details") or value.get("input_token_details")
    details_out = value.get("output_tokens_details") or value.get("output_token_details")
    media = _with_media(plain, details_in, details_out)
    return media if service_tier is None else _tiered(media, service_tier)


def of_seconds(value: object) -> Usage | None:
    """The Usage of so many seconds of sound; None for what is no believable number. Parts of a millisecond count whole."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_SECONDS:
        return None
    return Usage(extra=(("audio_ms", ceil(value * 1000)),))
