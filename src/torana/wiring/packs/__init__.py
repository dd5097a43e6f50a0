"""Compliance packs: named sets of guardrails, each rule with the provisions that it serves.

They are rows as a configuration would have them and open nothing. Called where policies that name packs are completed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Annotated, Any

import msgspec

from torana.wiring.settings_rules import Mode, OnError, Side

Line = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
Id = Annotated[str, msgspec.Meta(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]


class Provision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A piece of a law or standard, and why a rule serves it."""

    at: Line
    """Article, section, requirement, as lawyers cite it."""
    because: Line


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One guardrail of a pack."""

    id: Id
    """Unique among the rules of all packs, for it becomes the id of a guardrail."""
    kind: str
    """A file in ``guardrails/``."""
    mode: Mode
    side: Side
    serves: Annotated[tuple[Provision, ...], msgspec.Meta(min_length=1)]
    on_error: OnError = "closed"
    settings: dict[str, Any] = {}
    """What its kind is told beside its defaults."""


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One compliance pack."""

    name: Id
    title: Line
    law: Line
    """Which text is meant, with its year or version."""
    leaves: Annotated[tuple[Line, ...], msgspec.Meta(min_length=1)]
    """What the law asks that no guardrail can do."""
    rules: Annotated[tuple[Rule, ...], msgspec.Meta(min_length=1)]


@cache
def packs() -> Mapping[str, Pack]:
    """Every pack, by name. Raises ValueError when a file of ours is broken."""
    found = {}
    for file in sorted(resources.files(__package__).iterdir(), key=lambda one: one.name):
        if file.name.endswith(".toml"):
            try:
                pack = msgspec.toml.decode(file.read_bytes(), type=Pack)
            except msgspec.DecodeError as fault:
                raise ValueError(f"{file.name}: {fault}") from None
            found[pack.name] = pack
    return found
