"""What this installation can do: the plug-ins that exist, by id, as far as a configuration may name them.

It imports no plug-in itself: ``wiring/find.py`` fills it from file names and the catalogue. Read while a
configuration is checked and by ``--demo``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from torana.core.policies import MODES
from torana.ports.provider import FromEnvironment, KeyNames


class ProviderKind(NamedTuple):
    """One kind of provider: a file in ``providers/`` or a row of its catalogue."""

    settings: Callable[[], type[msgspec.Struct]]
    """Gives the Settings struct of the plug-in, importing it only then."""
    secret: str = ""
    """Environment name of its API key; set there, the provider exists without being written in the file."""
    serves: tuple[str, ...] = ()
    """Patterns (``gpt-*``) of the model names that are this provider's own."""
    defaults: Mapping[str, object] = {}
    """Settings that the catalogue row gives, so that the file need not."""
    passes: bool = False
    """Whether it can pass requests on as they are."""
    probes: bool = False
    """Whether it can be asked whether it is there."""
    environment: FromEnvironment | None = None
    """Names of the environment that make it available, where they are more than one key; None: ``secret`` alone does."""

    @property
    def from_environment(self) -> FromEnvironment | None:
        """All names that make it available; None: none does."""
        one_key = FromEnvironment((KeyNames({"api_key": self.secret}),)) if self.secret else None
        return self.environment or one_key


class GuardrailKind(NamedTuple):
    """One kind of guardrail: a file in ``guardrails/``."""

    settings: Callable[[], type[msgspec.Struct]]
    sides: Callable[[], Sequence[str]] = lambda: ("input", "output")
    """The sides it looks at where nobody says another."""
    modes: Callable[[], Sequence[str]] = lambda: MODES
    asks: Callable[[msgspec.Struct], Sequence[str]] = lambda _: ()
    """The models of this gateway that one with these settings asks, as far as they tell."""


SinkKind = Callable[[], type[msgspec.Struct]]
"""One kind of row of ``audit.sinks``, a file in ``sinks/``: gives its Settings, importing the file only then."""


class Available(NamedTuple):
    """Plug-ins by id."""

    providers: Mapping[str, ProviderKind]
    strategies: frozenset[str]
    guardrails: Mapping[str, GuardrailKind]
    dialects: Callable[[], frozenset[str]] = frozenset
    """The ids of the dialects in which may be asked."""
    sinks: Mapping[str, SinkKind] = {}
