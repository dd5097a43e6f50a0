"""Compares what a provider's export says with what was recorded: by provider and model, tokens and cost.

It reads no export (``exports`` does) and no row. Pure; called by the route of reconciliation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from torana.control.billing.claims import Claimed
from torana.ports.usage import Upstream

BASIS_POINTS = 10_000
DATED = re.compile(r"[-@](20\d{2}-?\d{2}-?\d{2}|20\d{6}|latest)$")
"""What exports and requests add to a model's name: its date."""
VERSIONED = re.compile(r"(-v\d+)?(:\d+)?$")


@dataclass(slots=True)
class Figures:
    """What one side says of a model."""

    requests: int = 0
    input_tokens: int = 0
    """All of them, cached or not."""
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    output_tokens: int = 0
    cost_nano: dict[str, int] = field(default_factory=dict)
    """By currency."""
    counts: bool = False
    """Whether it says tokens."""
    costs: bool = False
    """Whether it says costs."""
    alike_nano: dict[str, int] = field(default_factory=dict)
    """The cost again, in the currency of the record where a rate is known."""

    def pay(self, currency: str, nano: int, alike: tuple[str, int] | None = None) -> None:
        """Add to the cost; ``alike``: the same in the record's currency."""
        self.costs = self.costs or bool(currency)
        for sums, (name, amount) in ((self.cost_nano, (currency, nano)), (self.alike_nano, alike or (currency, nano))):
            if amount:
                sums[name] = sums.get(name, 0) + amount


class Compared(NamedTuple):
    """One provider's key and model on both sides."""

    key: str
    """The provider's name of the key; empty where its export does not tell."""
    provider: str
    model: str
    theirs: Figures | None
    ours: Figures | None

    @property
    def verdict(self) -> str:
        """``only_theirs``, ``only_ours`` or ``both``."""
        if self.ours is None:
            return "only_theirs"
        return "only_ours" if self.theirs is None else "both"


class Names(NamedTuple):
    """How the export's names are ours."""

    provider: str
    """Whose export it is: id of a provider here."""
    keys: Mapping[str, str] = {}
    """The provider's key id → id of a provider here, where several have keys of their own."""
    models: Mapping[str, str] = {}
    """The provider's name of a model → the one that requests here have."""

    def model(self, name: str) -> str:
        """A model's name without its date and version."""
        return plain_model(self.models.get(name, name))


def plain_model(name: str) -> str:
    """A model's name without vendor's prefix, date and version: as alike as both sides can be made."""
    bare = name.strip().lower().rpartition("/")[2]
    bare = bare.rpartition(".")[2] if bare.count(".") and not bare.rpartition(".")[2][:1].isdigit() else bare
    bare = VERSIONED.sub("", bare)
    return DATED.sub("", bare)


def as_told(claim: Claimed) -> tuple[str, int]:
    """Its cost as it stands there."""
    return claim.currency, claim.cost_nano


def compared(
    claims: Iterable[Claimed],
    used: Iterable[Upstream],
    names: Names,
    alike: Callable[[Claimed], tuple[str, int]] = as_told,
) -> list[Compared]:
    """Both sides by provider and model. A model that several keys of one provider used is compared for them together.

    ``alike``: what a claim costs in the record's currency.
    """
    theirs: dict[tuple[str, str], Figures] = {}
    keys: dict[tuple[str, str], set[str]] = {}
    for one in claims:
        place = (names.keys.get(one.key, names.provider), names.model(one.model))
        found = theirs.setdefault(place, Figures())
        keys.setdefault(place, set()).add(one.key)
        found.requests += one.requests
        found.input_tokens += one.input_tokens
        found.cache_read_tokens += one.cache_read_tokens
        found.cache_write_tokens += one.cache_write_tokens
        found.output_tokens += one.output_tokens
        found.counts = found.counts or one.counts
        found.pay(one.currency, one.cost_nano, alike(one))
    ours: dict[tuple[str, str], Figures] = {}
    wanted = {names.provider, *names.keys.values()}
    # An export that was not asked for by model is compared as a whole.
    by_model = any(model for _, model in theirs)
    for row in used:
        if row.provider not in wanted:
            continue
        found = ours.setdefault((row.provider, plain_model(row.model) if by_model else ""), Figures(counts=True))
        found.requests += row.requests
        found.input_tokens += row.input_tokens
        found.cache_read_tokens += row.cache_read_tokens
        found.cache_write_tokens += row.cache_write_tokens
        found.output_tokens += row.output_tokens
        found.pay(row.currency, row.cost_nano)
    places = sorted({*theirs, *ours})
    return [
        Compared(", ".join(sorted(keys.get(place, set()) - {""})), *place, theirs.get(place), ours.get(place))
        for place in places
    ]


def variance_bp(theirs: int, ours: int) -> int | None:
    """How much more they say, in basis points of ours, towards nothing; None where we have nothing and they something."""
    if ours == 0:
        return None if theirs else 0
    more = (theirs - ours) * BASIS_POINTS
    return abs(more) // abs(ours) * (1 if more * ours >= 0 else -1)


def costs_of(one: Compared) -> tuple[int, int] | None:
    """What both sides cost, nano-units of one currency; None where one of them tells no costs, or of several currencies."""
    if one.theirs is None or one.ours is None or not one.theirs.costs:
        return None
    currencies = [*dict.fromkeys((*one.theirs.alike_nano, *one.ours.alike_nano))]
    if len(currencies) > 1:
        return None
    (currency,) = currencies or [""]
    return one.theirs.alike_nano.get(currency, 0), one.ours.alike_nano.get(currency, 0)


def differs(one: Compared, tolerance_bp: int) -> bool:
    """Whether anything that both sides tell differs by more than that, or nothing of it can be compared."""
    if one.theirs is None or one.ours is None:
        return True
    costs = costs_of(one)
    if one.theirs.costs and costs is None:
        return True
    pairs = [costs] if costs is not None else []
    if one.theirs.counts:
        pairs.append((one.theirs.input_tokens, one.ours.input_tokens))
        pairs.append((one.theirs.output_tokens, one.ours.output_tokens))
    return not pairs or any(abs(theirs - ours) * BASIS_POINTS > tolerance_bp * abs(ours) for theirs, ours in pairs)
