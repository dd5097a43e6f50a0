"""What a request can cost at most, what a usage costs, and what is estimated when nobody tells.

Pure arithmetic over prices and counts; it holds and settles nothing. Called by the limits room and the ledger.
"""

from __future__ import annotations

from collections.abc import Iterable

from torana.core.call import Ask, Usage
from torana.core.money import rounded_nano
from torana.core.snapshot import Prices
from torana.core.trail import Trail

BYTES_PER_TOKEN = 3
"""For an estimate upward: ordinary text has about four bytes to a token."""
SAMPLE = Usage(uncached=1000, output=1000)


def most_output_tokens(ask: Ask, assumed_max_tokens: int) -> int:
    """The most tokens that the answer can have, all candidates together."""
    return (ask.max_tokens if ask.max_tokens is not None else assumed_max_tokens) * max(ask.candidates, 1)


def dearest_nano(prices: Prices, body_bytes: int, most_output: int) -> int:
    """The most that one try can cost: every byte a token, every answer as long as it may be.

    A byte-pair vocabulary never makes more tokens of a text than it has bytes.
    """
    dearest_input = max(prices.input_nano, prices.cache_read_nano, prices.cache_write_nano)
    return rounded_nano(body_bytes * dearest_input + most_output * prices.output_nano) + prices.request_nano


def held_nano(candidates: Iterable[Prices], tries: int, body_bytes: int, most_output: int, answers: int = 1) -> int:
    """The most that a request can cost: its dearest candidate, and every other try that may fail and be billed.

    ``answers``: how many whole answers it may come to, when more than one is asked at the same time.
    """
    dearest = lost = 0
    for prices in candidates:
        dearest = max(dearest, dearest_nano(prices, body_bytes, most_output))
        lost = max(lost, cost_of(prices, lost_usage(body_bytes)))
    return dearest * answers + lost * max(0, tries - answers)


def cost_of(prices: Prices | None, usage: Usage | None) -> int:
    """The exact cost of the usage in nano-units; 0 when nothing is known of one of them."""
    if prices is None or usage is None:
        return 0
    uncached, cache_read, cache_write, output, _, _ = usage
    return prices.request_nano + rounded_nano(
        uncached * prices.input_nano
        + cache_read * prices.cache_read_nano
        + cache_write * prices.cache_write_nano
        + output * prices.output_nano
    )


def sample_nano(prices: Prices | None) -> int | None:
    """What a request of a thousand tokens in and a thousand out costs: the measure for comparing deployments."""
    return None if prices is None else cost_of(prices, SAMPLE)


def total_cost(trail: Trail) -> int:
    """The answer's cost, and what other tries cost or may have cost."""
    cost = cost_of(trail.prices, trail.usage)
    for prices, usage in trail.lost:
        cost += cost_of(prices, usage or lost_usage(counted_bytes(trail)))
    return cost


def estimate(trail: Trail) -> Usage:
    """Usage of an exchange whose provider never told it: upward, never above what was held for, and marked so.

    A stream has one token an event; a plain answer has its bytes; one that never came may have been as long as
    it was allowed to be.
    """
    if trail.stream:
        output = trail.content_events
    elif trail.output_bytes:
        output = -(-trail.output_bytes // BYTES_PER_TOKEN)
    else:
        output = trail.most_output
    return lost_usage(counted_bytes(trail))._replace(output=min(output, trail.most_output))


def of_a_part(told: Usage, trail: Trail) -> Usage:
    """Usage of a stream that broke off after its provider told one: what it told may be of the beginning alone.

    Anthropic tells the input and one token of output with its first event, and the rest with its last.
    """
    output = min(trail.content_events, trail.most_output)
    return told._replace(output=output, estimated=True) if output > told.output else told


def counted_bytes(trail: Trail) -> int:
    """How many bytes of text the request's body counts as."""
    return trail.request_bytes if trail.counted_bytes is None else trail.counted_bytes


def lost_usage(request_bytes: int) -> Usage:
    """Usage of a try that failed after it was sent: its input, by bytes."""
    return Usage(uncached=-(-request_bytes // BYTES_PER_TOKEN), estimated=True)
