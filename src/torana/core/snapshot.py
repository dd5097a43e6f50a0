"""The Snapshot: the frozen, compiled configuration that the line reads, and its parts.

Plain data with a version and a digest. It does not read files nor databases (``wiring`` compiles it)
and never changes: a new one replaces it by swapping one reference, and a request keeps the one it
began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from torana.core.capacity import Capacity, QueueRules
from torana.core.policies import Document
from torana.core.prices import Prices as Prices  # noqa: PLC0414 - a part of the Snapshot, handed on

if TYPE_CHECKING:
    from torana.core.tickets import Rule

EMPTY: Mapping[str, object] = MappingProxyType({})
NO_TENANTS: Mapping[str, Mapping[str, ModelEntry]] = MappingProxyType({})


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
class Probe:
    """How a provider is asked, apart from all requests, whether it is there."""

    interval_s: float = 30.0
    timeout_s: float = 5.0
    failures: int = 2
    """Probes in a row that must fail before its deployments count as down."""


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
class Canary:
    """A deployment on trial: a share of a model's requests goes to it first."""

    deployment: Deployment
    share: float
    """0 to 1."""
    sticky: bool = True
    """Whether the same conversations, users and keys get it each time; else it is drawn for each request."""


@dataclass(frozen=True, slots=True)
class Shadow:
    """A deployment that is asked a share of a model's requests once more; its answers go nowhere."""

    deployment: Deployment
    share: float
    """0 to 1."""
    deadline_s: float = 60.0
    """Seconds for one whole answer."""
    at_once: int = 4
    """How many may run at the same time in one process; what comes beyond is not copied."""


@dataclass(frozen=True, slots=True)
class Hedge:
    """When a second deployment is asked because the first is slow to its first content."""

    after_s: float | None = None
    """None: after the time within which 95 of 100 of the deployment's latest answers had begun."""


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
    canary: Canary | None = None
    shadow: Shadow | None = None

    @property
    def shown_prices(self) -> Prices | None:
        """What people are shown of its prices: those of the deployment that is named first."""
        return next((one.prices for one in self.deployments), None) or self.prices

    @property
    def all_fallbacks(self) -> tuple[str, ...]:
        """Every model that may answer instead, each once."""
        return tuple(dict.fromkeys((*self.fallbacks, *self.context_window_fallbacks, *self.content_policy_fallbacks)))

    @property
    def candidates(self) -> tuple[Deployment, ...]:
        """Every deployment of its own that may answer."""
        return self.deployments if self.canary is None else (self.canary.deployment, *self.deployments)

    @property
    def everywhere(self) -> tuple[Deployment, ...]:
        """Every deployment that its requests may be sent to."""
        return self.candidates if self.shadow is None else (*self.candidates, self.shadow.deployment)


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
    shadows: bool = True
    """Whether its requests may be copied to shadows."""


@dataclass(frozen=True, slots=True)
class IssuerEntry:
    """An issuer of tokens as the line knows it: what its tokens may say here, never its keys."""

    issuer: str
    """The ``iss`` of its tokens."""
    tenant: str
    """Of tokens that name none."""
    models: tuple[str, ...] = ()
    """What tokens may use that name no models."""
    permissions: tuple[str, ...] = ()
    """Of tokens that name none."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """Our word for a thing → the claim that holds it."""
    own: bool = False
    """Whether we sign them: then every word may be claimed under its own name."""


@dataclass(frozen=True, slots=True)
class LimitRule:
    """One limit: what it counts, for whom, how much, over which seconds."""

    rule_id: str
    scope: str
    match: str | None
    counts: str
    """requests, tokens or concurrency."""
    limit: int
    window_s: float = 0.0
    algorithm: str = "sliding_window"
    burst: int = 0
    """Size of a token bucket."""
    also: tuple[str, ...] = ()
    """Further scopes: one counter for each combination."""
    where: tuple[tuple[str, str], ...] = ()
    """Scope and value that a request must have for the rule to be about it."""
    on_store_failure: str = "local"


@dataclass(frozen=True, slots=True)
class BudgetRule:
    """One budget: whose spending, how much of the installation's currency, in which calendar window."""

    rule_id: str
    scope: str
    match: str | None
    limit_nano: int
    per: str
    zone: str = "UTC"
    hard: bool = True
    alerts: tuple[float, ...] = ()
    """Shares of the limit at which somebody is told, in ascending order."""
    also: tuple[str, ...] = ()
    where: tuple[tuple[str, str], ...] = ()
    on_store_failure: str = "deny"


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
    budgets: tuple[BudgetRule, ...] = ()
    unknown_price: str = "block"
    """What a hard budget says to a model without a price: block, estimate, allow."""
    assumed_prices: Prices | None = None
    """What such a model costs when they are estimated: the dearest price known."""
    guardrails: tuple[Rule, ...] = ()
    """The guardrails of the default policy, in order."""
    policy: str = "default@1"
    """Name and version of what holds for callers whom no policy names."""
    policies: tuple[Document, ...] = ()
    """Every policy; none: what stands here holds for everybody."""
    currency: str = "USD"
    assumed_max_tokens: int = 4096
    retries: int = 2
    deadline_s: float = 60.0
    breaker: Breaker | None = Breaker()
    """None: failures keep nobody away."""
    inject: bool = False
    """Whether ``x-torana-inject`` is heeded."""
    passthrough: frozenset[str] = frozenset()
    """Ids of the providers that requests may be passed on to as they are."""
    operations: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What providers offer whose settings say it, by their ids: chat, embeddings …"""
    keepers: frozenset[str] = frozenset()
    """Ids of the providers that keep files and make batches of them."""
    hedge: Hedge | None = None
    """None: no request is asked twice."""
    shadows: bool = True
    """Whether the policy lets requests be copied to shadows."""
    probes: Mapping[str, Probe] = field(default_factory=dict)
    """Provider id → how it is probed; those that are not in it are not."""
    own_keys: frozenset[str] = frozenset()
    """Ids of the providers for which callers may bring keys of their own; empty: for none."""
    tenant_models: Mapping[str, Mapping[str, ModelEntry]] = field(default_factory=lambda: NO_TENANTS)
    """Tenants with prices or models of their own → all models that there are for them, at their prices."""
    capacities: Mapping[tuple[str, str], Capacity] = field(default_factory=dict)
    """By provider and model there, or by provider and nothing: for those of its deployments that have none."""
    queue: QueueRules = field(default_factory=QueueRules)
    issuers: Mapping[str, IssuerEntry] = field(default_factory=dict)
    """By the ``iss`` of their tokens."""
    teams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Tenant → team → its department, empty for a team without one."""
    departments: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Tenant → its departments."""

    provider_owners: Mapping[str, str] = field(default_factory=dict)
    """Provider id → its tenant, of those that are a tenant's own; others are everybody's."""

    def models_of(self, tenant: str) -> Mapping[str, ModelEntry]:
        """The models that there are for the tenant, its own among them, at the prices that it pays."""
        return self.tenant_models.get(tenant, self.models) if self.tenant_models else self.models

    @property
    def every_model(self) -> Iterable[ModelEntry]:
        """Those of everybody, then those of tenants, which may be the same ones at other prices."""
        yield from self.models.values()
        for models in self.tenant_models.values():
            yield from models.values()

    def kinds_for(self, tenant: str) -> Mapping[str, str]:
        """Provider id → kind, of those that the tenant may name, its own first."""
        owners = self.provider_owners
        if not owners:
            return self.provider_kinds
        mine = {name: kind for name, kind in self.provider_kinds.items() if owners.get(name) == tenant}
        return mine | {name: kind for name, kind in self.provider_kinds.items() if name not in owners}

    def provider_meant(self, tenant: str, name: str) -> str:
        """The id of the provider that the tenant means by a name: its own before everybody's."""
        own = f"{name}@{tenant}"
        return own if self.provider_owners.get(own) == tenant else name
