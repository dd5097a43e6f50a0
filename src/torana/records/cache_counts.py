"""What Receipts tell of the answer cache, counted by model, and its families on the metrics page.

It looks nothing up. Part of ``metrics``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torana.ports.receipt import Receipt
from torana.records.gauges import Family

MISS = "miss"


class CacheCounts:
    """The counts of one model."""

    __slots__ = ("said", "saved", "tokens")

    def __init__(self) -> None:
        self.said: dict[str, int] = {}
        """What the cache said → requests, of those that were looked for in it."""
        self.saved: dict[str, int] = {}
        """Currency → nano-units that hits saved."""
        self.tokens = 0

    def add(self, receipt: Receipt) -> None:
        """Count one that did not pass the cache by."""
        self.said[receipt.cache] = self.said.get(receipt.cache, 0) + 1
        if receipt.cache != MISS:
            self.tokens += receipt.input_tokens + receipt.output_tokens
            self.saved[receipt.currency] = self.saved.get(receipt.currency, 0) + receipt.saved_nano


def cache_families(models: Iterable[tuple[str, CacheCounts]]) -> Iterator[Family]:
    """The families. ``models``: label → counts."""
    known = list(models)
    yield Family(
        "ai_gateway_cache_requests_total",
        "counter",
        "Requests that were looked for in the cache, by what it said.",
        tuple(
            ({"model": model, "result": result}, number)
            for model, counts in known
            for result, number in list(counts.said.items())
        ),
    )
    yield Family(
        "ai_gateway_cache_saved_tokens_total",
        "counter",
        "Tokens of answers that came from the cache.",
        tuple(({"model": model}, counts.tokens) for model, counts in known if counts.tokens),
    )
    yield Family(
        "ai_gateway_cache_saved_cost_total",
        "counter",
        "What these answers would have cost, less what they did, in units of the currency.",
        tuple(
            ({"model": model, "currency": currency}, nano / 1e9)
            for model, counts in known
            for currency, nano in list(counts.saved.items())
        ),
    )
