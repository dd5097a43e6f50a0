"""What things cost: Prices, the kinds that may be priced apart, and by how many of a kind a price is written.

It computes no cost (``line/worth.py`` does) and knows no provider. Made by ``wiring``, part of the Snapshot.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

PER_MILLION = 1_000_000
PER_THOUSAND = 1_000
PER_HOUR = 3_600_000
"""Durations are counted in milliseconds and priced by the hour, as catalogues do."""


class Kind(NamedTuple):
    """A kind of thing that is counted."""

    per: int
    """How many of it a price is for."""
    part_of: str = ""
    """The plain kind of Usage that its count is contained in; empty: it is counted on its own."""


KINDS: dict[str, Kind] = {
    "cache_write_1h": Kind(PER_MILLION, "cache_write"),
    "input_audio": Kind(PER_MILLION, "uncached"),
    "input_image": Kind(PER_MILLION, "uncached"),
    "input_video": Kind(PER_MILLION, "uncached"),
    "cache_read_audio": Kind(PER_MILLION, "cache_read"),
    "cache_read_image": Kind(PER_MILLION, "cache_read"),
    "cache_read_video": Kind(PER_MILLION, "cache_read"),
    "reasoning": Kind(PER_MILLION, "output"),
    "output_audio": Kind(PER_MILLION, "output"),
    "output_image": Kind(PER_MILLION, "output"),
    "output_video": Kind(PER_MILLION, "output"),
    "characters": Kind(PER_MILLION),
    "audio_ms": Kind(PER_HOUR),
    "searches": Kind(PER_THOUSAND),
    "web_searches": Kind(PER_THOUSAND),
    "file_searches": Kind(PER_THOUSAND),
    "pages": Kind(PER_THOUSAND),
    "image": Kind(1),
}
"""Kind → how it is counted. Tokens, unless the name says otherwise; ``image`` may be narrowed: ``image/1024x1024/hd``."""


def kind_of(name: str) -> Kind:
    """The kind of a name such as ``image/1024x1024``. Raises KeyError for none."""
    return KINDS[name.partition("/")[0]]


@dataclass(frozen=True, slots=True)
class Prices:
    """Nano-units of ``currency`` per million tokens, by kind; ``request_nano`` per request."""

    currency: str
    input_nano: int = 0
    cache_read_nano: int = 0
    cache_write_nano: int = 0
    output_nano: int = 0
    request_nano: int = 0
    source: str = "config"
    more: Finer | None = None
    """What is priced apart from these; None: nothing."""
    dearest_input_nano: int = field(init=False, repr=False, compare=False)
    """The dearest a token of input can be, of these kinds."""

    def __post_init__(self) -> None:
        dearest = max(self.input_nano, self.cache_read_nano, self.cache_write_nano)
        object.__setattr__(self, "dearest_input_nano", dearest)


@dataclass(frozen=True, slots=True)
class Finer:
    """Prices of finer kinds, and other prices that hold instead under a condition."""

    kinds: tuple[tuple[str, int], ...] = ()
    """Kind → nano-units per as many as ``KINDS`` says. What is not here costs what it is part of, or nothing."""
    tiers: tuple[tuple[int, Prices], ...] = ()
    """More input tokens than the number → the prices of the whole request then. The highest number first."""
    variants: tuple[tuple[str, Prices], ...] = ()
    """What an exchange may say of itself (``service_tier=priority``) → the prices that hold then."""
    plain_up_to: int = 0
    """Input tokens up to which a usage without finer kinds costs the plain prices; -1: never."""
    most_input_nano: int = 0
    """The dearest a token of input can be, of any kind, tier and variant."""
    most_output_nano: int = 0
    most_request_nano: int = 0


def with_finer(
    plain: Prices,
    kinds: tuple[tuple[str, int], ...] = (),
    tiers: tuple[tuple[int, Prices], ...] = (),
    variants: tuple[tuple[str, Prices], ...] = (),
) -> Prices:
    """The prices with what is priced apart, and the dearest of all worked out; ``plain`` itself when nothing is."""
    if not (kinds or tiers or variants):
        return plain
    tiers = tuple(sorted(tiers, key=lambda tier: -tier[0]))
    others = [prices for _, prices in (*tiers, *variants)]
    never = any(name == "reasoning" for name, _ in kinds)
    lowest = tiers[-1][0] if tiers else 1 << 62
    most = [_dearest_tokens(one, one.more.kinds if one.more else ()) for one in others]
    most += [(one.more.most_input_nano, one.more.most_output_nano) for one in others if one.more]
    most.append(_dearest_tokens(plain, kinds))
    requests = [plain.request_nano, *(one.request_nano for one in others)]
    requests += [one.more.most_request_nano for one in others if one.more]
    more = Finer(
        kinds=kinds,
        tiers=tiers,
        variants=variants,
        plain_up_to=-1 if never else lowest,
        most_input_nano=max(into for into, _ in most),
        most_output_nano=max(out for _, out in most),
        most_request_nano=max(requests),
    )
    return Prices(
        plain.currency,
        plain.input_nano,
        plain.cache_read_nano,
        plain.cache_write_nano,
        plain.output_nano,
        plain.request_nano,
        plain.source,
        more,
    )


def _dearest_tokens(prices: Prices, kinds: tuple[tuple[str, int], ...]) -> tuple[int, int]:
    """The dearest token of input and of output."""
    into = [prices.input_nano, prices.cache_read_nano, prices.cache_write_nano]
    out = [prices.output_nano]
    for name, nano in kinds:
        part_of = kind_of(name).part_of
        if part_of:
            (out if part_of == "output" else into).append(nano)
    return max(into), max(out)
