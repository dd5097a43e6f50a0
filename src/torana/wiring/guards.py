"""Opens the guardrails that the settings name, and what they share. Called by ``build`` for every new Snapshot.

It judges no settings: ``settings`` did. Which version of a guardrail looked is told by a fingerprint of all that it looks by.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib import resources
from types import ModuleType

import msgspec

from torana.core.about import VERSION
from torana.core.clock import Clock
from torana.core.events import TextPiece
from torana.core.faults import UpstreamFault
from torana.core.ids import id_maker
from torana.dialects import gemini_content, openai_chat, passthrough
from torana.dialects.codecs import openai_chat as codec
from torana.line.asking import Asking, Tongue
from torana.line.files import FileRoom
from torana.line.guard import Means
from torana.line.guard_memory import Memory
from torana.line.guard_team import BOTH, Guard
from torana.line.guard_threads import Crews
from torana.line.vault import MemoryVault
from torana.ports.guardrail import Fetch, Guardrail, Judge, Tools
from torana.ports.vault import Vault
from torana.wiring import find
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings import Settings
from torana.wiring.specs import GuardrailSpec, guardrail_specs

DEADLINE_S = 1.0
"""How long a guardrail may take for all texts of a request, where neither the settings nor its kind say."""
Opened = dict[str, Guard]
"""Guardrails by their versions: a new Snapshot has those of the old one that stay as they are."""


WARMING = (
    "providers/catalogue.toml",
    "core/call.py",
    "core/errors.py",
    "edge/static/index.html",
    "edge/static/console.js",
)
WARMING_BYTES = 1024

SILENT = frozenset({gemini_content.ID, passthrough.ID})
"""Dialects whose clients take no comments in streams."""


def open_guards(settings: Settings, tools: Tools | None = None, opened: Opened | None = None) -> dict[str, Guard]:
    """Every configured guardrail, by id. Raises ConfigError for one whose settings cannot work.

    ``opened``: those of the Snapshot before; filled anew.
    """
    known = {} if opened is None else opened
    found: dict[str, Guard] = {}
    kept: Opened = {}
    for spec in guardrail_specs(settings):
        place = f"{spec.id}@{version_of(spec)}/{spec.side}/{deadline_s_of(spec)}"
        found[spec.id] = kept[place] = known.get(place) or open_guard(spec, tools)
    known.clear()
    known.update(kept)
    return found


def warming() -> Iterator[bytes]:
    """Some texts of this package, in prose, code and markup, for gates to be warmed with: see ``scan.gate.Gate.warm``."""
    for name in WARMING:
        text = resources.files("torana").joinpath(name).read_bytes()
        yield from (text[start : start + WARMING_BYTES] for start in range(0, len(text), WARMING_BYTES))


def tools_of(clock: Clock, fetch: Fetch) -> Tools:
    """What guardrails of one process are given that ask somebody."""
    tongue = Tongue(openai_chat.ID, openai_chat.read, openai_chat.bound, text_of)
    return Tools(Asking(tongue, clock, id_maker("", clock.now)), fetch, clock)


def text_of(answer: bytes) -> str:
    """The text of a whole chat completion. Raises ValueError for what is none."""
    try:
        events = codec.read_whole(answer)
    except UpstreamFault as fault:
        raise ValueError(str(fault)) from fault
    return "".join([event.text for event in events if isinstance(event, TextPiece) and not event.candidate])


def open_guard(spec: GuardrailSpec, tools: Tools | None = None) -> Guard:
    """One guardrail. ``tools``: for those that ask somebody; they are refused without."""
    plugin = find.module("guardrails", spec.kind)
    try:
        guardrail = _opened(plugin, spec, tools)
    except ValueError as fault:
        raise ConfigError([Problem(Place(f"guardrail {spec.id}"), "", str(fault))]) from fault
    sides = BOTH if spec.side == "both" else (spec.side,) if spec.side else tuple(plugin.SIDES)
    price = plugin.price_class(spec.settings) if hasattr(plugin, "price_class") else plugin.PRICE_CLASS
    unit = getattr(plugin, "UNIT", "whole" if hasattr(guardrail, "judge") else "span")
    return Guard(spec.id, guardrail, sides, price, unit, version_of(spec), deadline_s_of(spec))


def deadline_s_of(spec: GuardrailSpec) -> float:
    """How long it may take: as the settings say, else what it gives itself, else what its kind is given."""
    if spec.deadline_ms is not None:
        return spec.deadline_ms / 1000
    own = getattr(spec.settings, "timeout_s", None)
    return float(own if own is not None else getattr(find.module("guardrails", spec.kind), "DEADLINE_S", DEADLINE_S))


def version_of(spec: GuardrailSpec) -> str:
    """What changes whenever the guardrail may find something else.

    That is: its kind, its settings, files that they name, this version of the product.
    """
    plugin = find.module("guardrails", spec.kind)
    files = plugin.fingerprint(spec.settings) if hasattr(plugin, "fingerprint") else ""
    said = msgspec.json.encode([VERSION, spec.kind, spec.settings, files], enc_hook=repr, order="deterministic")
    return hashlib.sha256(said).hexdigest()[:8]


def means_of(clock: Clock, key: bytes, vault: Vault | None = None, files: FileRoom | None = None) -> Means:
    """What all guardrails of one process share, whatever the settings are. ``key``: the installation's key-hash key.

    ``vault``: what all processes share; None: this one keeps the values behind tokens in its memory.
    """
    derived = hashlib.blake2b(b"findings and tokens", key=key[:64], digest_size=32).digest()
    return Means(derived, vault or MemoryVault(clock), Memory(derived), Crews(), clock, SILENT, files)


def _opened(plugin: ModuleType, spec: GuardrailSpec, tools: Tools | None) -> Guardrail | Judge:
    opened: Guardrail | Judge
    if not getattr(plugin, "NEEDS_TOOLS", False):
        opened = plugin.open(spec.settings)
        return opened
    if tools is None:
        raise ValueError(f"a guardrail of the kind {spec.kind} asks somebody, which is not possible here")
    opened = plugin.open(spec.settings, tools)
    return opened
