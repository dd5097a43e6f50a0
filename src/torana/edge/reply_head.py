"""The headers of an AI answer, and the last comment of a stream for what is known only at its end."""

from __future__ import annotations

import json
from functools import lru_cache

from torana.core.money import decimal_text
from torana.line.allowance import allowances
from torana.line.settle import Closing

PLAIN = ((b"content-type", b"application/json"),)
STREAM = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)
"""``x-accel-buffering`` asks an nginx in front not to hold events back."""

FAMILY = "anthropic_"
"""How the names of the dialects begin whose SDKs look for the id under ``request-id``."""


def reply_headers(closing: Closing, request_id: str, length: int | None) -> list[tuple[bytes, bytes]]:
    """Headers of an answer; ``length`` None for a stream."""
    trail = closing.trail
    attempt = closing.reply.attempt
    overhead_s = (trail.first_chunk_s or trail.started_s) - trail.started_s - trail.upstream_s - trail.waited_s
    where = attempt.deployment
    headers = [
        *route_headers(where.provider, where.model, closing.hold.grant.policy, trail.cache, length is None),
        (b"x-request-id", request_id.encode("latin-1")),
        (b"x-torana-attempts", b"%d" % len(trail.attempted)),
        (b"x-torana-overhead-ms", b"%.3f" % (overhead_s * 1000 if overhead_s > 0 else 0.0)),
    ]
    if trail.dialect[:10] == FAMILY:
        headers.append((b"request-id", request_id.encode("latin-1")))
    if length is not None:
        headers.append((b"content-length", b"%d" % length))
    if closing.hold.taken is not None:
        for unit, limit, remaining, reset_s in allowances(closing.hold):
            headers += limit_headers(unit, limit, remaining, reset_s)
    if attempt.fallback:
        headers.append((b"x-torana-fallback", b"true"))
    if trail.verdicts:
        headers.append((b"x-torana-guardrails", header_text(",".join(trail.verdicts))))
    if trail.hit is not None:
        headers.append(cost_of_hit(trail.cost_nano, closing.hold.currency))
    elif length is not None and trail.prices is not None and trail.usage is not None:
        headers.append((b"x-torana-cost", header_text(f"{decimal_text(trail.cost_nano)} {trail.prices.currency}")))
    header = known_header if trail.hit is not None else header_of
    for name, value in closing.reply.headers:
        if name == "content-type":  # of an answer that is no JSON
            headers[0] = (b"content-type", header_text(value))
        else:
            headers.append(header(name, value))
    return headers


@lru_cache(maxsize=1024)
def cost_of_hit(nano: int, currency: str) -> tuple[bytes, bytes]:
    """What an answer of the cache costs: mostly nothing."""
    return b"x-torana-cost", header_text(f"{decimal_text(nano)} {currency}")


def limit_headers(unit: str, limit: int, remaining: int, reset_s: float) -> tuple[tuple[bytes, bytes], ...]:
    """``x-ratelimit-*`` of one unit, as OpenAI's API names them."""
    fixed, left, reset = limit_names(unit, limit)
    return fixed, (left, b"%d" % remaining), (reset, b"%.3fs" % reset_s)


@lru_cache(maxsize=2048)
def limit_names(unit: str, limit: int) -> tuple[tuple[bytes, bytes], bytes, bytes]:
    """The header of the limit, and the names of the other two."""
    name = unit.encode()
    return (b"x-ratelimit-limit-" + name, b"%d" % limit), b"x-ratelimit-remaining-" + name, b"x-ratelimit-reset-" + name


def has_events(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether the headers of a stream promise events; else it is bytes as they come, to which nothing may be added."""
    return headers[0] is STREAM[0]


@lru_cache(maxsize=2048)
def route_headers(provider: str, model: str, policy: str, cache: str, stream: bool) -> tuple[tuple[bytes, bytes], ...]:
    """The headers that are the same for every answer on one road."""
    return (
        *(STREAM if stream else PLAIN),
        (b"x-torana-model", header_text(model)),
        (b"x-torana-provider", header_text(provider)),
        (b"x-torana-cache", header_text(cache)),
        (b"x-torana-policy", header_text(policy)),
    )


def header_of(name: str, value: str) -> tuple[bytes, bytes]:
    """A header for the wire."""
    return header_text(name), header_text(value)


known_header = lru_cache(maxsize=1024)(header_of)
"""Of answers that come again: their headers do too."""


def header_text(text: str) -> bytes:
    """Text as a header value: nothing that could end the header (RFC 9110 section 5.5)."""
    if text.isascii() and text.isprintable():
        return text.encode("ascii")
    return "".join(letter if letter.isprintable() else "?" for letter in text).encode("latin-1", "replace")


def trailer(closing: Closing) -> bytes:
    """The final comment of a stream: what headers could not know when it began. SSE clients skip comments."""
    trail = closing.trail
    usage = trail.usage
    facts: dict[str, object] = {"request_id": trail.request_id, "attempts": len(trail.attempted)}
    if usage is not None:
        facts["input_tokens"] = usage.input
        facts["output_tokens"] = usage.output
        facts["usage_estimated"] = usage.estimated
    if trail.prices is not None:
        facts["cost"] = decimal_text(trail.cost_nano)
        facts["currency"] = trail.prices.currency
    return b": torana " + json.dumps(facts).encode() + b"\n\n"
