"""What a request can cost at most, what a usage costs, and what is estimated when nobody tells.

Pure arithmetic over prices and counts; it holds and settles nothing. Called by the limits room and the ledger.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from torana.core.call import Ask, Usage
from torana.core.money import rounded_nano
from torana.core.prices import KINDS, PER_HOUR, PER_MILLION, Finer, Prices, kind_of
from torana.core.trail import Trail

Units = tuple[tuple[str, int], ...]
"""Kind → count."""
PARTS = math.lcm(PER_MILLION, PER_HOUR)
"""Into how many parts a nano-unit is cut to add up what is priced by the million, the thousand and the hour exactly."""
TOKEN_PARTS = PARTS // PER_MILLION

BYTES_PER_TOKEN = 3
"""For an estimate upward: ordinary text has about four bytes to a token."""
LETTERS_PER_TOKEN = 4
"""Of text that came in a stream."""
KINDS_ALONE = frozenset(name for name, kind in KINDS.items() if not kind.part_of)
BOUNDED = frozenset({"audio_ms", "searches"})
"""Units of which a request shows the most and not how many."""
NOTHING = Usage()
SAMPLE = Usage(uncached=1000, output=1000)


def most_output_tokens(ask: Ask, assumed_max_tokens: int) -> int:
    """The most tokens that the answer can have, all candidates together."""
    tokens = ask.max_tokens if ask.max_tokens is not None else assumed_max_tokens
    return tokens * ask.candidates if ask.candidates > 1 else tokens


def dearest_nano(prices: Prices, body_bytes: int, most_output: int, units: Units = ()) -> int:
    """The most that one try can cost: every byte a token, every answer as long as it may be, all at the dearest kind.

    A byte-pair vocabulary never makes more tokens of a text than it has bytes. ``units``: the most of other kinds.
    """
    more = prices.more
    if more is None:
        tokens = body_bytes * prices.dearest_input_nano + most_output * prices.output_nano
        return rounded_nano(tokens) + prices.request_nano
    tokens = body_bytes * more.most_input_nano + most_output * more.most_output_nano
    if not units:
        return rounded_nano(tokens) + more.most_request_nano
    dearest_units = max(units_total(one, units) for one in every_price(prices))
    return rounded_nano(tokens * TOKEN_PARTS + dearest_units, PARTS) + more.most_request_nano


def held_nano(
    candidates: Iterable[Prices], tries: int, body_bytes: int, most_output: int, answers: int = 1, units: Units = ()
) -> int:
    """The most that a request can cost: its dearest candidate, and every other try that may fail and be billed.

    ``answers``: how many whole answers it may come to, when more than one is asked at the same time.
    """
    dearest = lost = 0
    for prices in candidates:
        dearest = max(dearest, dearest_nano(prices, body_bytes, most_output, units))
        if tries <= answers:
            continue  # no other try can be lost
        if prices.more is None:
            one = prices.request_nano + rounded_nano(-(-body_bytes // BYTES_PER_TOKEN) * prices.input_nano)
        else:
            one = cost_of(prices, lost_usage(body_bytes, units))
        lost = max(lost, one)
    return dearest * answers + (lost * (tries - answers) if tries > answers else 0)


def cost_of(prices: Prices | None, usage: Usage | None) -> int:
    """The exact cost of the usage in nano-units; 0 when nothing is known of one of them."""
    if prices is None or usage is None:
        return 0
    more = prices.more
    if more is not None and (usage.extra or usage.input > more.plain_up_to):
        return cost_in_full(prices, more, usage)
    return prices.request_nano + rounded_nano(
        usage.uncached * prices.input_nano
        + usage.cache_read * prices.cache_read_nano
        + usage.cache_write * prices.cache_write_nano
        + usage.output * prices.output_nano
    )


def cost_in_full(prices: Prices, more: Finer, usage: Usage) -> int:
    """The same where finer kinds, tiers or variants are priced apart."""
    for name, other in more.variants:
        if (name, 1) in usage.extra:
            return cost_of(other, usage)
    for above, other in more.tiers:
        if usage.input > above:
            return cost_of(other, usage)
    plain = {
        "uncached": prices.input_nano,
        "cache_read": prices.cache_read_nano,
        "cache_write": prices.cache_write_nano,
        "output": prices.output_nano,
    }
    total = (
        usage.uncached * prices.input_nano
        + usage.cache_read * prices.cache_read_nano
        + usage.cache_write * prices.cache_write_nano
        + usage.output * prices.output_nano
    ) * TOKEN_PARTS
    counted = (*usage.extra, ("reasoning", usage.reasoning)) if usage.reasoning else usage.extra
    known = dict(more.kinds)
    for name, count in counted:
        nano = priced_at(known, name)
        if nano is not None:
            kind = kind_of(name)
            total += count * (nano - plain.get(kind.part_of, 0)) * (PARTS // kind.per)
    return prices.request_nano + rounded_nano(total, PARTS)


def priced_at(known: Mapping[str, int], name: str) -> int | None:
    """The price of a kind, or of the wider one that it narrows: ``image/1024x1024/hd``, then ``image/1024x1024``, ``image``."""
    while name not in known and "/" in name:
        name = name.rpartition("/")[0]
    return known.get(name)


def every_price(prices: Prices) -> Iterator[Prices]:
    """These prices and all that may hold instead of them."""
    yield prices
    if prices.more is not None:
        for _, other in (*prices.more.tiers, *prices.more.variants):
            yield from every_price(other)


def units_total(prices: Prices, units: Units) -> int:
    """What the units cost by these prices, in parts of a nano-unit."""
    known = dict(prices.more.kinds) if prices.more is not None else {}
    return sum(count * (priced_at(known, name) or 0) * (PARTS // kind_of(name).per) for name, count in units)


def sample_nano(prices: Prices | None) -> int | None:
    """What a request of a thousand tokens in and a thousand out costs: the measure for comparing deployments."""
    return None if prices is None else cost_of(prices, SAMPLE)


def total_cost(trail: Trail) -> int:
    """The answer's cost, and what other tries cost or may have cost; of one from the cache, the cache's price."""
    if trail.hit is not None:
        return trail.hit.price_nano
    if trail.counted_bytes == 0 and trail.usage == NOTHING and not (trail.most_output or trail.units):
        return 0  # nobody bills it, not even by the request
    cost = cost_of(trail.prices, trail.usage)
    for prices, usage in trail.lost:
        cost += cost_of(prices, usage or lost_usage(counted_bytes(trail), trail.units))
    return cost


def by_units(prices: Prices | None, units: Units) -> bool:
    """Whether the prices are of these units and not of tokens."""
    if prices is None or prices.more is None or not units:
        return False
    known = dict(prices.more.kinds)
    tokens = prices.more.most_input_nano or prices.more.most_output_nano
    return not tokens and any(priced_at(known, name) is not None for name, _ in units)


def told(trail: Trail) -> bool:
    """Whether the provider told a usage that its prices can be put on.

    Seconds say nothing where tokens are priced, nor tokens where pictures are.
    """
    usage, prices = trail.usage, trail.prices
    if usage is None or prices is None or not (usage.extra or trail.units):
        return usage is not None
    if (usage.input or usage.output) and not by_units(prices, trail.units):
        return True
    known = dict(prices.more.kinds) if prices.more is not None else {}
    return any(priced_at(known, name) is not None for name in kinds_in(usage.extra))


def kinds_in(extra: Units) -> Iterator[str]:
    """The kinds that are counted by themselves, without parts of tokens and variants."""
    return (name for name, _ in extra if name.partition("/")[0] in KINDS_ALONE)


def estimate(trail: Trail) -> Usage:
    """Usage of an exchange whose provider never told it: upward, never above what was held for, and marked so.

    A stream has one token an event, or more where they bring more text; a plain answer has its bytes; one that never
    came may have been as long as it was allowed to be. Where units alone are priced, what was asked for is what it costs.
    """
    if by_units(trail.prices, trail.units):
        return Usage(extra=trail.units, estimated=any(name in BOUNDED for name, _ in trail.units))
    if trail.stream:
        output = _streamed(trail)
    elif trail.output_bytes:
        output = -(-trail.output_bytes // BYTES_PER_TOKEN)
    else:
        output = trail.most_output
    return replace(lost_usage(counted_bytes(trail), trail.units), output=min(output, trail.most_output))


def _streamed(trail: Trail) -> int:
    """Tokens of what came of a stream: some providers put a dozen into one event."""
    return max(trail.content_events, -(-trail.letters // LETTERS_PER_TOKEN))


def completed_usage(trail: Trail) -> Usage:
    """Usage where the provider's own, if any, says nothing of what is priced: its tokens stay, the units are added."""
    guessed = estimate(trail)
    if trail.usage is None or not by_units(trail.prices, trail.units):
        return guessed
    return replace(trail.usage, extra=guessed.extra, estimated=guessed.estimated)


def of_a_part(told: Usage, trail: Trail) -> Usage:
    """Usage of a stream that broke off after its provider told one: what it told may be of the beginning alone.

    Anthropic tells the input and one token of output with its first event, and the rest with its last.
    """
    output = min(_streamed(trail), trail.most_output)
    return replace(told, output=output, estimated=True) if output > told.output else told


def counted_bytes(trail: Trail) -> int:
    """How many bytes of text the request's body counts as."""
    return trail.request_bytes if trail.counted_bytes is None else trail.counted_bytes


def lost_usage(request_bytes: int, units: Units = ()) -> Usage:
    """Usage of a try that failed after it was sent: its input, by bytes, and the most of everything else."""
    return Usage(uncached=-(-request_bytes // BYTES_PER_TOKEN), estimated=True, extra=units)
