"""Policies as the line knows them, and the one rule by which wide and narrow ones combine.

It does not say to whom a policy is attached (``line/chains.py`` does) and acts on nothing. Documents are made by
``wiring``; Terms are what one caller's documents come to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from torana.core.file_terms import FileTerms, both_files

if TYPE_CHECKING:
    from torana.core.tickets import Rule

SIDES = ("input", "output")
MODES = ("shadow", "flag", "mask", "tokenise", "redact", "block")
"""What is done with a finding, from the mildest to the strictest."""
STRICTNESS = {mode: place for place, mode in enumerate(MODES)}
LEVELS = ("everyone", "tenant", "department", "team", "user", "key")
"""Whom a policy can be attached to, from the widest to the narrowest."""

Patterns = frozenset[str]


class Choice(NamedTuple):
    """What may be chosen: what matches a pattern of every list, and none of the denied."""

    within: frozenset[Patterns] = frozenset()
    """Lists of patterns (a name, ``prefix*``, ``*``); none: everything."""
    denied: Patterns = frozenset()

    def permits(self, name: str) -> bool:
        """Whether the name may be chosen."""
        return all(matches(patterns, name) for patterns in self.within) and not matches(self.denied, name)

    def permits_any(self, names: Iterable[str]) -> bool:
        """The same of a thing with several names: a list must have one of them, and no denial any."""
        told = tuple(names)
        allowed = all(any(matches(patterns, name) for name in told) for patterns in self.within)
        return allowed and not any(matches(self.denied, name) for name in told)


ANYTHING = Choice()


class Wish(NamedTuple):
    """What one guardrail is to do on one side."""

    mode: str
    closed: bool = True
    """Whether what it could not look at is refused."""


Wishes = Mapping[tuple[str, str], Wish]
"""By guardrail id and side."""


def matches(patterns: Iterable[str], name: str) -> bool:
    """Whether one of the patterns has the name: exactly, as ``*``, or as a ``prefix*``."""
    return any(name.startswith(one[:-1]) if one[-1:] == "*" else name == one for one in patterns)


def both_choices(one: Choice, other: Choice) -> Choice:
    """What both let choose."""
    return Choice(one.within | other.within, one.denied | other.denied)


def both_wishes(one: Wishes, other: Wishes) -> Wishes:
    """The guardrails of both; the stricter mode wins, and a closed one stays closed."""
    joined = dict(one)
    for place, wish in other.items():
        known = joined.get(place)
        joined[place] = wish if known is None else stricter(known, wish)
    return joined


def stricter(one: Wish, other: Wish) -> Wish:
    """The stricter of the two modes, closed if one is."""
    mode = max(one.mode, other.mode, key=STRICTNESS.__getitem__)
    return Wish(mode, one.closed or other.closed)


def both_sets(one: frozenset[str], other: frozenset[str]) -> frozenset[str]:
    """What is in both."""
    return one & other


def both_hold(one: bool, other: bool) -> bool:
    """True when both are."""
    return one and other


def least(one: int, other: int) -> int:
    """The smaller number."""
    return min(one, other)


MEETS: Mapping[str, Callable[[Any, Any], Any]] = {
    "models": both_choices,
    "providers": both_choices,
    "dialects": both_choices,
    "regions": both_choices,
    "guardrails": both_wishes,
    "own_keys": both_sets,
    "shadows": both_hold,
    "fallbacks": both_hold,
    "cache": both_hold,
    "semantic_cache": both_hold,
    "files": both_files,
    "assumed_max_tokens": least,
}
"""Field → what two policies say of it together. Each is associative, commutative and idempotent."""
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Stance(NamedTuple):
    """What policies say: by field of MEETS. A field that is in neither was not said."""

    firm: Mapping[str, Any] = NOTHING
    """Bounds: narrower policies may only add to them."""
    loose: Mapping[str, Any] = NOTHING
    """What holds until a narrower policy says something else (``widen``)."""

    def says(self, name: str) -> bool:
        """Whether anything is said of the field."""
        return name in self.firm or name in self.loose

    def settled(self) -> dict[str, Any]:
        """What holds in the end, by field."""
        return _met(self.firm, self.loose)


def beside(one: Stance, other: Stance) -> Stance:
    """Two policies of the same level: both hold, whichever is named first."""
    return Stance(_met(one.firm, other.firm), _met(one.loose, other.loose))


def below(wide: Stance, narrow: Stance) -> Stance:
    """A narrower policy under a wider one: bounds add up; what was loose gives way where the narrower one speaks."""
    kept = {name: value for name, value in wide.loose.items() if not narrow.says(name)}
    return Stance(_met(wide.firm, narrow.firm), {**kept, **narrow.loose})


def _met(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    joined = dict(one)
    for name, value in other.items():
        joined[name] = MEETS[name](joined[name], value) if name in joined else value
    return joined


class Attachment(NamedTuple):
    """Whom a policy is about: everybody who has all of this; empty names are no condition."""

    tenant: str = ""
    department: str = ""
    team: str = ""
    user: str = ""
    key: str = ""
    """The id of a key."""

    @property
    def level(self) -> int:
        """Its place in LEVELS: that of the narrowest name."""
        return max((place for place, name in enumerate(self, 1) if name), default=0)


EVERYONE = Attachment()


class Document(NamedTuple):
    """One policy."""

    name: str
    digest: str
    """Changes with whatever changes what it does."""
    stance: Stance = Stance()
    attached: tuple[Attachment, ...] = (EVERYONE,)
    shadow: bool = False
    """It only records what it would have done."""


def combined(levels: Iterable[Iterable[Document]]) -> Stance:
    """What documents come to: ``levels`` from the widest to the narrowest."""
    stances = (reduce(beside, (one.stance for one in level), Stance()) for level in levels)
    return reduce(below, stances, Stance())


class Terms(NamedTuple):
    """What one caller may do: what its policies come to."""

    name: str = "default@1"
    """The names of the policies, wide to narrow, and the version of all of them."""
    models: Choice = ANYTHING
    providers: Choice = ANYTHING
    """Of a deployment's provider: its id and its kind."""
    dialects: Choice = ANYTHING
    regions: Choice = ANYTHING
    guardrails: tuple[Rule, ...] = ()
    own_keys: frozenset[str] = frozenset()
    """Ids of the providers for which the caller may bring a key of its own."""
    shadows: bool = True
    """Whether requests may be copied to shadows."""
    fallbacks: bool = True
    """Whether another model may answer."""
    cache: bool = True
    """Whether answers may be kept and found again."""
    semantic_cache: bool = False
    """Whether an answer may be found that was given to the same question in other words."""
    assumed_max_tokens: int = 4096
    files: FileTerms | None = None
    """What becomes of files; None: no policy speaks of them."""
    trial: Terms | None = None
    """The same together with the policies on trial; None: there are none."""

    @property
    def narrows(self) -> bool:
        """Whether some deployments may not be used."""
        return self.providers != ANYTHING or self.regions != ANYTHING

    @property
    def watches(self) -> bool:
        """Whether each request has to be looked at, not only the model that it wants."""
        return self.dialects != ANYTHING or self.trial is not None


FREE = Terms()
