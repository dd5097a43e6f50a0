"""The Snapshot: the frozen, compiled configuration that the line reads, and its parts.

Plain data with a version and a digest. It does not read files nor databases (``wiring`` compiles it)
and never changes: a new one replaces it by swapping one reference, and a request keeps the one it
began with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

EMPTY: Mapping[str, object] = MappingProxyType({})


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


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds allowed for each phase of one exchange with a provider."""

    connect_s: float = 5.0
    first_token_s: float = 60.0
    idle_s: float = 30.0
    total_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Breaker:
    """When a deployment that keeps failing is left alone: so many failures in a row within ``window_s`` seconds."""

    failures: int = 5
    window_s: float = 30.0
    open_s: float = 30.0
    """Seconds until one request may probe it."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One endpoint of a model: which provider, under which name there."""

    provider: str
    model: str
    weight: int = 1
    priority: int = 1
    region: str = ""
    prices: Prices | None = None
    """What it costs here; None: the model's prices."""
    capabilities: frozenset[str] | None = None
    """What requests may use here: tools, vision …; None: nobody said."""
    context_tokens: int | None = None
    """Largest prompt and answer together; None: nobody said."""
    when: tuple[tuple[str, str], ...] = ()
    """Conditions that a request must meet, all of them: what is looked at (``metadata.plan``), and its value."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model as applications name it."""

    name: str
    deployments: tuple[Deployment, ...]
    strategy: str = "priority"
    fallbacks: tuple[str, ...] = ()
    prices: Prices | None = None
    capabilities: frozenset[str] = frozenset()
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    created: int = 0
    """Epoch seconds, for ``GET /v1/models``."""
    context_window_fallbacks: tuple[str, ...] = ()
    """Models tried only when the prompt was too long for those before."""
    content_policy_fallbacks: tuple[str, ...] = ()
    """Models tried only when a provider refused the content by its policy."""

    @property
    def all_fallbacks(self) -> tuple[str, ...]:
        """Every model that may answer instead, each once."""
        return tuple(dict.fromkeys((*self.fallbacks, *self.context_window_fallbacks, *self.content_policy_fallbacks)))


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """A virtual key as the data plane knows it: never the key, only its keyed digest."""

    key_id: str
    name: str
    prefix: str
    """The few letters shown to people, e.g. ``sk-torana-Ab3d``."""
    tenant: str
    department: str = ""
    team: str = ""
    user: str = ""
    models: tuple[str, ...] = ("*",)
    """Model names; ``*`` matches all, ``name*`` a prefix."""
    permissions: frozenset[str] = frozenset()
    expires_at: float | None = None
    revoked: bool = False
    ip_allow: tuple[str, ...] = ()
    """Networks in CIDR form; empty allows every address."""
    metadata: Mapping[str, object] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One limit: what it counts, for whom, how much, over which seconds."""

    rule_id: str
    scope: str
    match: str | None
    counts: str
    """requests or concurrency."""
    limit: int
    window_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything the line needs to judge, route and price a request."""

    version: int
    digest: str
    keys: Mapping[bytes, KeyEntry]
    """By keyed BLAKE2b of the key under the installation's key-hash key (32 bytes)."""
    models: Mapping[str, ModelEntry]
    provider_kinds: Mapping[str, str]
    """Provider id → kind, for ``provider/model`` names."""
    default_model: str | None = None
    limits: tuple[LimitRule, ...] = ()
    guardrails: tuple[str, ...] = ()
    """Ids of the guardrails of the default policy, in order."""
    policy: str = "default@1"
    currency: str = "USD"
    assumed_max_tokens: int = 4096
    retries: int = 2
    deadline_s: float = 60.0
    breaker: Breaker | None = Breaker()
    """None: failures keep nobody away."""
    inject: bool = False
    """Whether ``x-torana-inject`` is heeded."""
